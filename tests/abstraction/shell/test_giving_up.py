"""A charger whose own functions fail on what it hears: what waits for that ends and is told, and the rest goes on. The real
core, but for one fault in it; literal words in, changes out; and a replay lives through the same."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from abstraction.story import SPOKEN
from vcp_abstraction.charging import CORE
from vcp_abstraction.core import Core
from vcp_abstraction.shell.changes import Epoch
from vcp_abstraction.shell.partition import Partition
from vcp_abstraction.shell.replay import Recording, differences, replay
from vcp_abstraction.shell.store import Kept
from vcp_plumbing.reader import Entry

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOON_MS = 1_780_315_200_000
HOME = 15
"""The partition of CP001, of 16."""
BEGIN = NOON - timedelta(hours=1)


def broken(fails: Callable[[Any], bool], *, also: bool = False) -> Core:
    """A core that fails on some words when it has done all they ask for; `also` when it is to give up on them."""

    def decide(cp: Any, message: Any, now: datetime, around: Any) -> Any:
        decision = CORE.decide(cp, message, now, around)
        if fails(message):
            raise LookupError(f"no way to bear {message.type}")
        return decision

    def give_up(cp: Any, message: Any, reason: str, now: datetime, around: Any) -> Any:
        if also:
            raise LookupError("nor to give it up")
        return CORE.give_up(cp, message, reason, now, around)

    return replace(CORE, decide=decide, give_up=give_up)


class Life:
    """A partition with one charger, and the Handler and backend on the other side of it."""

    def __init__(self, core: Core, style: str = "three", **configuration: Any) -> None:
        self.core = core
        self.home = Partition(HOME, partitions=16, core=core, nonce="n1", position="0-0", horizon=BEGIN)
        self.entries: list[Entry] = []
        self.ms = 0
        self.out: list[dict[str, Any]] = []
        self.chores: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.dead: list[str] = []
        self.style = style
        self.facts = 0
        self.hear({"type": "handler_up", "id": "hu", "owner": "h", "manners": _dumped(SPOKEN)})
        configuration = {"url": "ws://b/ocpp", "protocols": [style], "online": True} | configuration
        self.do("provision", configuration=configuration)

    def hear(self, word: dict[str, Any]) -> None:
        self.ms += 10
        entry = Entry(f"{NOON_MS + self.ms}-0", {b"__data__": orjson.dumps(word)})
        self.entries.append(entry)
        self._work([entry])

    def wait(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)
        self._work([])

    def _work(self, entries: list[Entry]) -> None:
        self.home.work(entries, NOON + timedelta(milliseconds=self.ms))
        changes = self.home.settle()
        if changes is not None:
            self.out += map(orjson.loads, changes.to_handler)
            self.chores += map(orjson.loads, changes.to_chores)
            self.events += map(orjson.loads, changes.events)
            self.dead += [dead.reason for dead in changes.dead]

    def do(self, kind: str, **fields: Any) -> None:
        self.hear({"type": kind, "id": f"{kind} {self.ms}", "charge_point": "CP001", **fields})

    def fact(self, kind: str, /, **fields: Any) -> None:
        link = {"link": "l", "n": self.facts, "id": f"l#{self.facts}", "charge_point": "CP001"}
        self.facts += 1
        self.hear({"type": kind, **link, **fields})

    def link_up(self) -> None:
        self.facts = 0
        order = [word for word in self.out if word["type"] == "open_link"][-1]["order"]
        self.fact("link_up", order=order, subprotocol=self.style)

    def answer(self, **answer: Any) -> str:
        """The backend answers what is in flight; the word that it answers."""
        flight = self.kept["lanes"]["in_flight"]
        boot = {"type": "boot", "verdict": "accepted", "now": NOON.isoformat(), "interval_s": 300}
        usual = {
            "boot": boot,
            "authorize": {"type": "authorize", "info": {"status": "accepted"}},
            "report_transaction": {"type": "report_transaction", "backend_name": "17"},
        }
        known = usual.get(flight["word"], {"type": "acknowledged"})
        self.fact("answered", action=flight["id"], answer=answer or known)
        return str(flight["word"])

    def answer_all(self) -> list[str]:
        words = []
        while self.flying is not None:
            words.append(self.answer())
            assert len(words) < 50
        return words

    def online(self) -> "Life":
        self.link_up()
        self.answer_all()
        return self

    @property
    def kept(self) -> dict[str, Any]:
        sections, _ = self.home.residents["CP001"].as_kept()
        facts: dict[str, Any] = orjson.loads(sections["facts"])
        return facts

    @property
    def flying(self) -> str | None:
        flight = self.kept["lanes"].get("in_flight")
        return flight["word"] if flight else None

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    def failed(self) -> list[str]:
        return [event["word"] for event in self.told("action_ended") if event["outcome"] == "failed"]

    def outcomes(self) -> list[str]:
        """How commands that waited for an action have ended."""
        details = [event["result"].get("detail", {}) for event in self.told("command_done")]
        return [detail["outcome"] for detail in details if "outcome" in detail]

    def closed(self) -> int:
        return sum(word["type"] == "close_link" for word in self.out)

    def check_replay(self) -> None:
        kept = {id: Kept(id, *resident.as_kept()) for id, resident in self.home.residents.items()}
        recording = Recording(
            partition=HOME,
            partitions=16,
            epochs=[Epoch("0-0", BEGIN, "n1")],
            entries=self.entries,
            buried=frozenset(),
            position=self.home.position,
            horizon=self.home.horizon,
            chargers=kept,
        )
        assert differences(kept, replay(recording, self.core)) == []


def _dumped(manners: dict[str, Any]) -> dict[str, Any]:
    return {name: each.model_dump(mode="json") for name, each in manners.items()}


def answers(word: str) -> Callable[[Any], bool]:
    """Fails on the backend's answer to this."""
    return lambda message: message.type == "answered" and message.answer.type == word


