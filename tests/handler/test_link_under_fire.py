"""Whatever a backend sends: no text raises, facts stay numbered, and every call gets at most one answer."""

import orjson
import pytest
from handler.linked import Linked
from hypothesis import given, settings
from hypothesis import strategies as st
from vcp_contracts.actions import Beat
from vcp_contracts.letters import any_event
from vcp_contracts.requests import Request, Silence

json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
actions = st.sampled_from(["Reset", "ClearCache", "DataTransfer", "GetVariables", "Heartbeat", "Nonsense"])
payloads = st.sampled_from(
    [{}, {"type": "Hard"}, {"type": "Immediate"}, {"vendorId": "v"}, {"getVariableData": []}, None]
)
ids = st.sampled_from(["1", "2", "a1", "", "x" * 40]) | json
calls = st.tuples(st.just(2), ids, actions | json, payloads | json).map(list)
answers = st.tuples(st.just(3), ids, payloads | json).map(list)
errors = st.lists(json, max_size=4).map(lambda rest: [4, "a1", *rest])
texts = st.lists(
    st.one_of(calls, answers, errors, json).map(lambda frame: orjson.dumps(frame).decode())
    | st.text(max_size=20)
    | st.binary(max_size=5),
    max_size=8,
)


@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1"])
@settings(max_examples=60, deadline=None)
@given(texts=texts)
def test_a_link_survives_any_backend(subprotocol: str, texts: list[str | bytes]) -> None:
    it = Linked(subprotocol)
    it.link.act(Beat(id="a1", charge_point="CP1", link="h.1"))
    for text in texts:
        it.link.take(text)
    for fact in it.facts:
        if isinstance(fact, Request):
            it.link.reply(Silence(id="r", charge_point="CP1", link="h.1", request=fact.id))
    it.wait(60)
    it.link.down("lost", "")
    assert [fact.n for fact in it.facts] == list(range(1, len(it.facts) + 1))  # type: ignore[attr-defined]
    assert it.aborted == []
    received = [frame for frame in it.frames if frame["type"] == "frame_received"]
    assert len(received) == len(texts)
    assert len(it.sent) - 1 <= len(texts)
    for frame in it.frames:
        any_event.validate_python(frame)
