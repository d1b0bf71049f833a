"""A charger behind both gates without a broker: literal frames in, literal frames out, real link, dialect and core."""

import json
import math
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from bare import bare
from vcp_abstraction.charger import Charger, Decision, Surroundings
from vcp_abstraction.decide import decide, fire
from vcp_abstraction.due import next_due
from vcp_abstraction.view import view_of
from vcp_backend.frames import Direction, Frame
from vcp_contracts import commands as c
from vcp_contracts.actions import Action
from vcp_contracts.chores import ChoreDone
from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.letters import any_event, to_abstraction, to_chores, to_handler
from vcp_contracts.link import (
    CloseLink,
    LetGo,
    LinkFailed,
    OpenLink,
    RulesInForce,
    SetGate,
    SetRules,
    TuneLink,
)
from vcp_contracts.requests import Reply, Sealed
from vcp_contracts.results import CommandResult
from vcp_contracts.rules import Cut, Rule
from vcp_contracts.view import ChargePointView
from vcp_contracts.words import Word
from vcp_handler.link import Around, Link
from vcp_handler.rules.standing import Rulebook
from vcp_handler.versions import VERSIONS, all_manners

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
"""When every story begins."""

OWN = "#"
"""Stands for the id of the charger's own calls, which no backend can foresee."""

Answer = Callable[[dict[str, Any]], dict[str, Any] | str | None]
"""What a backend says to a call's payload: an answer's payload, a whole text, or nothing."""

UNSAID = {"timestamp", "currentTime"}