def is_a(kind: str) -> Callable[[Any], bool]:
    return lambda message: message.type == kind


class TestAnOutcome:
    def test_of_a_start_is_told_as_failed_and_the_lane_goes_on(self):
        life = Life(broken(answers("report_transaction"))).online()
        life.do("plug_in")
        life.do("present_token", token="A")
        words = life.answer_all()
        life.do("present_token", token="A")
        words += life.answer_all()
        assert words.count("report_transaction") == 2
        assert life.failed() == ["report_transaction"] * 2
        assert life.dead == ["LookupError: no way to bear answered"] * 2
        assert life.kept["lanes"]["transactions"] == []
        assert life.kept["tellings"] == {}
        assert life.closed() == 0
        life.check_replay()

    def test_of_a_start_still_gives_the_transaction_its_name(self):
        life = Life(broken(answers("report_transaction"))).online()
        life.do("plug_in")
        life.do("present_token", token="A")
        life.answer_all()
        life.do("present_token", token="A")
        life.answer_all()
        ended = [word for word in life.out if word.get("phase") == "ended"]
        assert [word["backend_name"] for word in ended] == ["17"]

    def test_of_the_head_is_told_once_however_long_it_waits(self):
        life = Life(broken(answers("report_transaction"))).online()
        life.do("plug_in")
        life.do("present_token", token="A")
        life.answer_all()
        sent = len([word for word in life.out if word["type"] == "report_transaction"])
        life.wait(50)
        assert life.flying is None
        assert len([word for word in life.out if word["type"] == "report_transaction"]) == sent

    def test_of_a_boot_is_followed_by_another_boot(self):
        life = Life(broken(answers("boot")))
        life.link_up()
        assert life.answer() == "boot"
        assert (life.flying, life.failed(), life.closed()) == (None, ["boot"], 0)
        life.wait(31)
        assert life.flying == "boot"
        life.check_replay()

    def test_of_an_authorization_leaves_the_reader_free(self):
        life = Life(broken(answers("authorize"))).online()
        life.do("plug_in")
        life.answer_all()
        life.do("present_token", token="A")
        assert life.answer() == "authorize"
        assert [(e["status"], e["by"]) for e in life.told("token_judged")] == [("invalid", "none")]
        assert not life.kept["evses"][0].get("awaiting")
        life.do("present_token", token="B")
        assert life.flying == "authorize"
        life.check_replay()

    def test_of_a_command_s_own_message_ends_that_command(self):
        life = Life(broken(answers("beat"))).online()
        life.do("ask", word="beat")
        life.answer(type="beat", now=NOON.isoformat())
        assert life.outcomes() == ["failed"]
        assert life.failed() == ["beat"]
        life.check_replay()

    def test_of_a_message_by_hand_past_the_lanes_ends_its_command(self):
        life = Life(broken(answers("raw"))).online()
        life.do("send_raw", action="Heartbeat", unchecked=True)
        [raw] = [word for word in life.out if word["type"] == "raw_call"]
        life.fact("answered", action=raw["id"], answer={"type": "raw", "payload": {}})
        assert life.outcomes() == ["failed"]
        assert life.failed() == ["raw_call"]
        sections, _ = life.home.residents["CP001"].as_kept()
        assert orjson.loads(sections["rules"])["raw"] == {}
        life.check_replay()

    @pytest.mark.parametrize(
        "kind", ["unanswered", "refused", "misanswered", "sent", "unspoken", "unwritable"]
    )
    def test_of_any_other_kind(self, kind):
        life = Life(broken(is_a(kind))).online()
        life.do("ask", word="beat")
        flight = life.kept["lanes"]["in_flight"]
        how = {
            "unanswered": {"timeout_s": 30.0},
            "refused": {"kind": "failed", "code": "InternalError"},
            "misanswered": {"rule": "wrong"},
            "unwritable": {"field": "a", "rule": "wrong"},
        }
        life.fact(kind, action=flight["id"], **how.get(kind, {}))
        assert (life.flying, life.failed(), life.outcomes()) == (None, ["beat"], ["failed"])

    def test_and_all_else_too_while_everything_fails(self):
        """A fault that every outcome meets: the queue is emptied all the same, message by message."""
        life = Life(broken(lambda message: message.type == "answered" and message.action != first[0]))
        first: list[str] = [""]
        life.link_up()
        first[0] = life.kept["lanes"]["in_flight"]["id"]
        life.answer_all()
        life.do("plug_in")
        life.answer_all()
        assert life.flying is None
        assert life.kept["lanes"]["express"] == []
        assert len(life.failed()) == len(life.dead) > 2
        assert life.closed() == 0


