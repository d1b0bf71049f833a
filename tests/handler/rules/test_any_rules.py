"""Whatever rules stand: nothing raises, facts are numbered without gaps, every action ends once, the link goes on."""

from typing import Any

import orjson
import pytest
from handler.linked import Linked
from hypothesis import given, settings
from hypothesis import strategies as st
from vcp_contracts.actions import Authorize, Beat, RawCall, RawText, ReportTransaction
from vcp_contracts.letters import any_event, to_abstraction
from vcp_contracts.link import FrameHeld, LetGo, LinkDown
from vcp_contracts.outcomes import Answered, Outcome
from vcp_contracts.requests import Request, Silence
from vcp_contracts.values import Place, Token

values = st.sampled_from([None, 1, True, "T", "Accepted", {"status": "Blocked"}, [1], 2**70])
names = st.sampled_from(["idTag", "idTagInfo", "status", "type", "currentTime", "errorCode", "x"])
payloads = st.dictionaries(names, values, max_size=3)
pointers = st.one_of(
    names.map(lambda name: f"/{name}"), st.sampled_from(["", "/idTagInfo/status", "/x/0", "/~2", "/-"])
)
steps = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
        "path": pointers,
        "from": pointers,
        "value": values,
    }
)
timed = {"delay_s": st.sampled_from([0, 0, 0, 3, 40]), "random_s": st.sampled_from([0, 0, 2])}
texts = st.sampled_from(
    ["[3,", '[3,"b1",{}]', '[2,"b1","Heartbeat",{}]', '[2,"q","Reset",{"type":"Hard"}]', "[]", ""]
)


def deed(do: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"do": st.just(do), **more})


deeds = st.one_of(
    deed("pass"),
    deed("drop"),
    deed("delay", **timed),
    deed("edit", merge=payloads, **timed),
    deed("edit", patch=st.lists(steps, min_size=1, max_size=3), **timed),
    deed("hold", at_most_s=st.sampled_from([5, 50])),
    deed("answer", payload=payloads, **timed),
    deed("fail", code=st.sampled_from(["InternalError", "Nonsense"]), details=payloads, **timed),
    deed("twice", gap_s=st.sampled_from([0, 2]), **timed),
    deed("wrong_id", id=st.sampled_from([None, "zz", "b1", ""]), **timed),
    deed("garble", text=texts, **timed),
)
matches = st.fixed_dictionaries(
    {},
    optional={
        "direction": st.sampled_from(["sent", "received"]),
        "kind": st.sampled_from(["call", "result", "error"]),
        "action": st.sampled_from(["Heartbeat", "Authorize", "Reset"]),
        "nth": st.sampled_from([1, 2]),
        "fields": st.just([{"path": "status", "present": False}]),
        "evse": st.just(1),
        "transaction": st.just("tx1"),
    },
)
kinds = st.sampled_from(
    [
        {"direction": "sent", "kind": "call"},
        {"direction": "received"},
        {"direction": "received", "kind": "call"},
        {"direction": "sent", "kind": "error"},
    ]
)
follows = st.sampled_from([None, None, "altered", "original"])


@st.composite
def rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for number in range(draw(st.integers(1, 3))):
        rule = {
            "name": f"r{number}",
            "when": draw(st.one_of(st.just({}), st.just({}), kinds, matches)),
            "then": draw(st.lists(deeds, min_size=1, max_size=2)),
            "after_last": draw(st.sampled_from(["last", "pass", "cycle"])),
            "unchecked": draw(st.booleans()),
            "follow": draw(follows),
        }
        if rule["follow"] == "original" and any(deed["do"] == "edit" for deed in rule["then"]):
            rule["follow"] = None
        if rule["when"].get("direction") == "sent" and rule["when"].get("kind") in ("result", "error"):
            rule["follow"] = None
        made.append(rule)
    return made


moves = st.lists(
    st.sampled_from(
        [
            "beat",
            "authorize",
            "transaction",
            "raw",
            "text",
            "answer",
            "answer",
            "answer",
            "bad",
            "error",
            "reset",
            "nonsense",
            "reply",
            "wait",
            "let_go",
            "edit_held",
            "drop_held",
        ]
    ),
    min_size=3,
    max_size=16,
)


