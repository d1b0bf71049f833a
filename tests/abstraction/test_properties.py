"""Whatever happens to a charger, in whatever order: what must hold all the same. Random stories, checked at each step."""

from datetime import datetime, timedelta
from typing import Any

from abstraction.story import NOON
from abstraction.watched import Watched
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from vcp_abstraction.due import next_due
from vcp_abstraction.facts.rules import Rules
from vcp_abstraction.view import view_of
from vcp_contracts import commands as c
from vcp_contracts import outcomes as o
from vcp_contracts import requests as r
from vcp_contracts.actions import ReportTransaction
from vcp_contracts.configuration import ConnectorConfiguration, EvseConfiguration
from vcp_contracts.link import HandlerUp, LinkDown, LinkFailed, LinkUp
from vcp_contracts.profiles import ChargingProfile, ChargingSchedule, SchedulePeriod
from vcp_contracts.requests import Reply
from vcp_contracts.settings import CATALOGUE
from vcp_contracts.values import Place, SettingName, Token, TokenInfo
from vcp_contracts.view import ChargePointView

EVSES = st.integers(1, 2)
CONNECTORS = st.integers(1, 2)
PLACES = st.builds(Place, evse=st.integers(0, 3), connector=st.none() | CONNECTORS)
TOKENS = st.sampled_from(["CARD1", "CARD2", "card1"])
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
    valid_until=st.none() | st.just(NOON + timedelta(minutes=30)),
)
EDGES = [
    datetime.fromisoformat(time)
    for time in (
        "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2020-02-29T23:59:59Z", "2026-06-01T12:00:20Z",
        "2099-12-31T23:59:59Z", "9999-12-31T23:59:59Z",
    )
]  # fmt: skip
TIMES = st.sampled_from(EDGES)


def one(word: type[Any], /, **fields: Any) -> st.SearchStrategy[tuple[type[Any], dict[str, Any]]]:
    """A word to be said, and its fields; each a strategy, or left out at times where it is in a list."""
    needed = {name: field for name, field in fields.items() if not isinstance(field, list)}
    optional = {name: st.sampled_from(field) for name, field in fields.items() if isinstance(field, list)}
    return st.tuples(st.just(word), st.fixed_dictionaries(needed, optional=optional))


