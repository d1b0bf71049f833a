"""Whatever opens and closes a charger, in whatever order: a session begins only where nothing is in its way, each says
why it does not, and the status words say no other."""

from typing import Any

from abstraction.story import NOON
from abstraction.watched import Watched
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from vcp_abstraction import session_guard, status
from vcp_contracts import commands as c
from vcp_contracts import outcomes as o
from vcp_contracts import requests as r
from vcp_contracts.chores import ChoreFailed, FileFetched
from vcp_contracts.configuration import ConnectorConfiguration, EvseConfiguration
from vcp_contracts.values import Place, Token, TokenInfo

EVSES = st.integers(1, 2)
CARDS = st.sampled_from(["CARD1", "CARD2"])
PLACES = st.builds(Place, evse=st.integers(0, 2), connector=st.none() | st.just(1))
HARDWARE = (EvseConfiguration(), EvseConfiguration(connectors=(ConnectorConfiguration(),) * 2))
FILE = FileFetched(size=1, sha256="0" * 64)


class AnyOpening(RuleBasedStateMachine):
    """Resets, availability, faults, updates, losses; and people who want to charge meanwhile."""

    style = "three"

    @initialize(
        start=st.sampled_from(["EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer"]),
        stop=st.sampled_from(["EVConnected", "Authorized"]),
        asks=st.booleans(),
        early=st.booleans(),
    )
    def set_up(self, start: str, stop: str, asks: bool, early: bool) -> None:
        keys = {
            "TxCtrlr.TxStartPoint": start,
            "TxCtrlr.TxStopPoint": stop,
            "LocalPreAuthorize": "false" if asks else "true",
            "LocalAuthorizeOffline": "true",
            "TxCtrlr.TxBeforeAcceptedEnabled": "true" if early else "false",
            "FreeToken": "FREE",
        }
        self.story = Watched(self.style, evses=HARDWARE, settings=keys)
        self.story.do(c.PutToken, token="CARD1", status="accepted", where="cache")
        if not early:
            self.story.online()

    # --- people ---

    @rule(card=CARDS, evse=EVSES)
    def present(self, card: str, evse: int) -> None:
        self.story.do(c.PresentToken, token=card, evse=evse)

    @rule(evse=EVSES, connector=st.integers(1, 2), out=st.booleans())
    def cable(self, evse: int, connector: int, out: bool) -> None:
        self.story.do(c.Unplug if out else c.PlugIn, evse=evse, connector=connector)

    @rule(evse=EVSES, press=st.sampled_from([c.PressStart, c.PressStop]))
    def button(self, evse: int, press: Any) -> None:
        self.story.do(press, evse=evse)

    @rule(evse=EVSES, ready=st.booleans())
    def car(self, evse: int, ready: bool) -> None:
        self.story.do(c.SetEv, evse=evse, ready=ready)

    # --- what opens and closes ---

    @precondition(lambda self: self.story.cp.online)
    @rule(when=st.sampled_from(["now", "idle"]))
    def reset(self, when: Any) -> None:
        self.story.request(r.Reset, when=when, restart="application")

    @rule(failures=st.integers(0, 2), reset=st.sampled_from(["works", "refused"]))
    def behave(self, failures: int, reset: Any) -> None:
        self.story.do(c.SetBehaviour, restart_failures=failures, reset=reset)

    @precondition(lambda self: self.story.cp.online)
    @rule(place=PLACES, operative=st.booleans())
    def availability(self, place: Place, operative: bool) -> None:
        self.story.request(r.SetAvailability, place=place, operative=operative)

    @rule(evse=st.integers(0, 2), mended=st.booleans())
    def fault(self, evse: int, mended: bool) -> None:
        self.story.do(c.ClearFault if mended else c.RaiseFault, evse=evse, connector=1 if evse else None)

    @precondition(lambda self: self.story.cp.online)
    @rule()
    def update(self) -> None:
        self.story.request(
            r.UpdateFirmware, location="https://files/fw-2.bin", request_id=1, retrieve_at=NOON
        )

    @precondition(lambda self: self.story.cp.facts.chores)
    @rule(good=st.booleans())
    def file(self, good: bool) -> None:
        result = FILE if good else ChoreFailed(why="unreachable", detail="")
        kept = next(iter(self.story.cp.facts.chores.values()))
        self.story.worked(result, kept.order)

    @precondition(lambda self: self.story.cp.online)
    @rule(card=CARDS, place=st.none() | st.builds(Place, evse=EVSES))
    def remote_start(self, card: str, place: Place | None) -> None:
        self.story.request(r.StartCharging, token=Token(value=card), place=place, remote_start=1)

    # --- the wire and time ---

    @precondition(lambda self: self.story.cp.facts.lanes.in_flight is not None)
    @rule(verdict=st.sampled_from(["accepted", "accepted", "accepted", "pending", "rejected"]))
    def answer(self, verdict: str) -> None:
        flying = self.story.cp.facts.lanes.in_flight.word
        if flying == "boot":
            self.story.answer(verdict=verdict)
        elif flying == "authorize":
            self.story.answer(info=TokenInfo(status="accepted" if verdict == "accepted" else "blocked"))
        else:
            self.story.answer()

    @precondition(lambda self: self.story.cp.facts.lanes.in_flight is not None)
    @rule()
    def no_answer(self) -> None:
        self.story.outcome(o.Unanswered, timeout_s=30)

    @rule()
    def answer_all(self) -> None:
        self.story.answer_all()

    @rule(kind=st.sampled_from([c.GoOffline, c.PowerOff, c.PowerCycle, c.PowerOn]))
    def go_away(self, kind: type[c.Command]) -> None:
        self.story.do(kind)

    @precondition(lambda self: not self.story.cp.online)
    @rule(settled=st.booleans())
    def come_back(self, settled: bool) -> None:
        if not self.story.cp.facts.powered:
            self.story.do(c.PowerOn)
        self.story.do(c.GoOnline)
        if self.story.cp.facts.link.state == "connecting":
            self.story.link_up()
        if settled:
            self.story.answer_all()

    @rule(seconds=st.sampled_from([1, 10, 61, 600]))
    def wait(self, seconds: int) -> None:
        self.story.wait(seconds)

    # --- what holds at any time, beside what is held at every step ---

    @invariant()
    def who_has_not_begun_is_gone_while_a_restart_is_to_come(self) -> None:
        for evse in self.story.cp.facts.evses:
            if self.story.cp.facts.restart is not None and evse.transaction is None:
                assert evse.authorization is None
                assert evse.awaiting is None

    @invariant()
    def the_words_agree_with_the_guard(self) -> None:
        """Told available or reserved: out of service it is not. Told unavailable: nobody can begin there."""
        cp = self.story.cp
        cp.around = self.story.around
        for evse in cp.facts.evses:
            found = session_guard.obstacle(cp, evse)
            shown = [status.coarse_status(cp, evse, connector) for connector in evse.connectors]
            if evse.transaction is None and set(shown) == {"unavailable"}:
                assert found is not None
            if found is not None and found.word in ("out_of_service", "updating") and evse.connected is None:
                assert set(shown) <= {"unavailable", "faulted"}


class InAStreamOfEvents(AnyOpening):
    """The same, told as a stream of events."""

    style = "stream"


BOUNDS = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyOpening = AnyOpening.TestCase
TestAnyOpening.settings = BOUNDS
TestInAStreamOfEvents = InAStreamOfEvents.TestCase
TestInAStreamOfEvents.settings = BOUNDS
