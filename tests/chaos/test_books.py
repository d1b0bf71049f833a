"""The books themselves: each finds what it is there to find."""

from datetime import UTC, datetime, timedelta

from chaos import books
from vcp_abstraction.charger import Charger, Surroundings
from vcp_abstraction.decide import decide
from vcp_abstraction.facts.lanes import InFlight
from vcp_backend import Frame, Socket
from vcp_contracts.actions import Beat
from vcp_contracts.commands import Provision
from vcp_contracts.configuration import ChargePointConfiguration

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def result(command: str, status: str = "done", *, repeated: bool = False) -> dict[str, object]:
    told = {"command": command, "charge_point": "CP1", "status": status, "repeated": repeated}
    return {
        "type": f"command_{status}",
        "id": f"e-{command}-{repeated}",
        "charge_point": "CP1",
        "result": told,
    }


# --- commands ---


def test_a_command_with_one_result_and_marked_repeats_is_in_order():
    events = [result("c1"), result("c1", repeated=True), result("c2", "rejected"), {"type": "registered"}]
    assert books.one_result_each(["c1", "c2"], events) == []


def test_a_command_without_result_with_two_and_one_that_nobody_gave_are_found():
    events = [result("c2"), result("c2"), result("c3")]
    assert books.one_result_each(["c1", "c2"], events) == [
        "c1 has no result",
        "c3 has a result and was never given",
        "c2 has 2 results",
    ]


def test_a_repeat_that_tells_something_else_is_found():
    events = [result("c1"), result("c1", "rejected", repeated=True)]
    assert books.one_result_each(["c1"], events) == ["c1 was told another result on its repeat"]


def test_an_event_id_that_is_used_twice_is_found():
    events = [{"id": "n-1", "type": "registered"}, {"id": "n-1", "type": "link_changed"}]
    assert books.no_id_twice(events) == ["event n-1: registered and link_changed"]
    assert books.no_id_twice(events[:1]) == []


# --- sessions ---


def frame(seq: int, direction: str, text: str) -> Frame:
    return Frame(seq, 1, "CP1", "ocpp1.6", direction, text, NOON)  # type: ignore[arg-type]


def test_sessions_are_counted_at_the_driver_the_charger_and_the_backend():
    start = '{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"2026-06-01T12:00:00Z"}'
    frames = [
        frame(1, "in", f'[2,"m1","StartTransaction",{start}]'),
        frame(2, "out", '[3,"m1",{"transactionId":7,"idTagInfo":{"status":"Accepted"}}]'),
    ]
    told = [{"type": f"transaction_{what}", "charge_point": "CP1"} for what in ("started", "ended")]
    assert books.as_many_sessions({"CP1": 1}, told, frames) == []
    assert books.as_many_sessions({"CP1": 2}, told[:1], frames) == [
        "CP1: 2 sessions driven, 1 started, 0 ended, 1 heard"
    ]


# --- sockets ---


def test_a_socket_may_close_only_where_and_when_something_hit_it():
    killed = books.Blow(
        NOON, NOON + timedelta(seconds=5), frozenset({3}), "the Handler of partition 3 was killed"
    )

    def closed(number: int, identity: str, after_s: float) -> Socket:
        return Socket(number, identity, "ocpp1.6", NOON, NOON + timedelta(seconds=after_s), 1006)

    sockets = [
        closed(1, "3", 1.0),
        closed(2, "4", 1.0),
        closed(3, "3", 9.0),
        closed(4, "4", 60.0),
        Socket(5, "4", "ocpp1.6", NOON),
    ]
    assert books.closed_without_cause(sockets, [killed], int, NOON + timedelta(seconds=30)) == [
        "socket 2 of 4 (partition 4) closed at 12:00:01.000000",
        "socket 3 of 3 (partition 3) closed at 12:00:09.000000",
    ]


# --- the broker's record ---


def words(*command: str) -> bytes:
    return b"*%d\r\n" % len(command) + b"".join(
        b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in command
    )


META = "vcp:{p03}:meta:handler"


def test_an_append_only_file_is_read_as_far_as_it_is_whole():
    whole = words("SELECT", "0") + b"#TS:1780315200\r\n" + words("SET", "a", "two\r\nlines")
    found = [[b"SELECT", b"0"], [b"SET", b"a", b"two\r\nlines"]]
    assert list(books.commands_of(whole)) == found
    assert list(books.commands_of(whole + words("SET", "b", "cut off")[:-4])) == found


def test_commit_numbers_that_rise_by_one_are_in_order():
    record = [
        words("HINCRBY", META, "number", "1"),
        words("HSET", META, "owner", "h1", "until", "9", "position", "0-0"),
        words("HSET", META, "number", "2", "until", "10"),
        words("HSET", META, "number", "3", "until", "11", "position", "5-1"),
        words("HSET", "vcp:{p03}:meta:abstraction", "number", "1", "position", "7-0"),
    ]
    assert books.commit_numbers_without_gaps(books.commands_of(b"".join(record))) == []


def test_a_gap_a_number_used_twice_and_a_position_that_falls_are_found():
    record = [
        words("HSET", META, "number", "1", "position", "5-1"),
        words("HSET", META, "number", "3"),
        words("HSET", META, "number", "3", "position", "5-0"),
    ]
    assert books.commit_numbers_without_gaps(books.commands_of(b"".join(record))) == [
        f"{META}: number 3 after 1",
        f"{META}: number 3 after 3",
        f"{META}: position (5, 0) after (5, 1)",
    ]


# --- rest ---


def charger() -> Charger:
    cp = Charger("CP1")
    cp.now = NOON
    decide(
        cp,
        Provision(id="c1", charge_point="CP1", configuration=ChargePointConfiguration()),
        NOON,
        Surroundings(),
    )
    return cp


def test_a_charger_without_a_care_is_at_rest():
    assert books.unrest([charger()], NOON, online=False) == []


def test_what_is_queued_in_flight_overdue_or_offline_is_found():
    cp = charger()
    n = cp.enqueue(Beat(id="a1", charge_point="CP1"), "express")
    cp.facts.lanes.in_flight = InFlight(
        n=n, id="a1", word="beat", lane="express", guard=NOON + timedelta(seconds=40)
    )
    assert books.unrest([cp], NOON + timedelta(minutes=1)) == [
        "CP1: beat a1 is in flight",
        "CP1: queued beat",
        "CP1: due since 12:00:40.000000",
        "CP1: its link is down",
    ]