class Wired:
    """One charger and its backend. The backend answers every call of the charger's well, unless told otherwise.

    `says` is a frame of the backend's, `heard` what the charger has sent since the last look. With `kept`, the charger
    is thrown away after every step and loaded from what was kept of it. With `bared`, it says of itself only what the
    test configures.
    """

    def __init__(
        self, subprotocol: str = "ocpp1.6", *, kept: bool = True, bared: bool = True, **configuration: Any
    ) -> None:
        self.subprotocol = subprotocol
        self.cp = Charger("CP001")
        self.around = Surroundings(nonce="n", manners=all_manners(), handler="h")
        self.now = NOON
        self.reachable = True
        self.answers: dict[str, Answer | None] = {}
        """How the backend answers an action, `*` any other; None: not at all. Without an entry: well."""
        self.link: Link | None = None
        self.sent: list[list[Any]] = []
        self.calls: list[list[Any]] = []
        """Every call that the charger ever sent."""
        self.events: list[Any] = []
        self.results: list[CommandResult] = []
        self.chores: list[Any] = []
        self.records: list[dict[str, Any]] = []
        self.sealed: list[str] = []
        self.garbled: list[str] = []
        """What the charger has sent that is no JSON."""
        self.wire: list[Frame] = []
        """Every text that crossed the wire, as the example backend's auditor reads it."""
        self.life: list[tuple[bytes | None, datetime]] = []
        """All that the charger was told, and when; None: a time had come."""
        self._kept = kept
        self._sections: dict[str, bytes] = {}
        self._queue: dict[str, bytes] = {}
        self._wanted: OpenLink | None = None
        self._book = Rulebook()
        self._lets_invalid_out = False
        self._links = 0
        self._unanswered: tuple[str, ...] = ()
        self._count = 0
        self._wake: float | None = None
        self._to_charger: deque[Word] = deque()
        self._to_handler: deque[Word] = deque()
        self._to_backend: deque[str] = deque()
        self._transactions = 16
        self._at_work = False
        base = {"url": "ws://backend/ocpp", "protocols": (subprotocol,), "online": True}
        whole = base | configuration
        self.do(c.Provision, configuration=ChargePointConfiguration(**(bare(whole) if bared else whole)))

    # --- telling it something -----------------------------------------------------------------------------------------

    def do(self, command: type[c.Command], **fields: Any) -> CommandResult | None:
        """Somebody touches the charger; the result if it is there already."""
        self._count += 1
        id = f"c{self._count}"
        self._to_charger.append(command(id=id, charge_point="CP001", **fields))
        self._run()
        return next((result for result in self.results if result.command == id), None)

    def rules(self, *rules: dict[str, Any]) -> None:
        """These are added to the rules that stand."""
        for rule in rules:
            result = self.do(c.AddRule, rule=Rule.model_validate(rule))
            assert result is not None
            assert result.status == "done", result

    def says(self, text: str | bytes) -> list[str]:
        """The backend sends a text; what the charger sends then. `#` is the id of the charger's open call."""
        assert self.link is not None, "no link stands"
        if isinstance(text, str) and self.open_call is not None:
            text = text.replace(f'"{OWN}"', orjson.dumps(self.open_call[1]).decode(), 1)
        self._receive(text)
        self._run()
        return self.heard()

    def says_at_once(self, *texts: str) -> list[str]:
        """The backend sends several texts, one behind the other, before anything of them is answered."""
        for text in texts:
            assert self.link is not None, "no link stands"
            own = self.open_call
            self._receive(text if own is None else text.replace(f'"{OWN}"', orjson.dumps(own[1]).decode(), 1))
        self._run()
        return self.heard()

    def unfinished_chores(self) -> list[Any]:
        """The chores that nobody has done or dropped."""
        return [chore for chore in self.chores if chore.id in self.cp.facts.chores]

    def worked(self, result: Any, chore: Any = None) -> None:
        """The chores worker has done the last chore, or another one."""
        chore = chore or [chore for chore in self.chores if chore.type != "drop_chore"][-1]
        self._count += 1
        self._to_charger.append(
            ChoreDone(id=f"w{self._count}", charge_point="CP001", chore=chore.id, result=result)
        )
        self._run()

    def wait(self, seconds: float) -> None:
        """Time passes; what falls due on either side of the link happens at its time."""
        until = self.now + timedelta(seconds=seconds)
        while (due := self._next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            if (own := next_due(self.cp)) is not None and own <= self.now:
                self.life.append((None, self.now))
                self._took(fire(self.cp, self.now, self.around))
            self._tick()
            self._run()
        self.now = until

    # --- the link -----------------------------------------------------------------------------------------------------

    def lose(self, why: Any = "lost") -> None:
        """The network is gone, until `back`."""
        self.reachable = False
        self._end(why, "")
        self._run()

    def back(self) -> None:
        """The network is back: what is wanted is connected."""
        self.reachable = True
        self._connect()
        self._run()

    def fails(self, why: Any) -> None:
        """An attempt to connect fails."""
        assert self._wanted is not None
        assert self.link is None
        self._count += 1
        failed = LinkFailed(id=f"f{self._count}", charge_point="CP001", order=self._wanted.order, why=why)
        self._to_charger.append(failed)
        self._run()

    # --- looking ------------------------------------------------------------------------------------------------------

    @property
    def open_call(self) -> list[Any] | None:
        """The charger's call that waits for its answer."""
        flight = self.cp.facts.lanes.in_flight
        return next((call for call in reversed(self.calls) if flight and call[1] == flight.id), None)

    def heard(self) -> list[str]:
        """What the charger has sent since the last look, as texts, in order; its own ids as `#`."""
        sent, self.sent = self.sent, []
        return [_text([2, OWN, *frame[2:]] if frame[0] == 2 else frame) for frame in sent]

    def called(self, *, brief: bool = True) -> list[str]:
        """The charger's calls since the last look: action and payload, without their timestamps."""
        sent, self.sent = self.sent, []
        return [f"{f[2]} {_text(_brief(f[3]) if brief else f[3])}" for f in sent if f[0] == 2]

    def last(self, action: str) -> dict[str, Any]:
        """The payload of the charger's last call of that action."""
        payload: dict[str, Any] = next(call[3] for call in reversed(self.calls) if call[2] == action)
        return payload

    def seen(self, kind: str) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if event.type == kind]

    def violations(self) -> list[str]:
        """What the backend did wrong since the last look: `action: field: rule`."""
        broken = self.seen("protocol_violation")
        self.events = [event for event in self.events if event not in broken]
        return [": ".join(filter(None, [event.action, event.field, event.rule])) for event in broken]

    @property
    def view(self) -> ChargePointView:
        """What anyone may know of the charger."""
        return ChargePointView.model_validate_json(view_of(self.cp))

    def statuses(self) -> list[str]:
        """The status words that the backend knows, by connector."""
        known: dict[int, str] = {}
        for call in self.calls:
            if call[2] == "StatusNotification":
                known[call[3].get("connectorId", call[3].get("evseId"))] = call[3].get(
                    "status", call[3].get("connectorStatus")
                )
        return [known[place] for place in sorted(known)]

    # --- the way of a word --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        """Until everything said has been heard."""
        if self._at_work:
            return
        self._at_work = True
        try:
            while self._to_charger or self._to_handler or self._to_backend:
                if self._to_charger:
                    self._decide(self._to_charger.popleft())
                elif self._to_handler:
                    self._handle(self._to_handler.popleft())
                else:
                    self._answer(self._to_backend.popleft())
        finally:
            self._at_work = False

    def _decide(self, word: Word) -> None:
        told = word.model_dump_json().encode()
        self.life.append((told, self.now))
        again = to_abstraction.validate_json(told)
        self._took(decide(self.cp, again, self.now, self.around))

    def _took(self, decision: Decision) -> None:
        for word in decision.to_handler:
            self._to_handler.append(to_handler.validate_json(word.model_dump_json(exclude_none=True)))
        for chore in decision.to_chores:
            self.chores.append(to_chores.validate_json(chore.model_dump_json(exclude_none=True)))
        for event in decision.events:
            self.events.append(any_event.validate_json(event.model_dump_json(exclude_none=True)))
        self.results += decision.results
        if self._kept:
            self._keep_and_load()

    def lived_again(self) -> Charger:
        """Another charger, told the same at the same times."""
        twin = Charger("CP001")
        for told, now in self.life:
            if told is None:
                fire(twin, now, self.around)
            else:
                decide(twin, to_abstraction.validate_json(told), now, self.around)
        return twin

    def _keep_and_load(self) -> None:
        self._sections.update(self.cp.dump())
        written, removed = self.cp.drain_queue()
        self._queue.update(written)
        for n in removed:
            self._queue.pop(n, None)
        if self.cp.exists:
            real, now = self.cp.real, self.cp.now
            self.cp = Charger.load("CP001", self._sections, self._queue)
            self.cp.real, self.cp.now, self.cp.around = real, now, self.around

    def _handle(self, word: Word) -> None:
        match word:
            case OpenLink():
                self._end("closed_by_us", "ordered anew")
                self._wanted = word
                self._book.stand(word.rules)
                self._lets_invalid_out = word.lets_invalid_out
                self._connect()
            case CloseLink():
                self._wanted = None
                self._end("closed_by_us", word.reason)
            case TuneLink():
                pass
            case SetRules():
                self._rule(word)
            case Action() | Reply() | SetGate() | LetGo() if self.link is None or self.link.id != word.link:
                pass
            case Action():
                self.link.act(word)
            case Reply():
                self.link.reply(word)
            case SetGate():
                self._gate(word)
            case LetGo():
                self.link.let_go(word)

    def _gate(self, word: SetGate) -> None:
        assert self._wanted is not None
        assert self.link is not None
        gates = {"gate": word.gate, "gate_blames": word.blames}
        self._wanted = self._wanted.model_copy(update=gates)
        self.link.gate(word.gate, blames=word.blames)

    def _rule(self, word: SetRules) -> None:
        self._book.stand(word.rules)
        self._lets_invalid_out = word.lets_invalid_out
        if self.link is not None:
            self.link.rule(self._book, lets_invalid_out=self._lets_invalid_out)
        if word.confirm:
            self._count += 1
            self._to_charger.append(RulesInForce(id=f"i{self._count}", charge_point="CP001", order=word.id))

    def _connect(self) -> None:
        if self._wanted is None or self.link is not None or not self.reachable:
            return
        self._links += 1
        self.link = Link(
            id=f"h.{self._links}",
            charge_point="CP001",
            version=VERSIONS[self.subprotocol],
            gate=self._wanted.gate,
            gate_blames=self._wanted.gate_blames,
            unanswered=self._unanswered,
            around=Around(
                outlet=self,
                send=self._send,
                abort=lambda why: self._end("protocol", why),
                cut=self._cut,
                wake=self._wake_at,
                clock=self._clock,
                utc=lambda: self.now,
                seal=self._seal,
            ),
        )
        self.link.rule(self._book, lets_invalid_out=self._lets_invalid_out)
        self.link.up(self._wanted, self.subprotocol)

    def _end(self, why: Any, detail: str) -> None:
        if self.link is not None:
            self.link.down(why, detail)
            self._unanswered = self.link.unanswered
        self.link = self._wake = None
        self._to_backend.clear()

    def _cut(self, _how: Cut) -> None:
        """A rule loses the connection; the charger connects again when the test says so."""
        self.reachable = False
        link = self.link
        if link is not None:
            link.down("closed_by_us", "a rule cuts the connection")
        self.link = self._wake = None

    def _send(self, text: str) -> bool:
        try:
            frame = orjson.loads(text)
        except orjson.JSONDecodeError:
            self.garbled.append(text)
            return True
        self._record("in", text)
        self.sent.append(frame)
        if frame[0] == 2:
            self.calls.append(frame)
            self._to_backend.append(text)
        return True

    def _seal(self, secret: str, _use: str) -> Sealed:
        self.sealed.append(secret)
        is_hex = all(letter in "0123456789abcdefABCDEF" for letter in secret)
        return Sealed(label=f"CP001~{len(self.sealed)}", length=len(secret), form="hex" if is_hex else "text")

    def _clock(self) -> float:
        return (self.now - NOON).total_seconds()

    def _wake_at(self, at: float) -> None:
        # Our time goes by whole microseconds: woken before the time, nobody would ever come to it.
        at = math.ceil(at * 1_000_000) / 1_000_000
        self._wake = at if self._wake is None else min(at, self._wake)

    def _next_due(self) -> datetime | None:
        wake = NOON + timedelta(seconds=self._wake) if self._wake is not None else None
        return min((due for due in (next_due(self.cp), wake) if due is not None), default=None)

    def _tick(self) -> None:
        if self._wake is not None and self._wake <= self._clock():
            self._wake = None
            if self.link is not None:
                self.link.tick()

    # --- what the link tells ------------------------------------------------------------------------------------------

    def fact(self, word: Word) -> None:
        self._to_charger.append(word)

    def event(self, word: Word) -> None:
        self.events.append(any_event.validate_json(word.model_dump_json(exclude_none=True)))

    def frame(self, charge_point: str, entry: bytes) -> None:
        record = orjson.loads(entry)
        any_event.validate_python(record)
        self.records.append(record)

    # --- the backend --------------------------------------------------------------------------------------------------

    def _answer(self, text: str) -> None:
        """Unless the test answers, the backend answers well."""
        _, message_id, action, payload = orjson.loads(text)
        wanted = self.answers.get(action, self.answers.get("*", self.well(action)))
        answer = wanted(payload) if wanted is not None else None
        if isinstance(answer, dict):
            answer = _text([3, message_id, answer])
        if answer is not None and self.link is not None:
            self._receive(answer.replace(f'"{OWN}"', orjson.dumps(message_id).decode(), 1))

    def _receive(self, text: str | bytes) -> None:
        assert self.link is not None
        self._record("out", text if isinstance(text, str) else "(binary)")
        self.link.take(text)

    def _record(self, direction: Direction, text: str) -> None:
        frame = Frame(len(self.wire), self._links, "CP001", self.subprotocol, direction, text, self.now)
        self.wire.append(frame)

    def well(self, action: str) -> Answer:
        """How a good backend answers an action."""
        match action:
            case "BootNotification":
                time = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
                return lambda _: {"status": "Accepted", "currentTime": time, "interval": 86400}
            case "Heartbeat":
                return lambda _: {"currentTime": self.now.strftime("%Y-%m-%dT%H:%M:%SZ")}
            case "StartTransaction":
                self._transactions += 1
                return lambda _: {
                    "idTagInfo": {"status": "Accepted"},
                    "transactionId": self._transactions,
                }
            case "Authorize" if self.subprotocol == "ocpp1.6":
                return lambda _: {"idTagInfo": {"status": "Accepted"}}
            case "Authorize":
                return lambda _: {"idTokenInfo": {"status": "Accepted"}}
            case "DataTransfer" | "SignCertificate":
                return lambda _: {"status": "Accepted"}
            case "TransactionEvent":
                return lambda payload: {"idTokenInfo": {"status": "Accepted"}} if "idToken" in payload else {}
        return lambda _: {}


def broken(text: str) -> Answer:
    """The backend answers with this text as payload."""
    return lambda _: f'[3,"{OWN}",{text}]'


def refusing(code: str) -> Answer:
    """The backend answers with an error."""
    return lambda _: f'[4,"{OWN}","{code}","",{{}}]'


def _text(frame: Any) -> str:
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)


def _brief(payload: Any) -> Any:
    """A payload without the times in it, that literal frames in tests stay short."""
    if isinstance(payload, dict):
        return {name: _brief(value) for name, value in payload.items() if name not in UNSAID}
    return [_brief(value) for value in payload] if isinstance(payload, list) else payload
