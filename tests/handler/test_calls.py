"""Who owes whom an answer: OCPP-J 4.1.1, one open call per direction."""

import pytest
from vcp_handler.calls import MOST_OPEN, CallOpen, Calls, OurCall, Overrun


def test_an_answer_ends_the_call_that_it_names() -> None:
    calls = Calls()
    call = calls.open("a", "Heartbeat", now=100.0, timeout=30.0)
    assert call == OurCall("a", "Heartbeat", sent=100.0, deadline=130.0)
    assert calls.answered("a") == call
    assert not calls.ours


def test_a_second_call_of_ours_waits_for_the_first() -> None:
    calls = Calls()
    calls.open("a", "Heartbeat", now=0.0, timeout=30.0)
    with pytest.raises(CallOpen, match="StatusNotification while Heartbeat is unanswered"):
        calls.open("b", "StatusNotification", now=1.0, timeout=30.0)


def test_an_answer_to_nothing_is_told_for_what_it_is() -> None:
    calls = Calls()
    calls.open("a", "Heartbeat", now=0.0, timeout=30.0)
    assert calls.answered("x") == "unknown"
    calls.answered("a")
    assert calls.answered("a") == "duplicate"
    calls.open("b", "Heartbeat", now=40.0, timeout=30.0)
    assert calls.expired(now=70.0) is not None
    assert calls.answered("b") == "late"


def test_a_repeated_call_takes_its_answer_under_the_same_id() -> None:
    """Errata of 1.6 and 2.0.1: a retry may reuse its id."""
    calls = Calls()
    calls.open("a", "StopTransaction", now=0.0, timeout=30.0)
    calls.expired(now=30.0)
    again = calls.open("a", "StopTransaction", now=60.0, timeout=30.0)
    assert calls.answered("a") == again


def test_a_call_expires_at_its_deadline_and_not_before() -> None:
    calls = Calls()
    call = calls.open("a", "Heartbeat", now=0.0, timeout=30.0)
    assert calls.next_deadline() == 30.0
    assert calls.expired(now=29.9) is None
    assert calls.expired(now=30.0) == call
    assert calls.next_deadline() is None


def test_the_backend_calls_while_our_call_is_open() -> None:
    """Calls of both sides may cross."""
    calls = Calls()
    calls.open("1", "BootNotification", now=0.0, timeout=30.0)
    theirs = calls.arrived("1", "GetConfiguration", now=1.0, patience=20.0)
    assert not theirs.overlaps
    assert [call.id for call in calls.settle(theirs.number)] == ["1"]
    assert calls.ours


def test_a_second_call_before_our_answer_is_marked_and_answered_in_order() -> None:
    calls = Calls()
    first = calls.arrived("1", "Reset", now=0.0, patience=20.0)
    second = calls.arrived("2", "ClearCache", now=1.0, patience=20.0)
    assert (first.overlaps, second.overlaps) == (False, True)
    assert calls.settle(second.number) == []
    ready = calls.settle(first.number)
    assert ready == [first, second]


def test_a_backend_may_use_an_id_twice() -> None:
    calls = Calls()
    first = calls.arrived("1", "Reset", now=0.0, patience=20.0)
    second = calls.arrived("1", "Reset", now=0.0, patience=20.0)
    assert first.number != second.number
    calls.settle(first.number)
    assert calls.settle(second.number) == [second]


def test_a_call_is_answered_once() -> None:
    calls = Calls()
    call = calls.arrived("1", "Reset", now=0.0, patience=20.0)
    assert calls.waits_for(call.number)
    assert len(calls.settle(call.number)) == 1
    assert calls.settle(call.number) == []
    assert calls.settle(99) == []
    assert not calls.waits_for(call.number)


def test_silence_lets_the_next_answer_through() -> None:
    calls = Calls()
    first = calls.arrived("1", "Reset", now=0.0, patience=20.0)
    second = calls.arrived("2", "Reset", now=0.0, patience=20.0)
    calls.settle(second.number)
    assert calls.settle(first.number) == [first, second]


def test_an_answer_that_we_owe_too_long_is_overdue() -> None:
    calls = Calls()
    call = calls.arrived("1", "Reset", now=0.0, patience=20.0)
    assert calls.next_deadline() == 20.0
    assert calls.overdue(now=19.0) == []
    assert calls.overdue(now=20.0) == [call]


def test_a_backend_that_never_waits_is_stopped() -> None:
    calls = Calls()
    for number in range(MOST_OPEN):
        calls.arrived(str(number), "Reset", now=0.0, patience=20.0)
    with pytest.raises(Overrun):
        calls.arrived("one more", "Reset", now=0.0, patience=20.0)
