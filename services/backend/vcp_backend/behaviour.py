"""How the backend behaves when nothing goes wrong, and what it remembers of chargers. Knows no version's payload."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from vcp_backend.frames import Call, Payload, utc_now

ANSWERS_REMEMBERED = 100_000
"""How many answers to starts are kept; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer to a boot: Accepted, Pending or Rejected, and the interval in seconds."""

    status: str = "Accepted"
    interval_s: int = 300


@dataclass(frozen=True, slots=True)
class Token:
    """What the backend thinks of a card: an authorization status of either version, its group, its end."""

    status: str = "Accepted"
    parent: str | None = None
    expiry: datetime | None = None


@dataclass(kw_only=True)
class Behaviour:
    """All that a test or a demo may wish for. Read live: a changed field counts from the next message on.

    - `boot`: the verdict on every boot, unless `boots` (by turn, each identity from its first one) has one left.
    - `next_boots`: by identity, the verdicts on its next boots; each is taken away as it is given.
    - `tokens`: by card number, upper and lower case alike; `unknown_token` for all others.
    - `answers`: by action, a payload or a function of the call, in place of our own answer.
    - `boot_required`: calls of a charger that was never accepted nor put off get SecurityError.
    - `identities`: who is let in; others get 404. None lets everybody in.
    - `passwords`: HTTP Basic by identity, as text or raw bytes; all others get 401. None asks for none.
    - `subprotocols`: what is spoken; of the charger's offers the first of these is taken.
    - `strict`: every frame of a charger is held against `ocpp`'s schemas, see `Backend.violations`.
    - `record`: keep frames and calls in memory; off for a bench.
    """

    boot: Verdict = Verdict()
    boots: Sequence[Verdict] = ()
    next_boots: dict[str, list[Verdict]] = field(default_factory=dict)
    tokens: Mapping[str, Token] = field(default_factory=dict)
    unknown_token: Token = Token()
    answers: Mapping[str, Payload | Callable[[Call], Payload]] = field(default_factory=dict)
    boot_required: bool = False
    identities: set[str] | None = None
    passwords: Mapping[str, str | bytes] | None = None
    subprotocols: Sequence[str] = ("ocpp2.0.1", "ocpp1.6")
    strict: bool = False
    record: bool = True
    clock: Callable[[], datetime] = utc_now


class Desk:
    """The clerk: hands out verdicts and transaction numbers, and looks up cards."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self._boots: dict[str, int] = {}
        self._standing: dict[str, str] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._last_number = 0

    def now(self) -> str:
        """The time as OCPP writes it: UTC, milliseconds, Z."""
        return stamp(self.behaviour.clock())

    def verdict(self, identity: str) -> Verdict:
        """The verdict on one more boot of this charger."""
        turn = self._boots.get(identity, 0)
        self._boots[identity] = turn + 1
        verdict = self.behaviour.boots[turn] if turn < len(self.behaviour.boots) else self.behaviour.boot
        if ordered := self.behaviour.next_boots.get(identity):
            verdict = ordered.pop(0)
        self._standing[identity] = verdict.status
        return verdict

    def may_speak(self, call: Call) -> bool:
        """Whether a call is heard at all; a Pending charger may send what it was triggered to."""
        if not self.behaviour.boot_required or call.action == "BootNotification":
            return True
        return self._standing.get(call.identity) in {"Accepted", "Pending"}

    def token(self, number: object) -> Token:
        """What is thought of a card; an ended one is Expired."""
        wanted = str(number).lower()
        known = (token for text, token in self.behaviour.tokens.items() if text.lower() == wanted)
        token = next(known, self.behaviour.unknown_token)
        if token.expiry is not None and token.expiry <= self.behaviour.clock():
            return Token("Expired", token.parent, token.expiry)
        return token

    def number_for(self, call: Call) -> int:
        """The transaction number of a start: one message id, one number, however often it arrives."""
        key = (call.identity, call.message_id)
        number = self._numbers.get(key)
        if number is None:
            self._last_number += 1
            number = self._numbers[key] = self._last_number
            if len(self._numbers) > ANSWERS_REMEMBERED:
                del self._numbers[next(iter(self._numbers))]
        return number

    def remember_number(self, identity: str, message_id: str, number: int) -> None:
        """Takes a start from an earlier life into the books."""
        self._numbers[identity, message_id] = number
        self._last_number = max(self._last_number, number)


def stamp(at: datetime) -> str:
    """A time as OCPP writes it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