class Play:
    """A conversation on a link, in which each side does what comes to its mind."""

    def __init__(self, subprotocol: str) -> None:
        self.it = Linked(subprotocol)
        self.acted: list[str] = []

    def do(self, move: str) -> None:
        link, number = self.it.link, len(self.acted)
        given: dict[str, Any] = {"id": f"a{number}", "charge_point": "CP1", "link": "h.1"}
        match move:
            case "beat":
                self.act(Beat(**given))
            case "authorize":
                self.act(Authorize(**given, token=Token(value="T")))
            case "transaction":
                place, token = Place(evse=1, connector=1), Token(value="T")
                self.act(
                    ReportTransaction(
                        **given,
                        phase="started",
                        transaction="tx1",
                        place=place,
                        token=token,
                        state="charging",
                        seq=0,
                        trigger="authorized",
                        register_wh=0,
                    )
                )
            case "raw":
                self.act(
                    RawCall(
                        **given,
                        name="Heartbeat",
                        payload={"big": 2**70} if number % 4 == 3 else {},
                        checked=False,
                        at_once=True,
                    )
                )
            case "text":
                self.act(RawText(**given, text=f'[2,"t{number}","Heartbeat",{{}}]', at_once=True))
            case "answer" | "bad" | "error":
                self.answer(move)
            case "reset":
                link.take('[2,"7","Reset",{"type":"Hard"}]')
            case "nonsense":
                link.take('[2,"8","Nonsense",{}]')
            case "reply":
                for request in self.requests():
                    link.reply(Silence(id="s", charge_point="CP1", link="h.1", request=request))
            case "wait":
                self.it.wait(4)
            case _:
                self.let_go(move)

    def act(self, action: Any) -> None:
        self.acted.append(action.id)
        self.it.link.act(action)

    def answer(self, how: str) -> None:
        if not self.it.sent:
            return
        try:
            message_id = str(orjson.loads(self.it.sent[-1])[1])
        except (orjson.JSONDecodeError, IndexError):
            return
        texts = {
            "answer": [3, message_id, {"currentTime": "2026-01-01T12:00:00Z"}],
            "bad": [3, message_id, {"idTagInfo": 7}],
            "error": [4, message_id, "InternalError", "", {}],
        }
        self.it.link.take(orjson.dumps(texts[how]).decode())

    def let_go(self, how: str) -> None:
        more: dict[str, Any] = {"edit_held": {"payload": {"x": 1}}, "drop_held": {"drop": True}}.get(how, {})
        for fact in list(self.it.facts):
            if isinstance(fact, FrameHeld):
                self.it.link.let_go(
                    LetGo(id="l", charge_point="CP1", link="h.1", frame=fact.held.frame, **more)
                )

    def requests(self) -> list[str]:
        return [fact.id for fact in self.it.facts if isinstance(fact, Request)]


@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1"])
@settings(max_examples=200, deadline=None)
@given(rules=rules(), moves=moves, lets_invalid_out=st.booleans())
def test_a_link_survives_any_rules(
    subprotocol: str, rules: list[dict[str, Any]], moves: list[str], lets_invalid_out: bool
) -> None:
    play = Play(subprotocol)
    it = play.it
    it.rules(*rules, lets_invalid_out=lets_invalid_out)
    for move in moves:
        play.do(move)
    it.rules()
    # Whatever is kept back or open is over by then, each at most behind all others.
    for _ in range(3 * len(moves) + 6):
        it.wait(60)
        play.do("reply")
    ended = [fact.action for fact in it.facts if isinstance(fact, Outcome)]
    assert sorted(ended) == sorted(play.acted)
    before = len(it.sent)
    it.link.act(Beat(id="last", charge_point="CP1", link="h.1"))
    assert it.sent[before:] == ['[2,"last","Heartbeat",{}]']
    it.link.take('[3,"last",{"currentTime":"2026-01-01T12:00:00Z"}]')
    assert isinstance(it.facts[-1], Answered)
    it.link.down("lost", "")
    assert isinstance(it.facts[-1], LinkDown)
    assert [fact.n for fact in it.facts] == list(range(1, len(it.facts) + 1))  # type: ignore[attr-defined]
    for frame in it.frames:
        any_event.validate_python(frame)
    for fact in it.facts:
        to_abstraction.validate_json(fact.model_dump_json())
