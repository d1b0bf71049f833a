"""Which call a fault hits, and what becomes of the answer."""

import orjson
import pytest
from vcp_backend.faults import (
    AT_THE_DOOR,
    SPOILERS,
    Close,
    Fault,
    Plan,
    Say,
    StopReading,
    Trouble,
    Wait,
    spoil,
)

ANSWER = Say(b'[3,"m1",{}]', answer=True)
SANE = Plan("m1", (ANSWER,))


def said(plan: Plan) -> list[object]:
    return [orjson.loads(step.text) for step in plan.steps if isinstance(step, Say)]


def hits(trouble: Trouble, *calls: tuple[str, str]) -> list[int]:
    return [len(trouble.hits(identity, action, {})) for identity, action in calls]


def test_a_fault_hits_its_action_of_its_charger_once() -> None:
    trouble = Trouble()
    armed = trouble.arm(Fault(do="never_answer", action="Authorize", identity="CP001"))
    calls = [("CP002", "Authorize"), ("CP001", "Heartbeat"), ("CP001", "Authorize"), ("CP001", "Authorize")]
    assert hits(trouble, *calls) == [0, 0, 1, 0]
    assert (armed.hits, armed.spent, trouble.armed) == (1, True, [])


def test_a_fault_can_begin_at_the_second_call_and_last_for_two() -> None:
    trouble = Trouble()
    trouble.arm(Fault(do="never_answer", nth=2, times=2))
    assert hits(trouble, *[("CP001", "Heartbeat")] * 5) == [0, 1, 1, 0, 0]


def test_a_fault_for_ever_is_never_spent() -> None:
    trouble = Trouble()
    armed = trouble.arm(Fault(do="slow", times=None))
    assert hits(trouble, *[("CP001", "Heartbeat")] * 3) == [1, 1, 1]
    assert not armed.spent


def test_a_fault_can_look_at_the_payload() -> None:
    trouble = Trouble()
    trouble.arm(Fault(do="never_answer", when=lambda payload: payload.get("eventType") == "Ended"))
    assert not trouble.hits("CP001", "TransactionEvent", {"eventType": "Started"})
    assert trouble.hits("CP001", "TransactionEvent", {"eventType": "Ended"})


def test_handshakes_and_calls_have_their_own_faults() -> None:
    trouble = Trouble()
    trouble.arm(Fault(do="http_status"))
    assert not trouble.hits("CP001", "Heartbeat", {})
    assert trouble.hits("CP001", None, {})
    assert set(SPOILERS).isdisjoint(AT_THE_DOOR)


@pytest.mark.parametrize(
    ("fault", "texts"),
    [
        (Fault(do="never_answer"), []),
        (Fault(do="answer_twice"), [[3, "m1", {}], [3, "m1", {}]]),
        (Fault(do="answer_garbage"), [[3, "m1", {"nonsense": 17}]]),
        (Fault(do="answer_garbage", payload=[]), [[3, "m1", []]]),
        (Fault(do="call_error", code="SecurityError"), [[4, "m1", "SecurityError", "as ordered", {}]]),
        (Fault(do="wrong_id"), [[3, "not-m1", {}]]),
        (Fault(do="oversized", size=3), [[3, "m1", {"filler": "xxx"}]]),
        (Fault(do="stray_result"), [[3, "stray-m1", {}], [3, "m1", {}]]),
        (Fault(do="unknown_action"), [[2, "unknown-m1", "BrewCoffee", {"cups": 1}], [3, "m1", {}]]),
        (Fault(do="unknown_message_type"), [[9, "type9-m1", {}], [3, "m1", {}]]),
    ],
    ids=lambda value: value.do if isinstance(value, Fault) else "",
)
def test_what_is_said_instead(fault: Fault, texts: list[object]) -> None:
    assert said(spoil(SANE, fault)) == texts


@pytest.mark.parametrize(
    ("fault", "steps"),
    [
        (Fault(do="answer_late", after_s=2), (Wait(2), ANSWER)),
        (Fault(do="slow", after_s=2), (Wait(2, alone=True), ANSWER)),
        (Fault(do="close_before_answer"), (Close(None),)),
        (Fault(do="close_after_answer", code=1012), (ANSWER, Close(1012))),
        (Fault(do="stop_reading"), (StopReading(),)),
        (Fault(do="malformed_json"), (Say(b'[3,"m1",{"status":', answer=True),)),
    ],
    ids=lambda value: value.do if isinstance(value, Fault) else "",
)
def test_what_is_done_instead(fault: Fault, steps: tuple[object, ...]) -> None:
    assert spoil(SANE, fault).steps == steps


def test_faults_add_up_in_the_order_in_which_they_were_armed() -> None:
    plan = SANE
    for fault in (Fault(do="call_error"), Fault(do="answer_twice"), Fault(do="answer_late", after_s=1)):
        plan = spoil(plan, fault)
    error = Say(b'[4,"m1","InternalError","as ordered",{}]', answer=True)
    assert plan.steps == (Wait(1), error, error)


def test_ids_that_are_made_up_stay_within_36_characters() -> None:
    long = Plan("x" * 36, (Say(b"[]", answer=True),))
    for do in ("wrong_id", "stray_result", "unknown_action", "unknown_message_type"):
        assert all(len(message[1]) <= 36 for message in said(spoil(long, Fault(do=do))) if message)
