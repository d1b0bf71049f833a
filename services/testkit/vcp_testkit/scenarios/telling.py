"""How a scenario ended, as data: outcome, the step that failed, what was expected beside what came. Shows nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vcp_testkit.difference import wire_around
from vcp_testkit.frames import WireFrame

Outcome = Literal["passed", "failed", "skipped"]


class StepFailed(Exception):
    """What a step wanted did not happen: why in a sentence, and the details in lines."""

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        frames: Sequence[WireFrame] = (),
        marked: WireFrame | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail
        self.frames, self.marked = frames, marked
        self.line: int | None = None
        self.step = ""

    def at(self, line: int, step: str) -> None:
        """Names the step, once: the innermost one counts."""
        if self.line is None:
            self.line, self.step = line, step


@dataclass(frozen=True, slots=True)
class Failure:
    """Where and why a scenario failed. `wire` is the wire around it, in lines."""

    line: int | None
    step: str
    reason: str
    detail: str
    wire: str

    @classmethod
    def of(cls, failed: StepFailed, why: str = "") -> "Failure":
        """`why` is what lies behind it, where that is known."""
        wire = wire_around(failed.frames, failed.marked) if failed.frames else ""
        detail = "\n".join(part for part in (failed.detail, why) if part)
        return cls(failed.line, failed.step, failed.reason, detail, wire)

    def text(self, file: str) -> str:
        """All of it, for a person."""
        where = f"{file}:{self.line}" if self.line else file
        parts = [f"{where}: {self.step}" if self.step else where, self.reason]
        parts += [self.detail] if self.detail else []
        parts += [f"the wire (→ sent by the charge point, ← received):\n{self.wire}"] if self.wire else []
        return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class Told:
    """One scenario and how it ended. `reason` says why it was skipped or failed, in a line."""

    name: str
    file: str
    outcome: Outcome
    seconds: float = 0.0
    reason: str = ""
    failure: Failure | None = None
    charge_points: tuple[str, ...] = ()
    connected: bool = True
    """False: it failed because no charge point ever had a link to the backend."""

    def as_json(self) -> dict[str, Any]:
        """What `--json` says of it."""
        said: dict[str, Any] = {
            "type": "scenario",
            "name": self.name,
            "file": self.file,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 3),
            "charge_points": list(self.charge_points),
        }
        if self.reason:
            said["reason"] = self.reason
        if self.failure is not None:
            said["line"] = self.failure.line
            said["step"] = self.failure.step
            said["detail"] = self.failure.detail
            said["wire"] = self.failure.wire
        return said
