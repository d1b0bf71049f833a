"""A story whose every step is held against what must always be so of a charger."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from abstraction.story import Story
from vcp_abstraction import session_guard, session_points
from vcp_abstraction.charger import Charger, Decision
from vcp_abstraction.decide import decide, fire, give_up
from vcp_abstraction.due import next_due
from vcp_abstraction.sections import MODELS, write
from vcp_abstraction.view import view_of
from vcp_contracts import commands as c
from vcp_contracts.actions import Action, RawCall, RawText, ReportStatus, ReportTransaction
from vcp_contracts.letters import to_abstraction, to_handler

NEXT_WORDS = {
    "available": {"preparing", "charging", "suspended_ev", "suspended_evse", "reserved", "unavailable", "faulted"},
    "preparing": {"available", "charging", "suspended_ev", "suspended_evse", "finishing", "faulted"},
    "charging": {"available", "suspended_ev", "suspended_evse", "finishing", "unavailable", "faulted"},
    "suspended_ev": {"available", "charging", "suspended_evse", "finishing", "unavailable", "faulted"},
    "suspended_evse": {"available", "charging", "suspended_ev", "finishing", "unavailable", "faulted"},
    "finishing": {"available", "preparing", "unavailable", "faulted"},
    "reserved": {"available", "preparing", "unavailable", "faulted"},
    "unavailable": {"available", "preparing", "charging", "suspended_ev", "suspended_evse", "faulted"},
    "faulted": {
        "available", "preparing", "charging", "suspended_ev", "suspended_evse", "finishing", "reserved", "unavailable",
    },
}  # fmt: skip
"""The status words that may follow each other (1.6 §4.9)."""

MOST_AT_ONCE = 10
"""How often the timers of one charger may fire at one instant."""

MOST_A_WAIT = 12
"""How many timers fire before a wait is cut short: some settings make one a second."""


def is_at_once(action: Action) -> bool:
    return isinstance(action, (RawCall, RawText)) and action.at_once


class Watched(Story):
    """A story whose every step is told to a twin as well, and held against what must always be so."""

    def __init__(self, style: str, **configuration: Any) -> None:
        self.issued: set[str] = set()
        self.ended: list[str] = []
        self.enqueued: set[int] = set()
        self.sessions: dict[str, list[ReportTransaction]] = defaultdict(list)
        self.last_word: dict[int, str] = {}
        self.registers: dict[int, float] = {}
        self.ids: set[str] = set()
        self.may_fall = False
        super().__init__(style, **configuration)

    # --- every step is told twice ---

    def hear(self, message: Any) -> Decision:
        before = self.before()
        whole = self.whole() if isinstance(message, c.Command) else None
        again = to_abstraction.validate_json(message.model_dump_json())
        twin = self.twin()
        expected = decide(twin, again, self.now, self.around)
        decision = super().hear(message)
        self.check(before, decision, expected, twin)
        if any((r.command, r.status) == (message.id, "rejected") for r in decision.results):
            self.check_refused(whole, decision)
        return decision

    def fail_on(self, message: Any) -> Decision:
        """The charger fails on a message: what waits for it ends."""
        before, twin = self.before(), self.twin()
        expected = give_up(twin, message, "a fault", self.now, self.around)
        decision = self._took(give_up(self.cp, message, "a fault", self.now, self.around))
        self.check(before, decision, expected, twin)
        return decision

    def whole(self) -> tuple[dict[str, bytes], dict[int, Any], bytes]:
        """All that is kept and shown of it."""
        view = view_of(self.cp) if self.cp.exists else b""
        return write(self.cp, set(MODELS)), dict(self.cp.queue), view

    def check_refused(self, before: Any, decision: Decision) -> None:
        """A command that is refused has changed nothing, and nobody hears of it but who gave it."""
        assert self.whole() == before
        assert decision.to_handler == []
        assert decision.to_chores == []
        assert decision.events == []

    def wait(self, seconds: float) -> None:
        until = self.now + timedelta(seconds=seconds)
        fired = at_once = 0
        while (due := next_due(self.cp)) is not None and due <= until:
            at_once = at_once + 1 if due <= self.now else 0
            assert at_once < MOST_AT_ONCE, f"timers spin at {due}"
            if (fired := fired + 1) > MOST_A_WAIT and due > self.now:
                return
            self.now = max(self.now, due)
            before, twin = self.before(), self.twin()
            expected = fire(twin, self.now, self.around)
            decision = self._took(fire(self.cp, self.now, self.around))
            self.check(before, decision, expected, twin)
        self.now = until

    def twin(self) -> Charger:
        twin = Charger.load("CP001", getattr(self, "sections", {}), getattr(self, "queue", {}))
        twin.now = self.cp.now
        return twin

    def do(self, command: type[c.Command], **fields: Any) -> Any:
        self.issued.add(f"c{self.count + 1}")
        self.may_fall = command in (c.SetMeter, c.Provision, c.Retire)
        result = super().do(command, **fields)
        self.may_fall = False
        return result

    def before(self) -> tuple[str | None, bool]:
        flight = self.cp.facts.lanes.in_flight
        return (flight.id if flight else None), self.steady

    @property
    def steady(self) -> bool:
        """Online and accepted: every change of status is told."""
        return self.cp.exists and self.cp.online and self.cp.registered

    # --- what must hold of a step ---

    def check(
        self, before: tuple[str | None, bool], decision: Decision, expected: Decision, twin: Charger
    ) -> None:
        assert decision.to_handler == expected.to_handler
        assert decision.to_chores == expected.to_chores
        assert decision.events == expected.events
        assert decision.results == expected.results
        assert twin.facts == self.cp.facts
        assert twin.rules == self.cp.rules
        self.ended += [result.command for result in decision.results]
        for word in [*decision.to_handler, *decision.events]:
            assert word.charge_point == "CP001"
        for word in decision.to_handler:
            assert to_handler.validate_json(word.model_dump_json()) == word
        self.check_sending(before[0], decision)
        self.check_ids(decision)
        if self.cp.exists:
            self.look_at_new_entries(steady_before=before[1])
            self.check_registers()
            self.check_that_nothing_waits_for_nothing()
            self.check_beginnings(decision, twin)

    def check_that_nothing_waits_for_nothing(self) -> None:
        """What is in flight ends in bounded time; what is queued leaves, or a time is set for it."""
        cp, lanes = self.cp, self.cp.facts.lanes
        assert not cp.facts.quarantined
        due = next_due(cp)
        if lanes.in_flight is not None:
            assert cp.online
            assert due is not None
            assert due <= lanes.in_flight.guard
        elif cp.online and not cp.registered:
            assert not lanes.boot
            assert cp.facts.registration.next_try is not None
            assert due is not None
        elif cp.online:
            assert [*lanes.boot, *lanes.express] == []
            if lanes.transactions:
                assert lanes.not_before is not None
                assert lanes.not_before > cp.now
        for evse in cp.facts.evses:
            if evse.awaiting is not None:
                asked = [e.action for e in cp.queue.values() if e.action.type == "authorize"]
                assert any(action.token.equals(evse.awaiting.token) for action in asked)

    def check_sending(self, flew: str | None, decision: Decision) -> None:
        """One action at a time, on the link that stands (OCPP-J 1.6 §4.1.1), but for what is sent past the gates."""
        sent = [word for word in decision.to_handler if isinstance(word, Action) and not is_at_once(word)]
        assert len(sent) <= 1
        flight = self.cp.facts.lanes.in_flight
        for action in sent:
            assert flight is not None
            assert flight.id == action.id
            assert action.link == self.cp.facts.link.id == self.link
        if not sent and flight is not None:
            assert flight.id == flew

    def check_ids(self, decision: Decision) -> None:
        """No id is ever used for two messages; only a repeated transmission keeps its own."""
        for word in [*decision.to_handler, *decision.events]:
            if not isinstance(word, Action):
                assert word.id not in self.ids
            self.ids.add(word.id)

    def look_at_new_entries(self, *, steady_before: bool) -> None:
        if not (steady_before and self.steady):
            self.last_word.clear()
        for n in sorted(self.cp.queue.keys() - self.enqueued):
            self.enqueued.add(n)
            action = self.cp.queue[n].action
            if action.past_gate:
                continue
            if isinstance(action, ReportTransaction):
                self.sessions[action.transaction].append(action)
            if (
                isinstance(action, ReportStatus)
                and self.style == "three"
                and self.steady
                and action.place.evse
            ):
                self.follow(action)

    def follow(self, report: ReportStatus) -> None:
        """While the backend listens, the words it is told follow the table."""
        was = self.last_word.get(report.place.evse, report.fine)
        assert report.fine == was or report.fine in NEXT_WORDS[was], f"{was} → {report.fine}"
        self.last_word[report.place.evse] = report.fine

    def check_registers(self) -> None:
        for evse in self.cp.facts.evses:
            assert self.may_fall or evse.register_wh >= self.registers.get(evse.id, 0.0)
            assert 0 <= evse.ev.soc_wh <= evse.ev.battery_wh
            self.registers[evse.id] = evse.register_wh

    def check_beginnings(self, decision: Decision, twin: Charger) -> None:
        """A session begins only where nothing is in its way, and waits for nothing else. The twin is thrown away."""
        for evse in twin.facts.evses:
            known = evse.authorization
            token, group = (known.token, known.group) if known is not None else (None, None)
            if evse.transaction is None and session_points.begins(twin, evse):
                assert session_guard.obstacle_to(twin, evse, token, group) is not None
        for event in decision.events:
            if event.type == "transaction_started" and event.place.evse <= len(twin.facts.evses):
                evse = twin.facts.evses[event.place.evse - 1]
                evse.transaction = None
                obstacle = session_guard.obstacle(twin, evse)
                assert obstacle is None, f"a session began at EVSE {evse.id}: {obstacle}"
