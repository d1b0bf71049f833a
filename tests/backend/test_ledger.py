"""Each rule of the auditor, with a record that keeps it and records that must be caught."""

from datetime import UTC, datetime, timedelta

import orjson
from vcp_backend import ledger
from vcp_backend.frames import Frame

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = {"connectorId": 1, "idTag": "AABB", "meterStart": 100, "timestamp": "2026-03-01T12:00:00Z"}
STOP = {"transactionId": 1, "meterStop": 300, "timestamp": "2026-03-01T13:00:00Z"}


class Wire:
    """Writes frames down, a second apart."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def add(self, direction: str, message: object, socket: int = 1, identity: str = "CP001") -> "Wire":
        text = message if isinstance(message, str) else orjson.dumps(message).decode()
        seq = len(self.frames) + 1
        at = NOON + timedelta(seconds=seq)
        self.frames.append(Frame(seq, socket, identity, "ocpp1.6", direction, text, at))
        return self

    def came(self, *message: object, socket: int = 1, identity: str = "CP001") -> "Wire":
        return self.add("in", message, socket, identity)

    def went(self, *message: object, socket: int = 1) -> "Wire":
        return self.add("out", message, socket)


def started(number: int = 1, message_id: str = "s1") -> Wire:
    return (
        Wire()
        .came(2, message_id, "StartTransaction", START)
        .went(3, message_id, {"transactionId": number, "idTagInfo": {"status": "Accepted"}})
    )


def event(seq_no: int, kind: str, **more: object) -> dict[str, object]:
    return {"eventType": kind, "seqNo": seq_no, "transactionInfo": {"transactionId": "T1"}, **more}


def sample(at: str, value: object, **more: object) -> dict[str, object]:
    return {"timestamp": f"2026-03-01T{at}Z", "sampledValue": [{"value": value, **more}]}


def meter(at: str, value: str, **more: object) -> dict[str, object]:
    return {"connectorId": 1, "transactionId": 1, "meterValue": [sample(at, value, **more)]}


def what(found: list[ledger.Violation]) -> list[str]:
    return [violation.what for violation in found]


# one open call


def test_calls_that_wait_for_their_answers_keep_the_rule() -> None:
    wire = Wire().came(2, "1", "Heartbeat", {}).went(2, "b1", "Reset", {}).came(3, "b1", {})
    wire.went(4, "1", "InternalError", "", {}).came(2, "2", "Heartbeat", {})
    assert ledger.open_calls_never_exceed_one(wire.frames) == []
    assert ledger.most_open_calls(wire.frames) == {(1, "in"): 1, (1, "out"): 1}


def test_a_second_call_before_the_answer_is_caught() -> None:
    wire = Wire().came(2, "1", "Heartbeat", {}).came(2, "2", "MeterValues", {})
    assert what(ledger.open_calls_never_exceed_one(wire.frames)) == ["MeterValues 2 while 1 is open"]
    assert ledger.most_open_calls(wire.frames) == {(1, "in"): 2}


def test_another_socket_owes_nothing_to_the_first() -> None:
    wire = Wire().came(2, "1", "Heartbeat", {}).came(2, "2", "Heartbeat", {}, socket=2)
    assert ledger.open_calls_never_exceed_one(wire.frames) == []


def test_a_call_that_its_sender_gave_up_no_longer_counts() -> None:
    wire = Wire().came(2, "1", "Heartbeat", {}).came(2, "2", "Heartbeat", {})
    patient = ledger.open_calls_never_exceed_one(wire.frames, given_up_after=timedelta(seconds=2))
    hasty = ledger.open_calls_never_exceed_one(wire.frames, given_up_after=timedelta(seconds=1))
    assert (len(patient), hasty) == (1, [])


def test_the_backend_is_held_against_the_same_rule_when_asked() -> None:
    wire = Wire().went(2, "b1", "Reset", {}).went(2, "b2", "Reset", {})
    assert ledger.open_calls_never_exceed_one(wire.frames) == []
    assert len(ledger.open_calls_never_exceed_one(wire.frames, direction="out")) == 1


# one start, one stop


def test_a_start_that_is_repeated_with_its_id_is_one_start() -> None:
    wire = started().came(2, "s1", "StartTransaction", START, socket=2)
    wire.went(3, "s1", {"transactionId": 1}, socket=2).came(2, "e1", "StopTransaction", STOP)
    wire.came(2, "e1", "StopTransaction", STOP, socket=3)
    assert ledger.one_start_one_stop(wire.frames) == []
    [transaction] = ledger.transactions(wire.frames)
    assert (transaction.name, len(transaction.starts), len(transaction.stops)) == ("1", 1, 1)


def test_one_start_under_two_ids_is_caught() -> None:
    wire = started().came(2, "s2", "StartTransaction", START).went(3, "s2", {"transactionId": 2})
    assert what(ledger.one_start_one_stop(wire.frames, may_run=True)) == ["s2 starts what s1 has started"]


def test_two_stops_are_caught() -> None:
    wire = started().came(2, "e1", "StopTransaction", STOP).came(2, "e2", "StopTransaction", STOP)
    assert what(ledger.one_start_one_stop(wire.frames)) == ["transaction 1 stops again"]


def test_a_stop_of_a_number_that_nobody_was_given_is_caught() -> None:
    wire = started(number=7).came(2, "e1", "StopTransaction", STOP)
    assert what(ledger.one_start_one_stop(wire.frames)) == [
        "transaction 7 never stops",
        "transaction 1 never started",
    ]


def test_a_running_transaction_is_caught_unless_it_may_run() -> None:
    assert what(ledger.one_start_one_stop(started().frames)) == ["transaction 1 never stops"]
    assert ledger.one_start_one_stop(started().frames, may_run=True) == []


def test_a_start_that_never_got_a_number_counts_as_a_transaction() -> None:
    wire = Wire().came(2, "s1", "StartTransaction", START)
    assert [transaction.name for transaction in ledger.transactions(wire.frames)] == [None]


def test_a_message_after_the_stop_is_caught() -> None:
    wire = (
        started()
        .came(2, "e1", "StopTransaction", STOP)
        .came(2, "m1", "MeterValues", meter("12:30:00", "200"))
    )
    assert what(ledger.one_start_one_stop(wire.frames)) == ["transaction 1 goes on after its stop"]


def test_a_201_transaction_that_starts_late_and_twice_is_caught() -> None:
    wire = Wire().came(2, "1", "TransactionEvent", event(0, "Updated"))
    wire.came(2, "2", "TransactionEvent", event(1, "Started")).came(
        2, "3", "TransactionEvent", event(2, "Started")
    )
    assert what(ledger.one_start_one_stop(wire.frames, may_run=True)) == [
        "transaction T1 starts after its other messages",
        "transaction T1 starts again",
    ]


# sequence numbers


def test_numbers_in_a_row_keep_the_rule_and_repeats_are_free() -> None:
    wire = Wire().came(2, "1", "TransactionEvent", event(0, "Started"))
    wire.came(2, "1", "TransactionEvent", event(0, "Started", offline=True), socket=2)
    wire.came(2, "fresh", "TransactionEvent", event(0, "Started", offline=True), socket=2)
    wire.came(2, "2", "TransactionEvent", event(1, "Ended"), socket=2)
    assert ledger.seq_without_gaps(wire.frames) == []
    assert ledger.one_start_one_stop(wire.frames) == []
    assert ledger.transactions(wire.frames)[0].seq_nos == [0, 1]


def test_a_gap_and_a_wrong_order_are_caught() -> None:
    gap = Wire().came(2, "1", "TransactionEvent", event(0, "Started"))
    gap.came(2, "2", "TransactionEvent", event(2, "Ended"))
    turned = Wire().came(2, "1", "TransactionEvent", event(1, "Updated"))
    turned.came(2, "2", "TransactionEvent", event(0, "Started"))
    assert what(ledger.seq_without_gaps(gap.frames)) == ["transaction T1: seqNo 2 after 0"]
    assert what(ledger.seq_without_gaps(turned.frames)) == ["transaction T1: seqNo 0 after 1"]


def test_one_number_for_two_messages_is_caught() -> None:
    wire = Wire().came(2, "1", "TransactionEvent", event(0, "Started"))
    wire.came(2, "2", "TransactionEvent", event(0, "Updated"))
    assert what(ledger.seq_without_gaps(wire.frames)) == ["transaction T1: seqNo 0 with two payloads"]


# the meter


def test_a_rising_meter_keeps_the_rule_in_whatever_unit_and_order_it_is_told() -> None:
    wire = started().came(2, "m1", "MeterValues", meter("12:30:00", "0.2", unit="kWh"))
    data = [sample("12:00:00", "100", context="Transaction.Begin"), sample("12:30:00", "200")]
    wire.came(2, "e1", "StopTransaction", {**STOP, "transactionData": data})
    assert ledger.meter_never_falls(wire.frames) == []


def test_a_falling_meter_is_caught() -> None:
    wire = started().came(2, "m1", "MeterValues", meter("12:30:00", "99"))
    assert what(ledger.meter_never_falls(wire.frames)) == ["transaction 1: 99.0 Wh after 100.0 Wh"]


def test_a_stop_below_a_sample_before_it_is_caught() -> None:
    wire = started().came(2, "m1", "MeterValues", meter("12:30:00", "0.4", unit="kWh"))
    wire.came(2, "e1", "StopTransaction", STOP)
    assert what(ledger.meter_never_falls(wire.frames)) == ["transaction 1: 300.0 Wh after 400.0 Wh"]


def test_other_measurands_other_phases_and_signed_blobs_are_other_meters() -> None:
    wire = started().came(2, "m1", "MeterValues", meter("12:10:00", "16", measurand="Current.Import"))
    wire.came(2, "m2", "MeterValues", meter("12:20:00", "40", phase="L1"))
    wire.came(2, "m3", "MeterValues", meter("12:30:00", "T0NNRg==", format="SignedData"))
    assert ledger.meter_never_falls(wire.frames) == []


def test_a_multiplier_of_201_counts() -> None:
    unit = {"unit": "Wh", "multiplier": 3}
    wire = Wire().came(2, "1", "TransactionEvent", event(0, "Started", meterValue=[sample("12:00:00", 5.0)]))
    rising = [sample("12:30:00", 0.006, unitOfMeasure=unit)]
    falling = [sample("12:40:00", 0.0055, unitOfMeasure=unit)]
    wire.came(2, "2", "TransactionEvent", event(1, "Updated", meterValue=rising))
    assert ledger.meter_never_falls(wire.frames) == []
    wire.came(2, "3", "TransactionEvent", event(2, "Ended", meterValue=falling))
    assert what(ledger.meter_never_falls(wire.frames)) == ["transaction T1: 5.5 Wh after 6.0 Wh"]


def test_a_value_that_is_no_number_is_caught_and_not_passed_over() -> None:
    wire = started().came(2, "m1", "MeterValues", meter("12:30:00", "much"))
    [violation] = ledger.meter_never_falls(wire.frames)
    assert violation.what.startswith("unreadable")


# one id, one message


def test_a_repeat_is_equal_to_the_first_save_that_offline_may_turn_true() -> None:
    wire = Wire().came(2, "1", "TransactionEvent", event(0, "Started"))
    wire.came(2, "1", "TransactionEvent", event(0, "Started", offline=True), socket=2)
    wire.came(2, "1", "Heartbeat", {}, identity="CP002")
    assert ledger.equal_id_equal_payload(wire.frames) == []


def test_another_payload_another_action_and_offline_that_turns_false_are_caught() -> None:
    wire = Wire().came(2, "1", "MeterValues", meter("12:30:00", "200"))
    wire.came(2, "1", "MeterValues", meter("12:30:00", "201")).came(2, "1", "Heartbeat", {})
    wire.came(2, "2", "TransactionEvent", event(0, "Started", offline=True))
    wire.came(2, "2", "TransactionEvent", event(0, "Started"))
    assert what(ledger.equal_id_equal_payload(wire.frames)) == [
        "1 was MeterValues (frame 1), now MeterValues",
        "1 was MeterValues (frame 1), now Heartbeat",
        "2 was TransactionEvent (frame 4), now TransactionEvent",
    ]


# one answer, on the own socket


def test_answers_that_fit_keep_the_rule_even_where_the_backend_counts_from_one_again() -> None:
    wire = Wire().went(2, "1", "Reset", {}).came(3, "1", {})
    wire.went(2, "1", "Reset", {}).came(4, "1", "InternalError", "", {})
    assert ledger.answers_at_most_once_on_own_socket(wire.frames) == []
    assert ledger.answers_per_call(wire.frames, "out") == {(1, "1"): 2}


def test_an_answer_on_another_socket_is_caught() -> None:
    wire = Wire().went(2, "1", "Reset", {}).came(3, "1", {}, socket=2)
    assert what(ledger.answers_at_most_once_on_own_socket(wire.frames)) == [
        "1 answered, but not asked on this socket"
    ]


def test_a_second_answer_and_an_answer_to_nothing_are_caught() -> None:
    wire = Wire().went(2, "1", "Reset", {}).came(3, "1", {}).came(3, "1", {}).came(3, "ghost", {})
    assert what(ledger.answers_at_most_once_on_own_socket(wire.frames)) == [
        "1 answered again",
        "ghost answered, but not asked on this socket",
    ]


def test_an_error_about_what_could_not_be_read_is_no_stray() -> None:
    wire = Wire().add("out", '[3,"1",{').came(4, "-1", "RpcFrameworkError", "", {})
    wire.went(9, "odd", {}).came(4, "odd", "MessageTypeNotSupported", "", {})
    assert ledger.answers_at_most_once_on_own_socket(wire.frames) == []


def test_all_rules_together_know_a_clean_record() -> None:
    wire = started().came(2, "e1", "StopTransaction", STOP).went(3, "e1", {})
    wire.add("in", "not even JSON")
    assert ledger.all_violations(wire.frames) == []
    assert [letter.action for letter in ledger.calls_of(wire.frames, identity="CP001")] == [
        "StartTransaction",
        "StopTransaction",
    ]
    assert ledger.answers_per_call(wire.frames) == {(1, "s1"): 1, (1, "e1"): 1}
