"""What `vcp check` found, in one: the steps and the violations, as lines, Markdown, JSON or JUnit. Judges by counts alone."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from vcp_testkit.asking import Json
from vcp_testkit.junit import Case

from vcp_runner.leaving import Ending, Exit
from vcp_runner.smoke import Step

Format = Literal["text", "markdown", "json"]


class NoSuchFormat(Ending):
    """The verdict can't be printed so."""

    code = Exit.USAGE


def format_of(text: str) -> Format:
    """How the verdict is printed. Raises NoSuchFormat."""
    for format in get_args(Format):
        if text == format:
            return text  # type: ignore[return-value]
    raise NoSuchFormat(f"--format: there is no format {text}: use text, markdown or json")


Word = Literal["fine", "advice", "broken"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`violations` is the control API's report, `page` the same in Markdown."""

    url: str
    subprotocol: str | None
    steps: Sequence[Step]
    violations: Json
    page: str

    @property
    def word(self) -> Word:
        """`fine`; `advice`: all went well, but the specification advises otherwise; `broken`."""
        if any(step.failed for step in self.steps) or self.violations["must"]:
            return "broken"
        return "advice" if self.violations["should"] else "fine"

    @property
    def line(self) -> str:
        """All of it in a line."""
        failed = sum(step.failed is not None for step in self.steps)
        skipped = sum(step.skipped is not None for step in self.steps)
        left_out = f", {skipped} skipped" if skipped else ""
        return (
            f"{self.word}: {failed} of {len(self.steps)} steps failed{left_out}, {self.violations['must']} violations,"
            f" {self.violations['should']} against advice"
        )

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "verdict": self.word,
            "url": self.url,
            "subprotocol": self.subprotocol,
            "steps": [asdict(step) for step in self.steps],
            "violations": self.violations,
        }

    def as_markdown(self) -> str:
        """For a page: the steps, then the report of violations."""
        rows = "\n".join(f"| {step.name} | {step.seconds:.2f} s | {outcome(step)} |" for step in self.steps)
        return (
            f"# Check of {self.url}\n\n**{self.line}** ({self.subprotocol or 'no link'})\n\n"
            f"| step | took | |\n| --- | --- | --- |\n{rows}\n\n{self.page.replace('# ', '## ', 1)}"
        )

    def as_cases(self) -> list[Case]:
        """For a CI server: a case a step, and one a kind of violation."""
        steps = [
            Case(step.name, "check", step.seconds, failed=step.failed, skipped=step.skipped)
            for step in self.steps
        ]
        return steps + [_case(finding) for finding in self.violations["findings"]]


def outcome(step: Step) -> str:
    """A step's end in words."""
    if step.skipped:
        return f"skipped: {step.skipped}"
    return f"failed: {step.failed}" if step.failed else "passed"


def finding_lines(finding: Json) -> tuple[str, str]:
    """A kind of violation in a line, and the first message of it."""
    first = finding["first"]
    where = f" in {finding['action']}" if finding.get("action") else ""
    field = f"{first['field']}: " if first.get("field") else ""
    times = "once" if finding["count"] == 1 else f"{finding['count']} times"
    return f"{finding['weight']:<6} {finding['code']}{where}, {times}: {field}{first['rule']}", first.get(
        "text", ""
    )


def _case(finding: Json) -> Case:
    line, text = finding_lines(finding)
    why = f"the backend {finding['meaning']}: {line}"
    name = f"{finding['code']} in {finding['action']}" if finding.get("action") else finding["code"]
    if finding["weight"] == "should":
        return Case(name, "check.violations", skipped=why)
    return Case(name, "check.violations", failed=why, detail=f"{finding['clause']}\n{text}")
