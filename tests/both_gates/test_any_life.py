"""Whatever happens on either side of the wire, in any order, and what must hold all the same: real frames, both gates.

Set VCP_FUZZ_SECONDS to look further, with other lives at each run.
"""

import os
import time
from datetime import timedelta
from typing import Any

import orjson
import pytest
from both_gates.any_text import FOLDERS, calls, owed, texts
from both_gates.wired import OWN, Answer, Wired, broken, refusing
from handler.dialects.payloads import payloads
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from vcp_backend import ledger
from vcp_contracts import commands as c
from vcp_contracts.chores import ChainChecked, ChoreFailed, FileFetched, FileStored, KeyMade

SECONDS = float(os.environ.get("VCP_FUZZ_SECONDS", "0"))
QUICK = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(QUICK, max_examples=60, stateful_step_count=60, derandomize=False, database=None)

EVSE = st.integers(1, 2)
CARD = st.sampled_from(["CARD1", "CARD2"])
TOUCHES = st.one_of(
    st.tuples(st.just(c.PlugIn), st.fixed_dictionaries({"evse": EVSE})),
    st.tuples(st.just(c.Unplug), st.fixed_dictionaries({"evse": EVSE}, optional={"end": st.just("ev")})),
    st.tuples(st.just(c.PresentToken), st.fixed_dictionaries({"token": CARD, "evse": EVSE})),
    st.tuples(st.just(c.PressStop), st.fixed_dictionaries({"evse": EVSE})),
    st.tuples(
        st.just(c.RaiseFault), st.fixed_dictionaries({"evse": EVSE, "kind": st.just("ground_failure")})
    ),
    st.tuples(st.just(c.ClearFault), st.fixed_dictionaries({"evse": EVSE})),
    st.tuples(
        st.just(c.SetEv),
        st.fixed_dictionaries({"evse": EVSE, "power_w": st.sampled_from([0.0, 3_680.0, 1e6])}),
    ),
    st.tuples(st.just(c.GoOffline), st.just({"seconds": 20.0})),
    st.tuples(st.just(c.PowerCycle), st.just({})),
    st.tuples(st.just(c.PressEmergency), st.just({})),
    st.tuples(st.just(c.MeterNow), st.fixed_dictionaries({"evse": EVSE})),
    st.tuples(st.just(c.SendData), st.just({"vendor": "com.acme", "content": [1]})),
    st.tuples(
        st.just(c.AdvanceClock), st.fixed_dictionaries({"seconds": st.sampled_from([1.0, 60.0, 3600.0])})
    ),
)


NO_LETTERS = [f'[3,"{OWN}"]', f'[3,"{OWN}",[]]', f'[4,"{OWN}","GenericError"]']
"""Frames that name the call and are no proper answers: to the charger its end, to the auditor nothing."""

MOODS = st.sampled_from(
    [
        None,
        broken("{}"),
        broken('{"status":"Fine","idTagInfo":{"status":"Accepted"},"transactionId":"x"}'),
        refusing("InternalError"),
        refusing("NotImplemented"),
        refusing("SecurityError"),
        *NO_LETTERS,
        lambda _: {"status": "Pending", "currentTime": "2026-06-01T12:00:00Z", "interval": 10},
        lambda _: {"status": "Rejected", "currentTime": "2026-06-01T12:00:00Z", "interval": 0},
        lambda _: {"idTagInfo": {"status": "Blocked"}, "transactionId": 3},
        lambda _: {"idTokenInfo": {"status": "Invalid"}},
    ]
)
RESULTS = (
    FileFetched(size=3, sha256="ab" * 32, signature_good=True),
    FileStored(size=3),
    ChainChecked(good=True),
    ChainChecked(good=False),
    KeyMade(csr="-----BEGIN CERTIFICATE REQUEST-----", public_key="ab" * 32),
    ChoreFailed(why="unreachable"),
)
WHAT_FITS = {"fetch_file": (0, 5), "store_file": (1, 5), "check_chain": (2, 3, 5), "make_key": (4, 5)}


ANSWERED = {
    "ocpp1.6": [
        "BootNotification",
        "Heartbeat",
        "Authorize",
        "StartTransaction",
        "StopTransaction",
        "DataTransfer",
    ],
    "ocpp2.0.1": ["BootNotification", "Heartbeat", "Authorize", "TransactionEvent", "DataTransfer"],
}
"""The calls whose answers say something."""


def _always(payload: dict[str, Any]) -> Answer:
    return lambda _: payload


