"""Whatever happens to a charger, in whatever order: what must hold all the same. Random stories, checked at each step."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from abstraction.story import Story
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from vcp_abstraction import limits
from vcp_abstraction.charger import Charger, Decision
from vcp_abstraction.decide import decide, fire
from vcp_contracts import commands as c
from vcp_contracts import outcomes as o
from vcp_contracts import requests as r
from vcp_contracts.actions import Action, ReportStatus, ReportTransaction
from vcp_contracts.configuration import ChargePointConfiguration, ConnectorConfiguration, EvseConfiguration
from vcp_contracts.letters import to_abstraction, to_handler
from vcp_contracts.link import HandlerUp, LinkDown, LinkFailed, LinkUp
from vcp_contracts.profiles import ChargingProfile, ChargingSchedule, SchedulePeriod
from vcp_contracts.requests import Reply
from vcp_contracts.settings import CATALOGUE
from vcp_contracts.values import Place, SettingName, Token, TokenInfo
from vcp_contracts.view import ChargePointView

NEXT_WORDS = {
    "available": {"preparing", "charging", "suspended_ev", "suspended_evse", "reserved", "unavailable", "faulted"},
    "preparing": {"available", "charging", "suspended_ev", "suspended_evse", "finishing", "faulted"},
    "charging": {"available", "suspended_ev", "suspended_evse", "finishing", "unavailable", "faulted"},
    "suspended_ev": {"available", "charging", "suspended_evse", "finishing", "unavailable", "faulted"},
    "suspended_evse": {"available", "charging", "suspended_ev", "finishing", "unavailable", "faulted"},
    "finishing": {"available", "preparing", "unavailable", "faulted"},
    "unavailable": {"available", "preparing", "charging", "suspended_ev", "suspended_evse", "faulted"},
    "faulted": {
        "available", "preparing", "charging", "suspended_ev", "suspended_evse", "finishing", "reserved", "unavailable",
    },
}  # fmt: skip
"""The status words that may follow each other (1.6 §4.9)."""

MOST_AT_ONCE = 10
"""How often the timers of one charger may fire at one instant."""

MOST_A_WAIT = 40
"""How many timers fire before a wait is cut short: some settings make one a second."""


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
        again = to_abstraction.validate_json(message.model_dump_json())
        twin = self.twin()
        expected = decide(twin, again, self.now, self.around)
        decision = super().hear(message)
        self.check(before, decision, expected, twin)
        return decision

    def wait(self, seconds: float) -> None:
        until = self.now + timedelta(seconds=seconds)
        fired = at_once = 0
        while (due := self.cp.next_due) is not None and due <= until:
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
        assert decision.events == expected.events
        assert decision.results == expected.results
        assert twin.facts == self.cp.facts
        assert twin.profiles == self.cp.profiles
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

    def check_sending(self, flew: str | None, decision: Decision) -> None:
        """One action at a time, on the link that stands (OCPP-J 1.6 §4.1.1)."""
        sent = [word for word in decision.to_handler if isinstance(word, Action)]
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


EVSES = st.integers(1, 3)
TOKENS = st.sampled_from(["CARD1", "CARD2", "card1"])
PLACES = st.builds(Place, evse=st.integers(0, 3), connector=st.none() | st.integers(1, 2))
TEXTS = st.sampled_from(
    [
        "true", "false", "0", "1", "2", "30", "900", "86400", "-1", "99999999999999999999", "", "FLEET",
        "EVConnected", "Authorized", "PowerPathClosed,Authorized", "EnergyTransfer", "ParkingBayOccupancy",
        "Energy.Active.Import.Register", "Power.Active.Import,Current.Import", "Voltage.L1,SoC",
    ]
)  # fmt: skip
NAMES = st.sampled_from([row.name for row in CATALOGUE])
INFOS = st.builds(
    TokenInfo,
    status=st.sampled_from(["accepted", "accepted", "blocked", "concurrent_tx", "expired", "invalid"]),
    group=st.none() | st.just(Token(value="FLEET")),
    evses=st.sampled_from([(), (), (1,)]),
    valid_until=st.none() | st.just(datetime.fromisoformat("2026-06-01T12:30:00Z")),
)
TIMES = st.sampled_from(
    [
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2020-02-29T23:59:59Z",
        "2026-06-01T12:00:20Z",
        "2099-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
    ]
).map(datetime.fromisoformat)
MOST_S = 3_155_760_000
PROFILES = st.builds(
    lambda unit, start, lasts, steps, **more: ChargingProfile(
        **more,
        schedules=(
            ChargingSchedule(
                start=start,
                duration_s=lasts,
                unit=unit,
                periods=tuple(
                    SchedulePeriod(start_s=n * 40, limit=limit, phases=phases)
                    for n, (limit, phases) in enumerate(steps)
                ),
            ),
        ),
    ),
    id=st.integers(-2, 5),
    stack_level=st.integers(0, 2),
    purpose=st.sampled_from(["station_max", "tx_default", "tx", "tx", "external"]),
    kind=st.sampled_from(["absolute", "recurring", "relative"]),
    recurrency=st.sampled_from([None, "daily", "weekly"]),
    valid_from=st.none() | TIMES,
    valid_to=st.none() | TIMES,
    transaction=st.sampled_from([None, None, "17"]),
    unit=st.sampled_from(["A", "W"]),
    start=st.none() | TIMES,
    lasts=st.sampled_from([None, None, 0, 20, 100, MOST_S, 2**62]),
    steps=st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 6.0, 10.0, 3_680.0]), st.sampled_from([None, None, 1, 3, 9])),
        max_size=3,
    ),
)
OPTIONAL_W = st.none() | st.sampled_from([0.0, 0.5, 3_680.0, 11_000.0, 1e7])


class AnyStory(RuleBasedStateMachine):
    """Commands, requests, outcomes, losses and time, in any order."""

    style = "three"

    @initialize(
        fixed=st.booleans(),
        evses=st.integers(1, 2),
        connectors=st.integers(1, 2),
        seconds=st.sampled_from([0, 30, 900]),
        attempts=st.sampled_from(["1", "2", "3"]),
        online=st.sampled_from([True, True, True, False]),
    )
    def set_up(
        self, fixed: bool, evses: int, connectors: int, seconds: int, attempts: str, online: bool
    ) -> None:
        hardware = EvseConfiguration(connectors=(ConnectorConfiguration(fixed_cable=fixed),) * connectors)
        self.configuration: dict[str, Any] = {
            "evses": (hardware,) * evses,
            "settings": {
                "ClockAlignedDataInterval": str(seconds),
                "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": attempts,
            },
        }
        self.story = Watched(self.style, **self.configuration)
        if online:
            self.story.online()

    # --- somebody touches it ---

    @rule(evse=EVSES, connector=st.integers(1, 2), end=st.sampled_from(["both", "both", "ev", "station"]))
    def plug_in(self, evse: int, connector: int, end: str) -> None:
        self.story.do(c.PlugIn, evse=evse, connector=connector, end=end)

    @rule(
        evse=EVSES,
        connector=st.integers(1, 2),
        end=st.sampled_from(["both", "both", "ev", "station"]),
        force=st.booleans(),
    )
    def unplug(self, evse: int, connector: int, end: str, force: bool) -> None:
        self.story.do(c.Unplug, evse=evse, connector=connector, end=end, force=force)

    @rule(token=TOKENS, evse=st.none() | EVSES)
    def present_token(self, token: str, evse: int | None) -> None:
        self.story.do(c.PresentToken, token=token, evse=evse)

    @rule(evse=st.integers(1, 2), token=TOKENS, cable_first=st.booleans())
    def come_to_charge(self, evse: int, token: str, cable_first: bool) -> None:
        if cable_first:
            self.story.do(c.PlugIn, evse=evse)
        self.story.do(c.PresentToken, token=token, evse=evse)
        self.story.answer_all()
        if not cable_first:
            self.story.do(c.PlugIn, evse=evse)

    @rule(evse=EVSES, why=st.sampled_from(["local", "ev", "other"]))
    def press_stop(self, evse: int, why: str) -> None:
        self.story.do(c.PressStop, evse=evse, why=why)

    @rule(evse=EVSES)
    def press_start(self, evse: int) -> None:
        self.story.do(c.PressStart, evse=evse)

    @rule(kind=st.sampled_from([c.PressEmergency, c.PowerOn, c.PowerOff, c.PowerCycle, c.GoOnline]))
    def press(self, kind: type[c.Command]) -> None:
        self.story.do(kind)

    @rule(how=st.sampled_from(["close", "reset", "silent", "refuse"]), seconds=st.none() | st.just(45.0))
    def go_offline(self, how: str, seconds: float | None) -> None:
        self.story.do(c.GoOffline, how=how, seconds=seconds)

    @rule(
        evse=EVSES,
        connector=st.integers(1, 2),
        power_w=OPTIONAL_W,
        soc=st.none() | st.sampled_from([0.0, 99.9, 100.0]),
        battery_wh=st.none() | st.sampled_from([1.0, 50_000.0]),
        phases=st.none() | st.integers(1, 3),
        ready=st.none() | st.booleans(),
    )
    def set_ev(
        self,
        evse: int,
        connector: int,
        power_w: float | None,
        soc: float | None,
        battery_wh: float | None,
        phases: int | None,
        ready: bool | None,
    ) -> None:
        self.story.do(
            c.SetEv,
            evse=evse,
            connector=connector,
            power_w=power_w,
            soc_percent=soc,
            battery_wh=battery_wh,
            phases=phases,
            ready=ready,
        )

    @rule(evse=st.integers(0, 3), current_a=st.sampled_from([None, 0.0, 7.5, 1e5]))
    def limit_grid(self, evse: int, current_a: float | None) -> None:
        self.story.do(c.LimitGrid, evse=evse, current_a=current_a)

    @rule(evse=EVSES, register_wh=st.sampled_from([0.0, 1_234.567, 1e15]))
    def set_meter(self, evse: int, register_wh: float) -> None:
        self.story.do(c.SetMeter, evse=evse, register_wh=register_wh)

    @rule(
        evse=st.integers(0, 3),
        connector=st.none() | st.integers(1, 2),
        kind=st.sampled_from(["ground_failure", "weak_signal"]),
        blocking=st.booleans(),
    )
    def raise_fault(self, evse: int, connector: int | None, kind: Any, blocking: bool) -> None:
        self.story.do(c.RaiseFault, evse=evse, connector=connector, kind=kind, blocking=blocking)

    @rule(evse=st.integers(0, 3), connector=st.none() | st.integers(1, 2))
    def clear_fault(self, evse: int, connector: int | None) -> None:
        self.story.do(c.ClearFault, evse=evse, connector=connector)

    @rule(name=NAMES, value=TEXTS)
    def write_setting(self, name: str, value: str) -> None:
        self.story.do(c.WriteSetting, name=name, value=value)

    @rule(evse=EVSES, context=st.sampled_from(["clock", "periodic"]))
    def meter_now(self, evse: int, context: Any) -> None:
        self.story.do(c.MeterNow, evse=evse, context=context)

    @rule(
        word=st.sampled_from(["boot", "beat", "status", "meter", "authorize"]),
        evse=st.none() | st.integers(0, 3),
        token=st.none() | TOKENS,
    )
    def ask(self, word: Any, evse: int | None, token: str | None) -> None:
        self.story.do(c.Ask, word=word, evse=evse, token=token)

    @rule()
    def send_data(self) -> None:
        self.story.do(c.SendData, vendor="com.acme", content={"n": [1, None]})

    @rule(unlock=st.sampled_from(["works", "fails"]), reset=st.sampled_from(["works", "works", "refused"]))
    def set_behaviour(self, unlock: Any, reset: Any) -> None:
        self.story.do(c.SetBehaviour, unlock=unlock, reset=reset)

    @rule(model=st.sampled_from(["Virtual", "Other"]), evses=st.integers(1, 2), online=st.booleans())
    def provision(self, model: str, evses: int, online: bool) -> None:
        hardware = self.configuration["evses"][:1] * evses
        configuration = ChargePointConfiguration(
            url="ws://backend/ocpp", protocols=(self.style,), model=model, evses=hardware, online=online
        )
        self.story.do(c.Provision, configuration=configuration)

    # --- the wire ---

    @precondition(lambda self: self.story.cp.facts.link.state == "connecting")
    @rule()
    def link_up(self) -> None:
        self.story.link_up()

    @rule()
    def link_up_of_an_old_order(self) -> None:
        order = self.story.cp.facts.link.order - 1
        if order >= 0:
            self.story.hear(
                LinkUp(id="old", charge_point="CP001", link="h/old", order=order, subprotocol=self.style)
            )

    @precondition(lambda self: self.story.cp.facts.link.state == "connecting")
    @rule()
    def link_failed(self) -> None:
        order = self.story.cp.facts.link.order
        self.story.hear(LinkFailed(id="f", charge_point="CP001", order=order, why="refused"))

    @precondition(lambda self: self.story.cp.online)
    @rule(why=st.sampled_from(["closed_by_backend", "lost", "ping_timeout"]))
    def link_down(self, why: Any) -> None:
        self.story.hear(LinkDown(**self.story.fact(), why=why))

    @precondition(lambda self: self.story.cp.online)
    @rule()
    def a_fact_is_missing(self) -> None:
        self.story.backend_fact += 1
        self.story.hear(r.ForgetTokens(**self.story.fact(), message_id="b1"))

    @rule()
    def handler_changes(self) -> None:
        self.story.hear(HandlerUp(id="hu", owner="h2", manners=self.story.around.manners))

    @precondition(lambda self: self.story.cp.facts.lanes.in_flight is not None)
    @rule(info=INFOS, name=st.sampled_from(["17", "18", None]))
    def answer(self, info: TokenInfo, name: str | None) -> None:
        self.story.answer(
            **({"info": info} | ({"name": name} if name else {})) if self.flying != "boot" else {}
        )

    @precondition(lambda self: self.story.cp.facts.lanes.in_flight is not None)
    @rule()
    def answer_all(self) -> None:
        self.story.answer_all()

    @precondition(lambda self: self.flying == "boot")
    @rule(
        verdict=st.sampled_from(["accepted", "pending", "rejected"]),
        interval_s=st.sampled_from([-5, 0, 1, 300, 10**15]),
    )
    def answer_boot(self, verdict: Any, interval_s: int) -> None:
        answer = o.BootAnswer(verdict=verdict, now=self.story.now, interval_s=interval_s)
        self.story.outcome(o.Answered, answer=answer)

    @precondition(lambda self: self.story.cp.facts.lanes.in_flight is not None)
    @rule(
        how=st.sampled_from(
            [
                (o.Refused, {"kind": "failed", "code": "InternalError"}),
                (o.Refused, {"kind": "unsupported", "code": "NotImplemented"}),
                (o.Refused, {"kind": "security", "code": "SecurityError"}),
                (o.Misanswered, {"rule": "wrong", "field": "status"}),
                (o.Unanswered, {"timeout_s": 30.0}),
                (o.Sent, {}),
                (o.Unspoken, {}),
                (o.Unwritable, {"field": "idTag", "rule": "too long"}),
            ]
        )
    )
    def end_otherwise(self, how: tuple[type[o.Outcome], dict[str, Any]]) -> None:
        kind, fields = how
        self.story.outcome(kind, **fields)

    @precondition(lambda self: self.story.cp.online)
    @rule()
    def outcome_of_something_else(self) -> None:
        self.story.hear(o.Answered(**self.story.fact(), action="n-0", answer=o.Acknowledged()))

    @property
    def flying(self) -> str | None:
        flight = self.story.cp.facts.lanes.in_flight
        return flight.word if flight else None

    # --- the backend wants something ---

    def request(self, kind: type[r.Request], **fields: Any) -> None:
        request = kind(**self.story.fact(), message_id="b1", **fields)
        decision = self.story.hear(request)
        replies = [word for word in decision.to_handler if isinstance(word, Reply)]
        assert [reply.request for reply in replies] == [request.id]
        assert decision.to_handler[0] is replies[0]

    @precondition(lambda self: self.story.cp.online)
    @rule(
        token=TOKENS,
        place=st.none() | PLACES,
        number=st.none() | st.just(7),
        profile=st.none() | st.none() | PROFILES,
    )
    def start_charging(
        self, token: str, place: Place | None, number: int | None, profile: ChargingProfile | None
    ) -> None:
        by = Token(value=token)
        self.request(r.StartCharging, token=by, place=place, remote_start=number, profile=profile)

    @precondition(lambda self: self.story.cp.online)
    @rule(place=PLACES, profile=PROFILES)
    def set_profile(self, place: Place, profile: ChargingProfile) -> None:
        self.request(r.SetProfile, place=place, profile=profile)

    @precondition(lambda self: self.story.cp.online)
    @rule(limit=st.sampled_from([0.0, 8.0, 16.0]), evse=st.integers(0, 1))
    def set_good_profile(self, limit: float, evse: int) -> None:
        schedule = ChargingSchedule(
            start=self.story.cp.now,
            unit="A",
            periods=(SchedulePeriod(start_s=0, limit=limit), SchedulePeriod(start_s=40, limit=20.0)),
        )
        purpose: Any = "tx_default" if evse else "station_max"
        it = ChargingProfile(
            id=9 - evse, stack_level=1, purpose=purpose, kind="absolute", schedules=(schedule,)
        )
        self.request(r.SetProfile, place=Place(evse=evse), profile=it)

    @precondition(lambda self: self.story.cp.online)
    @rule(
        profile=st.none() | st.integers(0, 5),
        place=st.none() | PLACES,
        purpose=st.sampled_from([None, "tx", "tx_default"]),
    )
    def clear_profiles(self, profile: int | None, place: Place | None, purpose: Any) -> None:
        self.request(r.ClearProfiles, profile=profile, place=place, purpose=purpose)

    @precondition(lambda self: self.story.cp.online)
    @rule(place=PLACES, seconds=st.sampled_from([-1, 0, 3600, 2**40]), unit=st.sampled_from([None, "A", "W"]))
    def compose_schedule(self, place: Place, seconds: int, unit: Any) -> None:
        self.request(r.ComposeSchedule, place=place, duration_s=seconds, unit=unit)

    @precondition(lambda self: self.story.cp.online)
    @rule(name=st.sampled_from(["17", "18", "running"]))
    def stop_charging(self, name: str) -> None:
        running = next((e.transaction.id for e in self.story.cp.facts.evses if e.transaction), "none")
        self.request(r.StopCharging, transaction=running if name == "running" else name)

    @precondition(lambda self: self.story.cp.online)
    @rule(place=PLACES, operative=st.booleans())
    def set_availability(self, place: Place, operative: bool) -> None:
        self.request(r.SetAvailability, place=place, operative=operative)

    @precondition(lambda self: self.story.cp.online)
    @rule(place=PLACES)
    def unlock(self, place: Place) -> None:
        self.request(r.Unlock, place=place)

    @precondition(lambda self: self.story.cp.online)
    @rule(when=st.sampled_from(["now", "idle"]), restart=st.sampled_from(["application", "hardware"]))
    def reset(self, when: Any, restart: Any) -> None:
        self.request(r.Reset, when=when, restart=restart)

    @precondition(lambda self: self.story.cp.online)
    @rule(
        what=st.sampled_from(["boot", "beat", "status", "meter", "transaction", "firmware"]),
        place=st.none() | PLACES,
    )
    def trigger(self, what: Any, place: Place | None) -> None:
        self.request(r.Trigger, what=what, place=place)

    @precondition(lambda self: self.story.cp.online)
    @rule(name=NAMES, value=TEXTS)
    def write_settings(self, name: str, value: str) -> None:
        component, _, variable = name.partition(".")
        variable, _, instance = variable.partition("[")
        named = SettingName(component=component, variable=variable, instance=instance.rstrip("]") or None)
        self.request(r.WriteSettings, settings=(r.SettingToWrite(name=named, value=value),))

    @precondition(lambda self: self.story.cp.online)
    @rule(what=st.sampled_from(["configuration", "full", "summary"]))
    def list_settings(self, what: Any) -> None:
        self.request(r.ReadSettings)
        self.request(r.ListSettings, report=1, what=what)

    @precondition(lambda self: self.story.cp.online)
    @rule()
    def forget_tokens(self) -> None:
        self.request(r.ForgetTokens)
        self.request(r.PassData, vendor="com.acme")

    # --- time ---

    @rule(
        time=st.none() | TIMES,
        speed=st.none() | st.sampled_from([0.5, 1.0, 60.0, 100_000.0]),
        source=st.sampled_from(["backend", "own", None]),
    )
    def set_clock(self, time: datetime | None, speed: float | None, source: Any) -> None:
        self.story.do(c.SetClock, time=time, speed=speed, source=source)

    @rule(seconds=st.sampled_from([0.5, 30.0, 900.0]))
    def advance_clock(self, seconds: float) -> None:
        self.story.do(c.AdvanceClock, seconds=seconds)

    @precondition(lambda self: self.flying in ("boot", "beat"))
    @rule(now=TIMES)
    def the_backend_tells_the_time(self, now: datetime) -> None:
        boot = o.BootAnswer(verdict="accepted", now=now, interval_s=300)
        self.story.outcome(o.Answered, answer=boot if self.flying == "boot" else o.BeatAnswer(now=now))

    @rule(seconds=st.sampled_from([0.0, 0.001, 1.0, 10.0, 60.0, 61.0, 300.0, 3600.0]))
    def wait(self, seconds: float) -> None:
        self.story.wait(seconds)

    # --- what must always hold ---

    @invariant()
    def all_is_well(self) -> None:
        self.lanes_and_queue_are_one()
        self.every_command_has_ended_once_or_is_waited_for()
        self.every_transaction_is_told_from_start_to_end()
        self.what_is_open_is_known_and_what_is_told_is_forgotten()
        self.energy_flows_only_where_it_may()
        self.anyone_can_look_at_it()
        self.nothing_is_overdue()
        self.profiles_are_followed()

    def profiles_are_followed(self) -> None:
        cp = self.story.cp
        running = {evse.transaction.id for evse in cp.running() if evse.transaction is not None}
        assert {each.transaction for each in cp.profiles.installed} <= {*running, None}
        if not limits.count(cp):
            assert all(evse.offer is None for evse in cp.facts.evses)
            return
        for limit in limits.limits_at(limits.of_station(cp, cp.now), cp.now):
            if limit.unit == "W" and cp.manners.power_limit_reading == "total":
                assert sum(evse.power_w for evse in cp.facts.evses) <= limit.value + 1e-6
        for evse in cp.running():
            since = evse.transaction.power_path_since if evse.transaction is not None else None
            for limit in limits.limits_at(limits.of_evse(cp, evse, since), cp.now) if since else ():
                most = limit.value * 690 if limit.unit == "A" else limit.value
                assert evse.power_w <= most + 1e-6

    def lanes_and_queue_are_one(self) -> None:
        lanes, queue = self.story.cp.facts.lanes, self.story.cp.queue
        listed = [*lanes.boot, *lanes.express, *lanes.transactions]
        assert sorted(listed) == sorted(queue)
        for name in ("boot", "express", "transactions"):
            assert all(queue[n].lane == name for n in lanes.of(name))
            assert lanes.of(name) == sorted(lanes.of(name))
        assert all(n < lanes.next for n in listed)
        flight = lanes.in_flight
        if flight is not None:
            assert self.story.cp.online
            assert flight.n in lanes.of(flight.lane)
            assert queue[flight.n].action.id == flight.id

    def every_command_has_ended_once_or_is_waited_for(self) -> None:
        story = self.story
        assert len(story.ended) == len(set(story.ended))
        waiting = {*story.cp.facts.link.waiting}
        asked = {entry.command for entry in story.cp.queue.values() if entry.command is not None}
        assert story.issued - set(story.ended) == waiting | asked
        assert not (waiting & asked)
        assert story.cp.online or not asked
        assert story.cp.facts.link.state == "connecting" or not waiting

    def every_transaction_is_told_from_start_to_end(self) -> None:
        for reports in self.story.sessions.values():
            assert [report.seq for report in reports] == list(range(len(reports)))
            phases = [report.phase for report in reports]
            assert phases[0] == "started"
            assert phases[1:].count("started") == 0
            assert "ended" not in phases[:-1]
            registers = [report.register_wh for report in reports]
            assert registers == sorted(registers)

    def what_is_open_is_known_and_what_is_told_is_forgotten(self) -> None:
        cp = self.story.cp
        running = {evse.transaction.id for evse in cp.facts.evses if evse.transaction is not None}
        queued = {
            entry.action.transaction
            for entry in cp.queue.values()
            if isinstance(entry.action, ReportTransaction)
        }
        for name, telling in cp.facts.tellings.items():
            assert telling.ended or name in running
            assert name in running or name in queued
        assert running <= cp.facts.tellings.keys()

    def energy_flows_only_where_it_may(self) -> None:
        for evse in self.story.cp.facts.evses:
            if evse.power_w > 0:
                assert evse.connected is not None
                assert evse.transaction is not None
                assert evse.transaction.state == "charging"
                assert self.story.cp.facts.powered
            for connector in evse.connectors:
                assert connector.plugged_station or not connector.locked

    def anyone_can_look_at_it(self) -> None:
        view = ChargePointView.model_validate_json(self.story.cp.view())
        assert view.queue.transactions == len(self.story.cp.facts.lanes.transactions)

    def nothing_is_overdue(self) -> None:
        due = self.story.cp.next_due
        if due is not None and due <= self.story.now:
            self.story.wait(0)
            later = self.story.cp.next_due
            assert later is None or later > self.story.now


class AnyStoryInAStreamOfEvents(AnyStory):
    """The same towards a backend that is told of sessions as a stream of events."""

    style = "stream"


class TestThreeMessages(AnyStory.TestCase):  # type: ignore[name-defined]
    settings = settings(
        max_examples=40,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


class TestStreamOfEvents(AnyStoryInAStreamOfEvents.TestCase):  # type: ignore[name-defined]
    settings = TestThreeMessages.settings
