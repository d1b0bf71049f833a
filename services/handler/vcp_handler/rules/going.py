"""How a message goes on: as it is, or what a rule made of it. Data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from vcp_contracts.rules import Cut

from vcp_handler.frames import Failure, Payload


@dataclass(slots=True, frozen=True)
class Going:
    """At most one of `lost`, `payload`, `failure`, `message_id`, `text`, `again` is given."""

    rule: str | None = None
    """The name of the rule that touched it."""
    follow: Literal["altered", "original"] | None = None
    """What the charger believes; None: the place's own choice."""
    lost: bool = False
    payload: Payload | None = None
    """Another payload; of an answer that was an error: it is none any more."""
    failure: Failure | None = None
    """Another error; of an answer that was none: it is an error now."""
    message_id: str | None = None
    """Another id."""
    text: str | None = None
    """Another text altogether."""
    again: Callable[[Callable[[], None]], None] | None = None
    """Goes twice: whoever does it the first time passes here what does it once more."""
    instead: bool = False
    """Of a call: it is not passed on, but answered by this `payload`, `failure` or `text`."""
    cut: Cut | None = None
    """What becomes of the connection afterwards."""
    gates: tuple[str, ...] = ()
    """The gates that it passes only since they are open on purpose."""

    breaks: str | None = None
    """What it breaks then."""

    @property
    def alters(self) -> bool:
        """Whether something else goes on than what was there."""
        return any(made is not None for made in (self.payload, self.failure, self.message_id, self.text))


AS_IT_IS = Going()