CABLES = st.one_of(
    one(c.PlugIn, evse=EVSES, connector=CONNECTORS, end=["ev", "station"]),
    one(c.Unplug, evse=EVSES, end=["ev", "station"], force=[True]),
    one(c.Unplug, evse=EVSES, connector=CONNECTORS),
    one(c.PresentToken, token=TOKENS, evse=[1, 2, 3]),
    one(c.PressStart, evse=EVSES),
    one(c.PressStop, evse=EVSES, why=["ev", "other"]),
)
TOUCHES = st.one_of(
    one(c.PressEmergency),
    one(
        c.SetEv,
        evse=EVSES,
        connector=[2],
        power_w=[0.0, 0.5, 3_680.0, 1e7],
        current_a=[6.0],
        soc_percent=[0.0, 99.9, 100.0],
        battery_wh=[1.0, 50_000.0],
        phases=[1, 2, 3],
        ready=[True, False],
    ),
    one(c.SetMeter, evse=EVSES, register_wh=st.sampled_from([0.0, 1_234.567, 1e15])),
    one(c.RaiseFault, evse=st.integers(0, 2), connector=[1, 2], kind=["weak_signal"], blocking=[False]),
    one(c.ClearFault, evse=st.integers(0, 2), connector=[1, 2]),
    one(c.WriteSetting, name=NAMES, value=TEXTS),
    one(c.MeterNow, evse=EVSES, context=["clock"]),
    one(c.Ask, word=st.sampled_from(["boot", "beat", "status", "meter"]), evse=[0, 1, 2, 3]),
    one(c.Ask, word=st.just("authorize"), token=["CARD1"]),
    one(c.SendData, vendor=st.just("com.acme"), content=st.just({"n": [1, None]})),
    one(c.LimitGrid, evse=st.integers(0, 2), current_a=[0.0, 6.0, 16.5]),
    one(c.LimitGrid, evse=st.integers(0, 2), power_w=[0.0, 3_000.0]),
    one(
        c.PutToken,
        where=st.sampled_from(["list", "cache"]),
        token=TOKENS,
        group=["FLEET"],
        status=["blocked"],
    ),
    one(c.RemoveToken, where=st.sampled_from(["list", "cache"]), token=["CARD1"]),
    one(c.SetBehaviour, restart_failures=st.integers(0, 2)),
    one(c.SetBehaviour, unlock=["works", "fails"], reset=["works", "refused"]),
    one(c.SetClock, time=TIMES, source=["backend", "own"]),
    one(c.SetClock, speed=[0.5, 1.0, 60.0, 100_000.0], source=["backend", "own"]),
    one(c.AdvanceClock, seconds=st.sampled_from([0.5, 30.0, 900.0])),
)
LOSSES = st.one_of(
    one(c.GoOffline, how=["close", "reset", "silent", "refuse"], seconds=[45.0]),
    one(c.PowerOff),
    one(c.PowerCycle),
    one(c.PowerOn),
    one(LinkDown, why=st.sampled_from(["closed_by_backend", "lost", "ping_timeout"])),
    one(LinkFailed, why=st.just("refused")),
    one(HandlerUp),
    one(c.Provision, model=["Other"], online=[True, False]),
)
STARTS = st.sampled_from([None, None, None, None, None, NOON, NOON + timedelta(minutes=5), *EDGES])
SCHEDULES = st.builds(
    lambda start, unit, seconds, limits, phases: ChargingSchedule(
        start=start,
        duration_s=seconds,
        unit=unit,
        periods=tuple(
            SchedulePeriod(start_s=n * 60, limit=limit, phases=phases) for n, limit in enumerate(limits)
        ),
    ),
    start=STARTS,
    unit=st.sampled_from(["A", "W"]),
    seconds=st.sampled_from([None, 30, 86_400, 2**31 - 1, 0]),
    limits=st.lists(st.sampled_from([0.0, 0.1, 6.0, 16.0, 3_680.0, 1e9]), min_size=1, max_size=3),
    phases=st.sampled_from([None, 1, 3]),
)
PROFILES = st.builds(
    lambda schedule, often, once, **fields: ChargingProfile(
        kind="recurring" if often else once, recurrency=often, schedules=(schedule,), **fields
    ),
    schedule=SCHEDULES,
    often=st.sampled_from([None, None, "daily", "weekly"]),
    once=st.sampled_from(["absolute", "relative"]),
    id=st.integers(1, 3),
    stack_level=st.integers(0, 2),
    purpose=st.sampled_from(["station_max", "tx_default", "tx"]),
    valid_from=STARTS,
    valid_to=STARTS,
    transaction=st.sampled_from([None, "17"]),
)
LISTED = st.builds(r.ListedToken, token=TOKENS.map(lambda value: Token(value=value)), info=st.none() | INFOS)
WANTED = st.one_of(
    one(r.StartCharging, token=TOKENS.map(lambda value: Token(value=value)), place=PLACES, remote_start=[7]),
    one(r.StartCharging, token=st.just(Token(value="CARD1", kind="central"))),
    one(r.StopCharging, transaction=st.sampled_from(["17", "18", "running"])),
    one(r.SetAvailability, place=PLACES, operative=st.booleans()),
    one(r.Unlock, place=PLACES),
    one(r.Reset, when=st.sampled_from(["now", "idle"]), restart=st.sampled_from(["application", "hardware"])),
    one(r.Trigger, what=st.sampled_from(["boot", "beat", "status", "meter", "transaction", "firmware"])),
    one(r.Trigger, what=st.sampled_from(["status", "meter", "transaction"]), place=PLACES),
    one(
        r.WriteSettings,
        settings=st.builds(
            lambda name, value: (r.SettingToWrite(name=named(name), value=value),), name=NAMES, value=TEXTS
        ),
    ),
    one(r.ReadSettings),
    one(r.ListSettings, report=st.just(1), what=st.sampled_from(["configuration", "full", "summary"])),
    one(
        r.SetTokenList,
        version=st.integers(-1, 3),
        update=st.sampled_from(["full", "differential"]),
        entries=st.lists(LISTED, max_size=3).map(tuple),
    ),
    one(r.ReadTokenListVersion),
    one(
        r.Reserve,
        reservation=st.integers(1, 2),
        token=TOKENS.map(lambda value: Token(value=value)),
        until=st.just(NOON + timedelta(minutes=20)) | TIMES,
        evse=[1, 2, 3],
        group=[Token(value="FLEET")],
    ),
    one(r.CancelReservation, reservation=st.integers(1, 2)),
    one(r.ForgetTokens),
    one(r.PassData, vendor=st.just("com.acme")),
)
LIMITS = st.one_of(
    one(r.SetProfile, place=PLACES, profile=PROFILES),
    one(r.SetProfile, place=st.sampled_from([Place(), Place(evse=1)]), profile=PROFILES),
    one(r.SetProfile, place=st.sampled_from([Place(), Place(evse=1)]), profile=PROFILES),
    one(r.ClearProfiles, profile=[1], place=[Place(), Place(evse=1)], purpose=["tx"], stack_level=[0]),
    one(
        r.ComposeSchedule, place=PLACES, duration_s=st.sampled_from([-1, 0, 600, 2**31 - 1]), unit=["A", "W"]
    ),
)
OTHER_ENDS = st.one_of(
    one(o.Refused, kind=st.sampled_from(["failed", "unsupported", "security"]), code=st.just("SomeError")),
    one(o.Misanswered, rule=st.just("wrong"), field=["status"]),
    one(o.Misanswered, rule=st.just("wrong"), readable=st.just(o.TransactionAnswer(backend_name="17"))),
    one(o.Unanswered, timeout_s=st.just(30.0)),
    one(o.Sent),
    one(o.Unspoken),
    one(o.Unwritable, field=st.just("idTag"), rule=st.just("too long")),
)
Said = tuple[type[Any], dict[str, Any]]


