"""What the shell asks of the pure core, as types. Decides nothing, and knows no fact of a charger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from vcp_contracts.letters import ToAbstraction
from vcp_contracts.manners import Manners
from vcp_contracts.results import CommandResult
from vcp_contracts.words import Word


class Decided(Protocol):
    """What came of one message."""

    @property
    def to_handler(self) -> Sequence[Word]: ...

    @property
    def to_chores(self) -> Sequence[Word]: ...

    @property
    def events(self) -> Sequence[Word]: ...

    @property
    def results(self) -> Sequence[CommandResult]: ...


class Keepable(Protocol):
    """A charger, as far as it is loaded and kept; the shell looks no deeper."""

    @property
    def exists(self) -> bool: ...

    @property
    def quarantined(self) -> bool: ...

    @property
    def awaits_chores(self) -> bool: ...

    def dump(self) -> dict[str, bytes]: ...

    def drain_queue(self) -> tuple[dict[str, bytes], list[str]]: ...

    def quarantine(self) -> None: ...


class Blank(Protocol):
    def __call__(self, id: str, /) -> Any: ...


class Load(Protocol):
    def __call__(self, id: str, sections: dict[str, bytes], queue: dict[str, bytes], /) -> Any: ...


class Surround(Protocol):
    def __call__(
        self, *, nonce: str, manners: dict[str, Manners], handler: str | None, secrets_flaw: str | None
    ) -> Any: ...


class Decide(Protocol):
    def __call__(self, charger: Any, message: ToAbstraction, now: datetime, around: Any, /) -> Decided: ...


class Fire(Protocol):
    def __call__(self, charger: Any, now: datetime, around: Any, /) -> Decided: ...


class GiveUp(Protocol):
    def __call__(
        self, charger: Any, message: ToAbstraction, reason: str, now: datetime, around: Any, /
    ) -> Decided: ...


@dataclass(frozen=True, slots=True)
class Core:
    """The pure functions of one kind of charger: a blank one, a kept one, its surroundings, and what it decides."""

    blank: Blank
    load: Load
    surround: Surround
    decide: Decide
    fire: Fire
    give_up: GiveUp
    """Ends what waits for a message on which `decide` has raised; the charger is as it was before that."""
    view: Callable[[Any], bytes]
    """What readers may know of a charger, as JSON of `ChargePointView`."""
    next_due: Callable[[Any], datetime | None]
    """When something falls due by itself, in real time."""


@dataclass(frozen=True, slots=True)
class Handling:
    """What a partition knows of its Handler: its name, and the manners of each subprotocol."""

    handler: str | None = None
    manners: Mapping[str, Manners] = field(default_factory=dict)
    secrets_flaw: str | None = None
    """Why no password and no key can be kept where it runs; None: they can."""