class AnyLife(RuleBasedStateMachine):
    """One charger of 1.6 and its backend."""

    subprotocol = "ocpp1.6"

    @initialize(
        charging=st.booleans(), seconds=st.sampled_from(["0", "30"]), retries=st.sampled_from(["1", "3"])
    )
    def begin(self, charging: bool, seconds: str, retries: str) -> None:
        self.owed: dict[tuple[str, str], int] = {}
        self.unclear = 0
        self.sloppy = False
        self.registers = [0.0, 0.0]
        self.wired = Wired(
            self.subprotocol,
            kept=False,
            evses=({}, {}),
            settings={
                "ClockAlignedDataInterval": seconds,
                "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": retries,
                "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "5",
            },
        )
        if charging:
            self.wired.do(c.PlugIn)
            self.wired.do(c.PresentToken, token="CARD1")

    @rule(touch=TOUCHES)
    def touch(self, touch: tuple[Any, dict[str, Any]]) -> None:
        self.wired.do(touch[0], **touch[1])

    @precondition(lambda self: self.wired.link is not None)
    @rule(data=st.data(), good=st.booleans())
    def call(self, data: st.DataObject, good: bool) -> None:
        if good:
            text: str | bytes = orjson.dumps(data.draw(calls(self.subprotocol))).decode()
        else:
            text = data.draw(texts(self.subprotocol))
        message_id = owed(text)
        if message_id is None:
            self.unclear += 1
        elif self.wired.cp.registered:
            key = self.wired.link.id, message_id
            self.owed[key] = self.owed.get(key, 0) + 1
        else:
            self.unclear += 1
        self.wired.says(text)

    @rule(mood=MOODS, every=st.booleans())
    def turn(self, mood: Any, every: bool) -> None:
        """The backend answers otherwise from now on; for the boot it does at times only."""
        self.wired.answers = {"*": (lambda _: mood) if isinstance(mood, str) else mood}
        self.sloppy |= mood in NO_LETTERS
        if not every:
            self.wired.answers["BootNotification"] = self.wired.well("BootNotification")

    @rule(data=st.data())
    def turn_strange(self, data: st.DataObject) -> None:
        """The backend answers whatever the schemas allow."""
        folder, _ = FOLDERS[self.subprotocol]
        for action in data.draw(st.lists(st.sampled_from(ANSWERED[self.subprotocol]), max_size=3)):
            self.wired.answers[action] = _always(data.draw(payloads(folder, f"{action}Response")))

    @rule()
    def turn_good(self) -> None:
        self.wired.answers = {}

    @precondition(lambda self: self.wired.link is not None and self.wired.calls)
    @rule(back=st.integers(1, 3), payload=st.sampled_from(["{}", '{"status":"Accepted"}']))
    def answer_again_or_late(self, back: int, payload: str) -> None:
        message_id = self.wired.calls[-min(back, len(self.wired.calls))][1]
        self.wired.says(f'[3,"{message_id}",{payload}]')

    @rule(why=st.sampled_from(["lost", "closed_by_backend", "ping_timeout"]))
    def lose(self, why: str) -> None:
        self.wired.lose(why)

    @rule()
    def back(self) -> None:
        self.wired.back()

    @precondition(lambda self: self.wired.unfinished_chores())
    @rule(data=st.data())
    def work(self, data: st.DataObject) -> None:
        chore = data.draw(st.sampled_from(self.wired.unfinished_chores()))
        self.wired.worked(RESULTS[data.draw(st.sampled_from(WHAT_FITS[chore.type]))], chore)

    @rule(seconds=st.sampled_from([0.5, 5.0, 31.0, 61.0, 300.0]))
    def wait(self, seconds: float) -> None:
        self.wired.wait(seconds)

    # --- what must always hold ----------------------------------------------------------------------------------------

    @invariant()
    def all_is_well(self) -> None:
        wired = self.wired
        for at, evse in enumerate(wired.cp.facts.evses):
            assert evse.register_wh >= self.registers[at]
            self.registers[at] = evse.register_wh
        assert wired.view.queue.transactions <= 1_000
        assert len(wired.cp.facts.lanes.express) <= 1_000
        assert wired.seen("self_violation") == []
        assert not wired.cp.facts.quarantined

    def teardown(self) -> None:
        if not hasattr(self, "wired"):
            return
        wired = self.wired
        # what waits for a chore gets its answer in time
        wired.wait(25)
        self.every_call_was_answered()
        frames = wired.wire
        assert ledger.equal_id_equal_payload(frames) == []
        assert ledger.answers_at_most_once_on_own_socket(frames) == []
        if not self.sloppy:
            assert ledger.open_calls_never_exceed_one(frames, given_up_after=timedelta(seconds=30)) == []
        twin = wired.lived_again()
        assert twin.facts == wired.cp.facts
        assert twin.queue == wired.cp.queue
        assert twin.settings == wired.cp.settings

    def every_call_was_answered(self) -> None:
        answered: dict[str, int] = {}
        for frame in self.wired.wire:
            parts = orjson.loads(frame.text) if frame.direction == "in" else [2]
            if parts[0] != 2:
                key = f"h.{frame.socket_number} {parts[1]}"
                answered[key] = answered.get(key, 0) + 1
        for (link, message_id), times in self.owed.items():
            if self.wired.link is not None and link == self.wired.link.id:
                assert times <= answered.get(f"{link} {message_id}", 0) <= times + self.unclear


class AnyLifeIn201(AnyLife):
    """The same in 2.0.1."""

    subprotocol = "ocpp2.0.1"


LIVES = [AnyLife, AnyLifeIn201]


class TestIn16(AnyLife.TestCase):  # type: ignore[name-defined]
    settings = QUICK


class TestIn201(AnyLifeIn201.TestCase):  # type: ignore[name-defined]
    settings = QUICK


@pytest.mark.skipif(SECONDS == 0, reason="VCP_FUZZ_SECONDS is not set")
@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.parametrize("life", LIVES)
def test_any_life_for_as_long_as_is_asked(life: type[AnyLife]):
    until = time.monotonic() + SECONDS
    number = int(time.time())
    while time.monotonic() < until:
        number += 1
        seeded = seed(number)(type(life.__name__, (life,), {}))
        run_state_machine_as_test(seeded, settings=LONG)
