"""What was last told of a status, and what may yet be told."""

from datetime import datetime

from vcp_abstraction.facts.kept import Kept


class ReportedStatus(Kept):
    """What was last said of a place."""

    word: str
    fault: str | None = None


class Settling(Kept):
    """A status that has changed, and is told if it lasts."""

    status: ReportedStatus
    until: datetime
    note: str | None = None
