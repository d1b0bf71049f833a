"""Whoever comes in whatever order: what is kept free for one is used by no other, and lists are whole or as before."""

from datetime import timedelta
from typing import Any

from abstraction.watched import Watched
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from vcp_abstraction import reservations
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import ConnectorConfiguration, EvseConfiguration
from vcp_contracts.values import Place, Token, TokenInfo

EVSES = st.integers(1, 3)
CARDS = st.sampled_from(["CARD1", "CARD2", "CARD3"])
GROUPS = st.none() | st.sampled_from([Token(value="FLEET"), Token(value="CLUB")])
VERDICTS = st.builds(
    TokenInfo, status=st.sampled_from(["accepted", "accepted", "accepted", "blocked"]), group=GROUPS
)
ENTRIES = st.lists(
    st.builds(r.ListedToken, token=CARDS.map(lambda card: Token(value=card)), info=st.none() | VERDICTS),
    max_size=3,
).map(tuple)
HARDWARE = (
    EvseConfiguration(),
    EvseConfiguration(connectors=(ConnectorConfiguration(type="cCCS2", fixed_cable=True),)),
    EvseConfiguration(connectors=(ConnectorConfiguration(), ConnectorConfiguration(type="cCCS2"))),
)


class AnyReservations(RuleBasedStateMachine):
    """Reservations, lists, cards, cables, faults, losses and time, in any order."""

    style = "three"

    @initialize(duration=st.sampled_from(["0", "0", "5"]), sure=st.sampled_from(["true", "false"]))
    def set_up(self, duration: str, sure: str) -> None:
        keys = {"MinimumStatusDuration": duration, "LocalPreAuthorize": sure, "LocalAuthListMaxLength": "2"}
        self.story = Watched(self.style, evses=HARDWARE, settings=keys)
        self.story.online()

    def request(self, kind: type[r.Request], **fields: Any) -> Any:
        return self.story.request(kind, **fields)

    @precondition(lambda self: self.story.cp.online)
    @rule(
        number=st.integers(1, 4),
        evse=st.none() | EVSES,
        kind=st.sampled_from([None, None, "cCCS2"]),
        card=CARDS,
        group=GROUPS,
        minutes=st.sampled_from([-1, 1, 30, 30]),
    )
    def reserve(
        self, number: int, evse: int | None, kind: Any, card: str, group: Token | None, minutes: int
    ) -> None:
        before = list(self.story.cp.facts.reservations)
        reply = self.request(
            r.Reserve,
            reservation=number,
            evse=evse,
            connector_type=kind,
            token=Token(value=card),
            group=group,
            until=self.story.cp.now + timedelta(minutes=minutes),
        )
        if reply.result == "accepted":
            assert number in [kept.id for kept in self.story.cp.facts.reservations]
        else:
            assert self.story.cp.facts.reservations == before

    @precondition(lambda self: self.story.cp.online)
    @rule(nth=st.integers(0, 3), stranger=st.booleans())
    def cancel(self, nth: int, stranger: bool) -> None:
        known = [kept.id for kept in self.story.cp.facts.reservations]
        number = known[nth % len(known)] if known and not stranger else 99
        reply = self.request(r.CancelReservation, reservation=number)
        assert reply.result == ("accepted" if number in known else "rejected")

    @precondition(lambda self: self.story.cp.facts.reservations)
    @rule(nth=st.integers(0, 3), evse=st.none() | EVSES, plugs=st.booleans())
    def the_one_who_is_expected_comes(self, nth: int, evse: int | None, plugs: bool) -> None:
        kept = self.story.cp.facts.reservations
        wish = kept[nth % len(kept)]
        self.story.do(c.PresentToken, token=wish.token.value, evse=evse or wish.evse)
        self.story.answer_all()
        if plugs and wish.evse is not None:
            self.story.do(c.PlugIn, evse=wish.evse)

    @precondition(lambda self: self.story.cp.online)
    @rule(version=st.integers(-1, 5), update=st.sampled_from(["full", "differential"]), entries=ENTRIES)
    def set_list(self, version: int, update: Any, entries: tuple[r.ListedToken, ...]) -> None:
        before = self.story.cp.token_list.model_copy(deep=True)
        reply = self.request(r.SetTokenList, version=version, update=update, entries=entries)
        now = self.story.cp.token_list
        assert len(now.entries) <= 2
        assert now.version == version if reply.result == "accepted" else now == before

    @rule(card=CARDS, evse=st.none() | EVSES)
    def present(self, card: str, evse: int | None) -> None:
        self.story.do(c.PresentToken, token=card, evse=evse)

    @precondition(lambda self: self.story.cp.online)
    @rule(card=CARDS, place=st.none() | st.builds(Place, evse=EVSES), group=GROUPS)
    def start(self, card: str, place: Place | None, group: Token | None) -> None:
        self.request(r.StartCharging, token=Token(value=card), place=place, group=group)

    @rule(evse=EVSES, out=st.booleans())
    def cable(self, evse: int, out: bool) -> None:
        self.story.do(c.Unplug if out else c.PlugIn, evse=evse)

    @rule(evse=EVSES, mended=st.booleans())
    def fault(self, evse: int, mended: bool) -> None:
        kind = c.ClearFault if mended else c.RaiseFault
        self.story.do(kind, evse=evse, connector=1)

    @precondition(lambda self: self.story.cp.online)
    @rule(evse=st.integers(0, 3), operative=st.booleans())
    def availability(self, evse: int, operative: bool) -> None:
        self.request(r.SetAvailability, place=Place(evse=evse), operative=operative)

    @precondition(lambda self: self.story.cp.facts.lanes.in_flight is not None)
    @rule(info=VERDICTS)
    def answer(self, info: TokenInfo) -> None:
        flying = self.story.cp.facts.lanes.in_flight.word
        self.story.answer(**({"info": info} if flying in ("authorize", "report_transaction") else {}))

    @rule()
    def answer_all(self) -> None:
        self.story.answer_all()

    @precondition(lambda self: self.story.cp.online)
    @rule(kind=st.sampled_from([c.GoOffline, c.PowerCycle]))
    def go_away(self, kind: type[c.Command]) -> None:
        self.story.do(kind)

    @precondition(lambda self: not self.story.cp.online)
    @rule()
    def come_back(self) -> None:
        self.story.do(c.GoOnline)
        if self.story.cp.facts.link.state == "connecting":
            self.story.link_up()
            self.story.answer_all()

    @rule(seconds=st.sampled_from([1, 5, 59, 600]))
    def wait(self, seconds: int) -> None:
        self.story.wait(seconds)

    # --- what holds at any time ---

    @invariant()
    def what_is_kept_for_one_is_used_by_no_other(self) -> None:
        facts = self.story.cp.facts
        for wish in reservations.unused(facts):
            if wish.evse is not None:
                evse = facts.evses[wish.evse - 1]
                assert evse.authorization is None
                assert evse.transaction is None

    @invariant()
    def each_number_is_there_once_and_ahead_of_its_end(self) -> None:
        facts = self.story.cp.facts
        numbers = [kept.id for kept in facts.reservations]
        assert len(set(numbers)) == len(numbers) <= len(facts.evses)
        if facts.powered:
            assert all(wish.until > self.story.cp.now for wish in reservations.unused(facts))

    @invariant()
    def the_word_reserved_means_that_a_stranger_is_refused(self) -> None:
        story = self.story
        for evse in story.cp.facts.evses:
            if story.cp.facts.observed[f"{evse.id}.0"].startswith("reserved"):
                assert reservations.unused(story.cp.facts)
                assert evse.authorization is None


class InAStreamOfEvents(AnyReservations):
    """The same, told as a stream of events."""

    style = "stream"

    @invariant()
    def the_word_reserved_means_that_a_stranger_is_refused(self) -> None:
        """Told per connector there."""
        for evse in self.story.cp.facts.evses:
            if self.story.cp.facts.observed[f"{evse.id}.1"].startswith("reserved"):
                assert evse.authorization is None


BOUNDS = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyReservations = AnyReservations.TestCase
TestAnyReservations.settings = BOUNDS
TestInAStreamOfEvents = InAStreamOfEvents.TestCase
TestInAStreamOfEvents.settings = BOUNDS
