"""Whatever a backend sends, in any order: the charger answers what it must, once, breaks in no way, and goes on working.

Set VCP_FUZZ_SECONDS to look further, with other examples at each run.
"""

import os
import time
from collections import Counter

import orjson
import pytest
from both_gates.any_text import owed, texts
from both_gates.wired import Wired
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from vcp_contracts import commands as c

SECONDS = float(os.environ.get("VCP_FUZZ_SECONDS", "0"))
QUICK = settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))

BEAT = {
    "ocpp1.6": '[2,"last","TriggerMessage",{"requestedMessage":"Heartbeat"}]',
    "ocpp2.0.1": '[2,"last","TriggerMessage",{"requestedMessage":"Heartbeat"}]',
}


def tell(subprotocol: str, charging: bool, said: list[str | bytes]) -> None:
    """A backend's words, one after the other, and what must come of them."""
    wired = Wired(subprotocol, kept=False, evses=({}, {}), settings={"HeartbeatInterval": "0"})
    if charging:
        wired.do(c.PlugIn)
        wired.do(c.PresentToken, token="CARD1")
    owing: Counter[tuple[str, str]] = Counter()
    answered: Counter[tuple[str, str]] = Counter()
    unclear = sum(owed(text) is None for text in said)
    for text in said:
        if wired.link is None:
            wired.wait(2)
        if wired.link is None:
            break
        link = wired.link.id
        message_id = owed(text)
        sent = wired.says(text)
        if message_id is not None:
            owing[link, message_id] += 1
        count(answered, link, sent)
    link = wired.link.id if wired.link is not None else ""
    wired.wait(25)
    count(answered, link, wired.heard())
    for (on, message_id), times in owing.items():
        # a link that has gone took what was owed on it along
        if wired.link is not None and on == wired.link.id:
            # what owes nothing may be answered too, as far as its id can be read
            assert times <= answered[on, message_id] <= times + unclear, (message_id, times, answered)
    works(wired, subprotocol)


def count(answered: Counter[tuple[str, str]], link: str, sent: list[str]) -> None:
    for frame in map(orjson.loads, sent):
        if frame[0] != 2:
            answered[link, frame[1]] += 1


def works(wired: Wired, subprotocol: str) -> None:
    """It still does what it is asked, all that can be seen of it is valid, and it never wanted to say anything invalid."""
    wired.wait(60)
    wired.heard()
    assert wired.says(BEAT[subprotocol]) == ['[3,"last",{"status":"Accepted"}]', '[2,"#","Heartbeat",{}]']
    assert wired.view.queue.transactions < 100
    assert wired.seen("self_violation") == []


@pytest.mark.parametrize("subprotocol", sorted(BEAT))
def test_any_texts_are_answered_once_where_they_must_be(subprotocol: str):
    @QUICK
    @given(charging=st.booleans(), said=st.lists(texts(subprotocol), min_size=1, max_size=6))
    def any_texts(charging: bool, said: list[str | bytes]) -> None:
        tell(subprotocol, charging, said)

    any_texts()


@pytest.mark.skipif(SECONDS == 0, reason="VCP_FUZZ_SECONDS is not set")
@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.parametrize("subprotocol", sorted(BEAT))
def test_any_texts_for_as_long_as_is_asked(subprotocol: str):
    until = time.monotonic() + SECONDS
    number = int(time.time())
    while time.monotonic() < until:
        number += 1

        @seed(number)
        @LONG
        @given(charging=st.booleans(), said=st.lists(texts(subprotocol), min_size=1, max_size=8))
        def any_texts(charging: bool, said: list[str | bytes]) -> None:
            tell(subprotocol, charging, said)

        any_texts()
