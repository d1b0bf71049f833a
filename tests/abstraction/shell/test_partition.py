"""A partition by itself: entries and timers in, changes out. A fake charger, literal stream ids, no broker."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from abstraction.fake_core import FAKE
from vcp_abstraction.shell.changes import Changes
from vcp_abstraction.shell.merge import time_of
from vcp_abstraction.shell.partition import DEADLY, STALLS, Partition
from vcp_plumbing.reader import Entry

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOON_MS = 1_780_315_200_000
HOME = 15
"""The partition of CP001, of 16."""
SETUP = {"type": "provision", "charge_point": "CP001", "configuration": {"url": "ws://backend/ocpp"}}


def partition(**kept: Any) -> Partition:
    given = {"nonce": "n1", "position": "0-0", "horizon": NOON - timedelta(hours=1)} | kept
    return Partition(HOME, partitions=16, core=FAKE, **given)


def entry(at_ms: int, word: dict[str, Any] | bytes, n: int = 0) -> Entry:
    body = word if isinstance(word, bytes) else orjson.dumps({"charge_point": "CP001"} | word)
    return Entry(f"{NOON_MS + at_ms}-{n}", {b"__data__": body})


def provision(at_ms: int = 0, id: str = "setup") -> Entry:
    return entry(at_ms, SETUP | {"id": id})


def plug(at_ms: int, id: str) -> Entry:
    return entry(at_ms, {"type": "plug_in", "id": id})


def every(seconds: float, at_ms: int = 0) -> Entry:
    return entry(at_ms, {"type": "set_ev", "power_w": seconds, "id": f"beat every {seconds} s"})


def work(home: Partition, *entries: Entry, upto_ms: int | None = None) -> Changes:
    bound = time_of(entries[-1].id) if upto_ms is None else NOON + timedelta(milliseconds=upto_ms)
    home.work(entries, bound)
    changes = home.settle()
    assert changes is not None
    return changes


def told(changes: Changes, kind: str) -> list[dict[str, Any]]:
    return [event for event in map(orjson.loads, changes.events) if event["type"] == kind]


def facts(home: Partition, id: str = "CP001") -> dict[str, Any]:
    sections, _ = home.residents[id].as_kept()
    kept: dict[str, Any] = orjson.loads(sections["facts"])
    return kept


def reloaded(home: Partition) -> Partition:
    again = partition(position=home.position, horizon=home.horizon)
    for id, resident in home.residents.items():
        again.admit(id, *resident.as_kept())
    return again


class TestWords:
    def test_a_new_charger_is_kept_whole_and_shown(self):
        home = partition()
        changes = work(home, provision())
        [keeping] = changes.keepings
        assert (keeping.charge_point, keeping.new, keeping.forget) == ("CP001", True, False)
        assert list(keeping.sections) == ["facts"]
        assert keeping.view == b'{"id":"CP001","plugs":0}'
        assert changes.position == f"{NOON_MS}-0"
        assert [result["command"] for result in map(orjson.loads, dict(changes.results).values())] == [
            "setup"
        ]
        [event] = told(changes, "command_done")
        assert (event["cause"], event["result"]["status"]) == ("setup", "done")

    def test_a_plug_goes_to_the_handler_with_one_queue_entry(self):
        home = partition()
        work(home, provision())
        changes = work(home, plug(1, "a"))
        [keeping] = changes.keepings
        assert not keeping.new
        assert keeping.queue_written == {"plug 1": b"plug 1"}
        assert [orjson.loads(word)["cause"] for word in changes.to_handler] == ["a"]

    def test_the_time_of_a_word_is_that_of_its_entry(self):
        home = partition()
        work(home, provision(), plug(1500, "a"))
        assert facts(home)["trace"] == ["provision 12:00:00.000000", "plug_in 12:00:01.500000"]

    def test_nothing_taken_is_nothing_to_write(self):
        home = partition()
        home.work([], NOON)
        assert home.settle() is None

    def test_an_unknown_charger_is_refused_and_leaves_nothing_behind(self):
        home = partition()
        changes = work(home, plug(0, "a"))
        assert changes.keepings == []
        assert home.residents == {}
        [event] = told(changes, "command_rejected")
        assert event["result"]["kind"] == "unknown_charge_point"

    def test_a_charger_of_another_partition_is_refused_with_the_way_there(self):
        home = partition()
        changes = work(home, entry(0, SETUP | {"charge_point": "CP002", "id": "x"}))
        [event] = told(changes, "command_rejected")
        assert event["result"]["field"] == "charge_point"
        assert "vcp:{p05}:in" in event["result"]["remedy"]
        assert [dead.entry for dead in changes.dead] == [f"{NOON_MS}-0"]
        assert home.residents == {}

    def test_retiring_deletes_everything_and_ends_what_was_under_way(self):
        home = partition()
        work(home, provision(), entry(1, {"type": "go_online", "id": "online"}))
        changes = work(home, entry(2, {"type": "retire", "id": "bye"}))
        [keeping] = changes.keepings
        assert (keeping.exists, keeping.forget) == (False, True)
        assert home.residents == {}
        assert [e["result"]["command"] for e in told(changes, "command_rejected")] == ["online"]
        assert [e["result"]["command"] for e in told(changes, "command_done")] == ["bye"]

    def test_retired_and_set_up_again_in_one_cycle_starts_from_nothing(self):
        home = partition()
        work(home, provision(), plug(1, "a"))
        changes = work(home, entry(2, {"type": "retire", "id": "bye"}), provision(3, "again"))
        [keeping] = changes.keepings
        assert (keeping.exists, keeping.forget, keeping.new) == (True, True, True)
        assert facts(home)["plugs"] == 0

    def test_no_id_is_used_again_by_a_charger_set_up_anew(self):
        home = partition()
        first = work(home, provision(), plug(1, "a"))
        second = work(home, entry(2, {"type": "retire", "id": "bye"}), provision(3, "again"), plug(4, "b"))
        ids = [orjson.loads(word)["id"] for c in (first, second) for word in (*c.to_handler, *c.events)]
        assert len(ids) == len(set(ids)) == 9

    def test_a_handler_that_comes_up_is_told_to_every_charger_and_kept(self):
        home = partition()
        work(home, provision())
        up = {"type": "handler_up", "id": "up", "owner": "handler-1", "manners": {}}
        changes = work(home, entry(1, up))
        assert changes.handling is not None
        assert changes.handling.handler == "handler-1"
        assert facts(home)["handler"] == "handler-1"

    def test_what_a_handler_says_of_its_vault_is_kept(self):
        home = partition()
        up = {"type": "handler_up", "id": "up", "owner": "h", "manners": {}, "secrets_flaw": "no vault"}
        changes = work(home, entry(0, up))
        assert changes.handling is not None
        assert changes.handling.secrets_flaw == "no vault"


class TestRepeatedCommands:
    def test_a_repeat_gets_the_first_result_again_and_changes_nothing(self):
        home = partition()
        work(home, provision(), plug(1, "a"))
        changes = work(home, plug(2, "a"))
        [event] = told(changes, "command_done")
        assert (event["result"]["command"], event["result"]["repeated"]) == ("a", True)
        assert facts(home)["plugs"] == 1
        assert changes.results == []

    def test_a_repeat_within_one_batch_too(self):
        home = partition()
        work(home, provision(), plug(1, "a"), plug(1, "a"))
        assert facts(home)["plugs"] == 1

    def test_a_repeat_of_a_command_under_way_is_dropped_also_after_a_reload(self):
        home = partition()
        online = {"type": "go_online", "id": "online"}
        work(home, provision(), entry(1, online))
        home = reloaded(home)
        assert work(home, entry(2, online)).events == []
        up = {"type": "link_up", "id": "f", "link": "h-1", "order": 1, "subprotocol": "x"}
        changes = work(home, entry(3, up))
        assert [e["result"]["command"] for e in told(changes, "command_done")] == ["online"]
        assert [k.sections_removed for k in changes.keepings] == [["pending_commands"]]

    def test_after_an_hour_an_id_may_be_used_anew(self):
        home = partition()
        work(home, provision(), plug(1, "a"), plug(3_600_002, "a"))
        assert facts(home)["plugs"] == 2

    def test_a_command_without_an_id_is_named_after_its_entry(self):
        home = partition()
        changes = work(home, provision(), entry(1, {"type": "plug_in"}, n=4))
        assert dict(changes.results).keys() == {"setup", f"p15-{NOON_MS + 1}-4"}


class TestDeadLetters:
    def test_what_is_not_json_goes_to_the_dead_and_the_rest_goes_on(self):
        home = partition()
        changes = work(home, provision(), entry(1, b"{not json"), plug(2, "a"))
        [dead] = changes.dead
        assert (dead.entry, dead.body) == (f"{NOON_MS + 1}-0", b"{not json")
        [event] = told(changes, "dead_letter")
        assert (event["entry"], event["charge_point"]) == (f"{NOON_MS + 1}-0", "-")
        assert facts(home)["plugs"] == 1

    def test_an_entry_without_our_field(self):
        changes = work(partition(), Entry(f"{NOON_MS}-0", {b"foo": b"bar"}))
        assert "__data__" in changes.dead[0].reason

    def test_a_bad_field_is_named_in_the_command_s_result(self):
        home = partition()
        changes = work(home, provision(), entry(1, {"type": "plug_in", "id": "a", "evse": "left"}))
        [event] = told(changes, "command_rejected")
        assert event["result"]["kind"] == "bad_field"
        assert event["result"]["field"] == "evse"
        assert dict(changes.results).keys() == {"setup", "a"}

    def test_an_unknown_type_is_unreadable(self):
        changes = work(partition(), entry(0, {"type": "plug_inn", "id": "a"}))
        [event] = told(changes, "command_rejected")
        assert event["result"]["kind"] == "unreadable"
        assert "plug_in" in event["result"]["remedy"]

    def test_a_word_on_which_the_charger_fails_leaves_it_as_it_was(self):
        home = partition()
        work(home, provision())
        changes = work(
            home, plug(1, "a"), entry(2, {"type": "power_off", "id": "b"}), plug(3, "c"), plug(4, "d")
        )
        assert facts(home)["plugs"] == 3
        assert facts(home)["trace"][-3:] == [
            "plug_in 12:00:00.001000",
            "plug_in 12:00:00.003000",
            "plug_in 12:00:00.004000",
        ]
        assert [orjson.loads(word)["cause"] for word in changes.to_handler] == ["a", "c", "d"]
        assert [dead.reason for dead in changes.dead] == ["RuntimeError: the charger tripped"]
        assert "fake_core.py" in (changes.dead[0].trace or "")
        [rejected] = told(changes, "command_rejected")
        assert rejected["result"]["command"] == "b"
        assert "the charger tripped" in rejected["result"]["reason"]

    def test_its_queue_is_as_it_would_be_without_that_word(self):
        home = partition()
        work(home, provision(), plug(1, "a"))
        work(home, plug(2, "b"), entry(3, {"type": "power_off", "id": "c"}), plug(4, "d"))
        _, queue = home.residents["CP001"].as_kept()
        assert queue == {"plug 1": b"plug 1", "plug 2": b"plug 2", "plug 3": b"plug 3"}

    def test_the_backend_gets_an_error_for_a_request_that_failed(self):
        home = partition()
        request = {"type": "unlock", "id": "l-0", "link": "l", "n": 0, "message_id": "1"}
        changes = work(home, provision(), entry(1, request | {"place": {"evse": 1, "connector": 1}}))
        [answer] = map(orjson.loads, changes.to_handler)
        assert (answer["type"], answer["reason"], answer["request"]) == ("declined", "internal", "l-0")

    def test_a_state_that_can_t_be_read_refuses_every_word_but_retire(self):
        home = partition()
        home.admit("CP001", {"facts": b"{broken"}, {})
        changes = work(home, plug(0, "a"))
        [event] = told(changes, "command_rejected")
        assert event["result"]["remedy"] == "retire the charge point and provision it anew"
        changes = work(home, entry(1, {"type": "retire", "id": "b"}), provision(2, "c"))
        [keeping] = changes.keepings
        assert (keeping.forget, keeping.exists) == (True, True)
        assert [e["result"]["command"] for e in told(changes, "command_done")] == ["b", "c"]

    def test_a_state_that_can_t_be_shown_falls_back_to_what_was_kept_and_stands_still(self):
        home = partition()
        work(home, provision(), plug(1, "a"))
        changes = work(home, entry(2, {"type": "set_meter", "register_wh": 1, "id": "b"}))
        assert [dead.reason for dead in changes.dead] == ["ValueError: no view of this"]
        assert facts(home)["quarantined"] is True
        assert facts(home)["plugs"] == 1

    def test_a_head_that_kills_is_buried_unread(self):
        home = partition()
        home.bury_head(plug(0, "a"))
        changes = home.settle()
        assert changes is not None
        assert changes.position == f"{NOON_MS}-0"
        assert [dead.reason for dead in changes.dead] == [DEADLY]


class TestTimers:
    def test_timers_and_entries_go_in_the_order_of_their_times(self):
        home = partition()
        work(home, provision(), every(1), plug(1000, "a"), plug(2500, "b"), upto_ms=3001)
        assert facts(home)["trace"][2:] == [
            "plug_in 12:00:01.000000",
            "beat 12:00:01.000000",
            "beat 12:00:02.000000",
            "plug_in 12:00:02.500000",
            "beat 12:00:03.000000",
        ]

    def test_a_timer_waits_for_entries_of_its_own_millisecond(self):
        home = partition()
        work(home, provision(), every(1), upto_ms=1000)
        assert facts(home)["beats"] == 0
        assert home.next_due == NOON + timedelta(seconds=1)
        work(home, plug(1000, "a"), upto_ms=1001)
        assert facts(home)["trace"][2:] == ["plug_in 12:00:01.000000", "beat 12:00:01.000000"]

    def test_the_order_is_the_same_however_the_entries_were_cut_into_reads(self):
        entries = [provision(), every(0.3, 1), plug(500, "a"), plug(601, "b"), plug(1400, "c")]
        whole = partition()
        work(whole, *entries, upto_ms=2000)
        cut = partition()
        for one in entries:
            work(cut, one)
        work(cut, upto_ms=1750)
        work(cut, upto_ms=2000)
        assert facts(cut) == facts(whole)

    def test_time_never_goes_back(self):
        home = partition(horizon=NOON + timedelta(seconds=10))
        work(home, provision())
        assert facts(home)["trace"] == ["provision 12:00:10.000000"]
        assert home.horizon == NOON + timedelta(seconds=10)

    def test_a_timer_of_the_past_runs_at_the_present(self):
        home = partition()
        work(home, provision(), every(1))
        later = partition(horizon=NOON + timedelta(hours=1), position=home.position)
        later.admit("CP001", *home.residents["CP001"].as_kept())
        work(later, upto_ms=3_600_500)
        assert facts(later)["trace"][-1] == "beat 13:00:00.000000"

    def test_many_timers_are_taken_in_several_cycles_without_a_difference(self):
        whole, parts = partition(), partition()
        work(whole, provision(), every(1), upto_ms=10_500)
        work(parts, provision(), every(1))
        cycles = 0
        while cycles == 0 or parts.behind:
            parts.work([], NOON + timedelta(milliseconds=10_500), timers=3)
            parts.settle()
            cycles += 1
        assert cycles == 4
        assert facts(parts) == facts(whole)
        assert parts.horizon == whole.horizon

    def test_a_timer_that_is_moved_again_and_again_leaves_little_behind(self):
        home = partition()
        moves = [every(3600 - at_ms / 100, at_ms) for at_ms in range(1, 1000)]
        work(home, provision(), *moves, every(1, 1000))
        assert home.timers_kept < 100
        work(home, upto_ms=2001)
        assert facts(home)["trace"][-1] == "beat 12:00:02.000000"

    def test_a_timer_that_fails_twice_puts_its_charger_aside(self):
        home = partition()
        work(home, provision(), every(1), entry(5, {"type": "raise_fault", "id": "f"}))
        changes = work(home, upto_ms=60_000)
        assert [dead.reason for dead in changes.dead] == ["RuntimeError: the clockwork jammed"]
        assert facts(home)["quarantined"] is True
        assert facts(home)["beats"] == 0
        assert home.next_due is None

    def test_and_it_goes_on_when_it_is_mended(self):
        home = partition()
        work(home, provision(), every(1), entry(5, {"type": "raise_fault", "id": "f"}))
        work(home, upto_ms=2000)
        work(home, entry(2000, {"type": "power_on", "id": "p"}), upto_ms=2001)
        assert facts(home)["beats"] == 1

    def test_a_timer_that_never_moves_on_puts_its_charger_aside(self):
        home = partition()
        work(home, provision(), every(1), every(1e-7, 10))
        changes = work(home, upto_ms=60_000)
        assert changes.timers == STALLS
        assert facts(home)["quarantined"] is True
        assert f"ran {STALLS} times" in changes.dead[0].reason
