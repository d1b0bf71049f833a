"""Where scenarios are played, and whether one can be played there. Plays nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcp_testkit.scenarios.operator import Operator
from vcp_testkit.scenarios.words import Scenario


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The backend, who makes it act, what is given from outside."""

    backend: str
    operator: Operator | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    identities: Sequence[str] = ()
    """Identities that the backend knows, in the order in which they are handed out; none: ones never used before."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """Configuration that every charge point gets unless its scenario says otherwise."""


def not_possible(scenario: Scenario, stage: Stage) -> str:
    """Why it can't be played here; empty where it can."""
    missing = [name for name in scenario.needs if name not in stage.values]
    if missing:
        return f"needs {', '.join(missing)}: give it with --set {missing[0]}=…"
    wishes = sorted(scenario.wishes)
    if wishes and stage.operator is None:
        return f"the backend must do {', '.join(wishes)}: say how with --operator FILE"
    cannot = [wish for wish in wishes if stage.operator is not None and not stage.operator.can(wish)]
    if cannot:
        return f"the operator file does not say how the backend does {', '.join(cannot)}"
    if stage.identities and len(scenario.cast) > len(stage.identities):
        return f"needs {len(scenario.cast)} identities that the backend knows"
    return ""