class TestAFactOfTheWire:
    def test_that_fails_is_not_missed_by_the_next_one(self):
        life = Life(broken(is_a("forget_tokens"))).online()
        life.fact("forget_tokens", message_id="b1")
        life.fact("read_token_list_version", message_id="b2")
        replies = [word for word in life.out if "request" in word]
        assert [(word["type"], word.get("reason")) for word in replies] == [
            ("declined", "internal"),
            ("token_list_version", None),
        ]
        assert life.closed() == 0
        life.check_replay()

    def test_a_link_that_can_t_be_borne_is_closed_and_tried_again_later(self):
        life = Life(broken(is_a("link_up")))
        life.link_up()
        assert life.closed() == 1
        assert life.kept["link"]["state"] == "down"
        opened = sum(word["type"] == "open_link" for word in life.out)
        life.wait(29)
        assert sum(word["type"] == "open_link" for word in life.out) == opened
        life.wait(2)
        assert sum(word["type"] == "open_link" for word in life.out) == opened + 1
        life.check_replay()

    def test_and_a_command_that_waited_for_it_ends(self):
        life = Life(broken(is_a("link_up")), online=False)
        life.do("go_online")
        life.link_up()
        [done] = [
            e["result"] for e in life.told("command_done") if e["result"]["command"].startswith("go_online")
        ]
        assert done["detail"]["link"] == "failed"

    def test_a_link_that_is_gone_is_gone(self):
        life = Life(broken(is_a("link_down"))).online()
        life.do("plug_in")
        life.answer_all()
        life.do("present_token", token="A")
        life.do("ask", word="beat")
        life.fact("link_down", why="lost")
        facts = life.kept
        assert facts["link"]["state"] == "connecting"
        assert not facts["lanes"].get("in_flight")
        assert not facts["evses"][0].get("awaiting")
        assert life.outcomes() == ["unanswered"]
        life.online()
        assert life.flying is None
        life.check_replay()

    def test_a_link_that_fails_ends_the_command_that_waited(self):
        life = Life(broken(is_a("link_failed")), online=False)
        life.do("go_online")
        order = [word for word in life.out if word["type"] == "open_link"][-1]["order"]
        life.hear(
            {"type": "link_failed", "id": "f", "charge_point": "CP001", "order": order, "why": "refused"}
        )
        assert [e["result"]["detail"].get("link") for e in life.told("command_done")][-1] == "failed"

    def test_another_handler_is_asked_for_a_link_all_the_same(self):
        life = Life(broken(lambda message: message.type == "handler_up" and message.owner == "h2")).online()
        life.hear({"type": "handler_up", "id": "hu2", "owner": "h2", "manners": _dumped(SPOKEN)})
        assert [word["handler"] for word in life.out if word["type"] == "open_link"][-1] == "h2"
        life.online()
        assert life.kept["registration"]["verdict"] == "accepted"
        life.check_replay()

    def test_a_rule_that_is_in_force_ends_its_command(self):
        life = Life(broken(is_a("rules_in_force"))).online()
        life.do("add_rule", rule={"name": "r", "when": {}, "then": {"do": "drop"}})
        order = [word for word in life.out if word["type"] == "set_rules"][-1]["id"]
        life.hear({"type": "rules_in_force", "id": "f", "charge_point": "CP001", "order": order})
        assert [e["result"]["command"].partition(" ")[0] for e in life.told("command_done")][-1] == "add_rule"
        life.check_replay()

    def test_a_message_that_was_let_go_is_held_no_longer(self):
        life = Life(broken(is_a("frame_let_go"))).online()
        life.do("add_rule", rule={"name": "r", "when": {}, "then": {"do": "hold"}})
        held = {"frame": "f1", "rule": "r", "direction": "received", "kind": "call", "text": "[2]"}
        life.fact("frame_held", held=held | {"until": (NOON + timedelta(hours=1)).isoformat()})
        life.do("release_frame", frame="f1")
        life.fact("frame_let_go", frame="f1", how="released")
        done = [e["result"] for e in life.told("command_done")][-1]
        assert (done["command"].partition(" ")[0], done["detail"]["how"]) == ("release_frame", "lost")
        life.check_replay()


