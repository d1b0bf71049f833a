"""The charger's own clock, and where one may stand."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from vcp_contracts.words import UNTIMED

from vcp_abstraction.facts.kept import Kept

CLOCK_FROM = datetime(1970, 1, 1, tzinfo=UTC)

CLOCK_UP_TO = datetime(3000, 1, 1, tzinfo=UTC)
"""Between these a charger's clock may stand: wide enough for any test, and far from where dates end."""

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""A real time that is not worth waiting for."""


class ClockFacts(Kept):
    """The charger's own clock: it stood at `own` when it was really `real`, and runs `speed` times as fast."""

    source: Literal["backend", "own"] = "backend"
    real: datetime = UNTIMED
    own: datetime = UNTIMED
    speed: float = 1.0

    def at(self, real: datetime) -> datetime:
        """What the clock shows at a real time. It stands still at its end."""
        passed = real - self.real if self.speed == 1.0 else (real - self.real) * self.speed
        return self.own + min(passed, CLOCK_UP_TO - self.own)

    def reaches(self, own: datetime) -> datetime | None:
        """The real time at which the clock shows `own`, rounded up to a microsecond; None: never."""
        left = own - self.own
        if own > CLOCK_UP_TO or left.total_seconds() / self.speed > (NEVER - self.real).total_seconds():
            return None
        return self.real + (left if self.speed == 1.0 else left / self.speed + timedelta(microseconds=1))
