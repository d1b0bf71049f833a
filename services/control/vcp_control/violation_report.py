"""In what a backend broke OCPP: per code and action how often, and the first time. Pure; reads no stream.

Texts come in masked and go out so.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from vcp_contracts.violations import Code

from vcp_control.clauses import VIOLATIONS, Weight

Verdict = Literal["clean", "advice", "broken"]


class Example(BaseModel):
    """One violation: where it was, and what the backend said."""

    charge_point: str
    at: datetime
    link: str | None = None
    message_id: str | None = None
    field: str | None = None
    rule: str
    text: str = ""
    """The offending message, secrets masked."""


class Finding(BaseModel):
    """A rule that was broken in an action, and how often."""

    code: Code
    weight: Weight
    action: str | None = None
    """None: the message named none."""
    meaning: str
    """What the backend did: "the backend …"."""
    clause: str
    """Of a rule that only the text has, the rule's own; of all others the code's."""
    count: int
    first: Example


class Report(BaseModel):
    """All that a backend broke, the gravest first.

    `verdict`: `clean`, nothing; `advice`, only what the specification advises against; `broken`, what it forbids.
    """

    verdict: Verdict
    must: int
    """How many violations of what the specification leaves no choice in."""
    should: int
    """How many of what it advises against."""
    findings: list[Finding]
    charge_points: int
    """Of how many charge points this is the report."""
    complete_since: datetime | None = None
    """Older violations are not kept any more; None: nothing was dropped yet."""


Event = Mapping[str, Any]
_KNOWN: Mapping[str, Code] = {str(code): code for code in VIOLATIONS}


def report(
    violations: Iterable[Event], *, charge_points: int, complete_since: datetime | None = None
) -> Report:
    """The report of events `protocol_violation`, oldest first. Those of a code that is not known here are left out."""
    findings: dict[tuple[str | None, ...], Finding] = {}
    for event in violations:
        code = _KNOWN.get(str(event.get("code")))
        if code is None:
            continue
        weight = VIOLATIONS[code].weight_in(event.get("subprotocol"))
        clause = event.get("clause")
        # a code that many rules share is as many findings
        key = (code, event.get("action"), weight, clause, event.get("field") if clause else None)
        if key in findings:
            findings[key].count += 1
        else:
            findings[key] = _found(code, weight, event)
    found = sorted(findings.values(), key=lambda it: (it.weight != "must", it.first.at))
    must = sum(it.count for it in found if it.weight == "must")
    should = sum(it.count for it in found if it.weight == "should")
    verdict: Verdict = "broken" if must else "advice" if should else "clean"
    return Report(
        verdict=verdict,
        must=must,
        should=should,
        findings=found,
        charge_points=charge_points,
        complete_since=complete_since,
    )


def _found(code: Code, weight: Weight, event: Event) -> Finding:
    breach = VIOLATIONS[code]
    return Finding(
        code=code,
        weight=weight,
        action=event.get("action"),
        meaning=breach.meaning,
        clause=event.get("clause") or breach.clause,
        count=1,
        first=Example.model_validate(event, extra="ignore"),
    )