class TestAChore:
    def wanted(self, life: Life, kind: str, /, **fields: Any) -> dict[str, Any]:
        life.fact(kind, message_id="b1", location="https://files.example/x", **fields)
        return life.chores[-1]

    def test_an_upload_whose_end_fails_is_over(self):
        life = Life(broken(is_a("chore_done"))).online()
        chore = self.wanted(life, "upload_log", kind="diagnostics", retries=3)
        life.answer_all()
        result = {"type": "file_stored", "size": 1}
        life.hear(
            {"type": "chore_done", "id": "d", "charge_point": "CP001", "chore": chore["id"], "result": result}
        )
        assert life.kept["chores"] == {}
        assert [e["stage"] for e in life.told("upload_step")] == ["uploading", "upload_failed"]
        assert life.flying == "report_upload"
        life.check_replay()

    def test_a_download_whose_end_fails_is_over(self):
        life = Life(broken(is_a("chore_done"))).online()
        chore = self.wanted(life, "update_firmware", retrieve_at=NOON.isoformat(), retries=3)
        life.answer_all()
        result = {"type": "file_fetched", "size": 1, "sha256": "00"}
        life.hear(
            {"type": "chore_done", "id": "d", "charge_point": "CP001", "chore": chore["id"], "result": result}
        )
        assert life.kept["chores"] == {}
        assert not life.kept["firmware"].get("update")
        assert [e["stage"] for e in life.told("firmware_step")] == ["downloading", "download_failed"]
        life.check_replay()

    def test_a_backend_that_waits_for_a_verdict_on_a_certificate_gets_its_answer(self):
        life = Life(broken(is_a("chore_done"))).online()
        signing = {"certificate": "c", "signature": "s"}
        chore = self.wanted(life, "update_firmware", retrieve_at=NOON.isoformat(), signing=signing)
        result = {"type": "chain_checked", "good": True}
        life.hear(
            {"type": "chore_done", "id": "d", "charge_point": "CP001", "chore": chore["id"], "result": result}
        )
        assert [word["result"] for word in life.out if word["type"] == "firmware_update"] == ["rejected"]
        assert life.kept["chores"] == {}
        life.check_replay()

    def test_a_key_whose_making_fails_may_be_made_anew(self):
        life = Life(broken(is_a("chore_done")), settings={"CpoName": "Acme"}).online()
        life.do("renew_certificate")
        result = {"type": "key_made", "csr": "csr", "public_key": "00"}
        chore = life.chores[-1]["id"]
        life.hear(
            {"type": "chore_done", "id": "d", "charge_point": "CP001", "chore": chore, "result": result}
        )
        assert life.kept["chores"] == {}
        life.do("renew_certificate")
        assert [e["result"]["status"] for e in life.told("command_rejected")] == []
        life.check_replay()


class TestGivingUpItself:
    def test_a_charger_that_fails_on_that_too_stands_still(self):
        life = Life(broken(answers("beat"), also=True)).online()
        life.do("ask", word="beat")
        life.answer(type="beat", now=NOON.isoformat())
        assert life.dead == ["LookupError: no way to bear answered", "LookupError: nor to give it up"]
        assert life.kept["quarantined"] is True
        life.check_replay()

    def test_a_command_that_fails_is_rejected_and_changes_nothing(self):
        life = Life(broken(is_a("plug_in"))).online()
        before = life.kept
        life.do("plug_in")
        assert [e["result"]["kind"] for e in life.told("command_rejected")] == ["impossible"]
        assert life.kept == before
        life.check_replay()

    def test_a_charger_that_is_not_there_has_nothing_to_give_up(self):
        life = Life(broken(is_a("provision"), also=True))
        assert life.dead == ["LookupError: no way to bear provision"]
        assert "CP001" not in life.home.residents