def named(name: str) -> SettingName:
    """A setting of the catalogue as a request names it."""
    component, _, variable = name.partition(".")
    variable, _, instance = variable.partition("[")
    return SettingName(component=component, variable=variable, instance=instance.rstrip("]") or None)


def of_rules(rules: Rules | None) -> set[str]:
    """The commands that wait for an answer past the lanes, or for the release of a message."""
    if rules is None:
        return set()
    waiting = {waiting.command for waiting in rules.waiting}
    held = {held.command for held in rules.held if held.command}
    return {raw.command for raw in rules.raw.values()} | held | waiting


class AnyStory(RuleBasedStateMachine):
    """Commands, requests, outcomes, losses and time, in any order."""

    style = "three"

    @initialize(
        fixed=st.booleans(),
        evses=st.integers(1, 2),
        connectors=st.integers(1, 2),
        seconds=st.sampled_from(["0", "30", "900"]),
        attempts=st.sampled_from(["1", "2", "3"]),
        begins=st.sampled_from(["charging", "charging", "online", "offline"]),
    )
    def set_up(
        self, fixed: bool, evses: int, connectors: int, seconds: str, attempts: str, begins: str
    ) -> None:
        hardware = EvseConfiguration(connectors=(ConnectorConfiguration(fixed_cable=fixed),) * connectors)
        settings = {
            "ClockAlignedDataInterval": seconds,
            "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": attempts,
        }
        self.story = Watched(self.style, evses=(hardware,) * evses, settings=settings)
        self.configuration = self.story.cp.configuration
        if begins != "offline":
            self.story.online()
        if begins == "charging":
            self.come_to_charge(1, "CARD1", True, True)

    @property
    def flying(self) -> str | None:
        """The word on its way."""
        flight = self.story.cp.facts.lanes.in_flight
        return flight.word if flight else None

    # --- somebody touches it ---

    @rule(number=EVSES, token=TOKENS, cable_first=st.booleans(), heard=st.booleans())
    def come_to_charge(self, number: int, token: str, cable_first: bool, heard: bool) -> None:
        evse = min(number, len(self.story.cp.facts.evses))
        if cable_first:
            self.story.do(c.PlugIn, evse=evse)
        self.story.do(c.PresentToken, token=token, evse=evse)
        if heard:
            self.story.answer_all()
        if not cable_first:
            self.story.do(c.PlugIn, evse=evse)

    @rule(said=CABLES)
    def use(self, said: Said) -> None:
        self.story.do(said[0], **said[1])

    @rule(said=TOUCHES)
    def touch(self, said: Said) -> None:
        self.story.do(said[0], **said[1])

    # --- the wire ---

    @rule(settled=st.booleans())
    def come_online(self, settled: bool) -> None:
        facts = self.story.cp.facts
        if not facts.powered:
            self.story.do(c.PowerOn)
        if not self.story.cp.facts.link.wanted:
            self.story.do(c.GoOnline)
        if self.story.cp.facts.link.state == "connecting":
            self.story.link_up()
        if settled:
            self.story.answer_all()

    @rule(said=LOSSES)
    def lose(self, said: Said) -> None:
        kind, fields = said
        link = self.story.cp.facts.link
        if kind is c.Provision:
            self.story.do(kind, configuration=self.configuration.model_copy(update=fields))
        elif issubclass(kind, c.Command):
            self.story.do(kind, **fields)
        elif kind is HandlerUp:
            self.story.hear(HandlerUp(id="hu", owner="h2", manners=self.story.around.manners))
        elif kind is LinkFailed and link.state == "connecting":
            self.story.hear(LinkFailed(id="f", charge_point="CP001", order=link.order, **fields))
        elif kind is LinkDown and link.state == "up":
            self.story.hear(LinkDown(**self.story.fact(), **fields))

    @rule(missing=st.booleans())
    def the_wire_errs(self, missing: bool) -> None:
        """A fact of the link is missing; or one comes from a link, and about an action, of long ago."""
        story = self.story
        if story.cp.online and missing:
            story.backend_fact += 1
            story.hear(r.ForgetTokens(**story.fact(), message_id="b1"))
        elif story.cp.online:
            story.hear(o.Answered(**story.fact(), action="n-0", answer=o.Acknowledged()))
        old = {"charge_point": "CP001", "link": "h/0"}
        story.hear(LinkUp(id="old", order=story.cp.facts.link.order - 1, subprotocol=self.style, **old))
        story.hear(o.Sent(id="old", n=9, action="n-0", **old))

    @precondition(lambda self: self.flying is not None)
    @rule()
    def answer_all(self) -> None:
        self.story.answer_all()

    @precondition(lambda self: self.flying not in (None, "boot"))
    @rule(info=INFOS, name=st.sampled_from(["17", "18"]))
    def answer(self, info: TokenInfo, name: str) -> None:
        self.story.answer(info=info, name=name)

    @precondition(lambda self: self.flying in ("boot", "beat"))
    @rule(
        verdict=st.sampled_from(["accepted", "pending", "rejected"]),
        interval_s=st.sampled_from([-5, 0, 1, 300, 10**15]),
        now=st.none() | TIMES,
    )
    def answer_with_the_time(self, verdict: Any, interval_s: int, now: datetime | None) -> None:
        now = now or self.story.now
        boot = o.BootAnswer(verdict=verdict, now=now, interval_s=interval_s)
        self.story.outcome(o.Answered, answer=boot if self.flying == "boot" else o.BeatAnswer(now=now))

    @precondition(lambda self: self.flying is not None)
    @rule(said=OTHER_ENDS)
    def end_otherwise(self, said: Said) -> None:
        kind, fields = said
        if self.flying != "report_transaction":
            # the Handler reads an answer only as one to what was asked
            fields = {name: value for name, value in fields.items() if name != "readable"}
        self.story.outcome(kind, **fields)

    @precondition(lambda self: self.story.cp.online)
    @rule(said=WANTED)
    def want(self, said: Said) -> None:
        kind, fields = said
        if fields.get("transaction") == "running":
            running = [e.transaction.id for e in self.story.cp.facts.evses if e.transaction is not None]
            fields = {"transaction": running[0] if running else "none"}
        request = kind(**self.story.fact(), message_id="b1", **fields)
        decision = self.story.hear(request)
        replies = [word for word in decision.to_handler if isinstance(word, Reply)]
        assert [reply.request for reply in replies] == [request.id]
        assert decision.to_handler[0] is replies[0]

    @precondition(lambda self: self.story.cp.online)
    @rule(said=LIMITS)
    def limit(self, said: Said) -> None:
        self.want(said)

    # --- time ---

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
        asked |= of_rules(story.cp.rules)
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
        view = ChargePointView.model_validate_json(view_of(self.story.cp))
        assert view.queue.transactions == len(self.story.cp.facts.lanes.transactions)

    def nothing_is_overdue(self) -> None:
        due = next_due(self.story.cp)
        if due is not None and due <= self.story.now:
            self.story.wait(0)
            later = next_due(self.story.cp)
            assert later is None or later > self.story.now


class AnyStoryInAStreamOfEvents(AnyStory):
    """The same towards a backend that is told of sessions as a stream of events."""

    style = "stream"


class TestThreeMessages(AnyStory.TestCase):  # type: ignore[name-defined]
    settings = settings(
        max_examples=50,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


class TestStreamOfEvents(AnyStoryInAStreamOfEvents.TestCase):  # type: ignore[name-defined]
    settings = TestThreeMessages.settings
