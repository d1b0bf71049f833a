"""Faults as a charger meets them on the wire."""

import asyncio

import pytest
from backend.bare_charger import Dial, Host
from vcp_backend import Fault
from websockets.exceptions import ConnectionClosedError


async def test_an_answer_that_never_comes_leaves_the_next_call_alone(host: Host, dial: Dial) -> None:
    backend = await host()
    armed = backend.misbehave(Fault(do="never_answer", action="Heartbeat"))
    charger = await dial(backend)
    await charger.send(2, "1", "Heartbeat", {})
    assert (await charger.ask("2", "Heartbeat", {}))[:2] == [3, "2"]
    assert armed.hits == 1


async def test_a_late_answer_is_overtaken(host: Host, dial: Dial) -> None:
    backend = await host()
    backend.misbehave(Fault(do="answer_late", after_s=0.05))
    charger = await dial(backend)
    await charger.send(2, "1", "Heartbeat", {})
    await charger.send(2, "2", "Heartbeat", {})
    assert [(await charger.receive())[1] for _ in range(2)] == ["2", "1"]


async def test_a_slow_answer_holds_up_the_next(host: Host, dial: Dial) -> None:
    backend = await host()
    backend.misbehave(Fault(do="slow", after_s=0.05))
    charger = await dial(backend)
    await charger.send(2, "1", "Heartbeat", {})
    await charger.send(2, "2", "Heartbeat", {})
    assert [(await charger.receive())[1] for _ in range(2)] == ["1", "2"]


async def test_a_late_answer_to_a_charger_that_has_left_is_not_sent(host: Host, dial: Dial) -> None:
    backend = await host()
    backend.misbehave(Fault(do="answer_late", after_s=60))
    charger = await dial(backend)
    await charger.send(2, "1", "Heartbeat", {})
    await backend.wait_for("CP001", "Heartbeat")
    await charger.connection.close()
    await backend.wait_disconnected("CP001")
    assert [frame.direction for frame in backend.frames] == ["in"]


async def test_faults_add_up_on_the_wire(host: Host, dial: Dial) -> None:
    backend = await host()
    backend.misbehave(Fault(do="call_error", code="GenericError"))
    backend.misbehave(Fault(do="answer_twice"))
    charger = await dial(backend)
    first = await charger.ask("1", "Heartbeat", {})
    assert first == [4, "1", "GenericError", "as ordered", {}]
    assert await charger.receive() == first


@pytest.mark.parametrize(("do", "answers"), [("close_before_answer", 0), ("close_after_answer", 1)])
async def test_a_connection_closes_around_the_answer(host: Host, dial: Dial, do: str, answers: int) -> None:
    backend = await host()
    backend.misbehave(Fault(do=do, code=1011))
    charger = await dial(backend)
    await charger.send(2, "1", "Heartbeat", {})
    for _ in range(answers):
        assert (await charger.receive())[:2] == [3, "1"]
    with pytest.raises(ConnectionClosedError):
        await charger.receive()
    assert await charger.closed() == 1011


async def test_a_cut_connection_says_no_goodbye(host: Host, dial: Dial) -> None:
    backend = await host()
    backend.misbehave(Fault(do="close_before_answer"))
    charger = await dial(backend)
    await charger.send(2, "1", "Heartbeat", {})
    assert await charger.closed() == 1006


async def test_a_half_open_connection_reads_nothing_and_answers_no_ping(host: Host, dial: Dial) -> None:
    backend = await host()
    backend.misbehave(Fault(do="stop_reading", action="Heartbeat"))
    charger = await dial(backend)
    await charger.send(2, "1", "Heartbeat", {})
    await backend.wait_for("CP001", "Heartbeat")
    pong = await charger.connection.ping()
    await charger.send(2, "2", "Heartbeat", {})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pong, 0.1)
    assert backend.connected("CP001")
    assert len(backend.frames) == 1
    await backend.disconnect("CP001", abort=True)
    assert await charger.closed() == 1006


async def test_a_question_that_no_charger_knows_goes_before_the_answer(host: Host, dial: Dial) -> None:
    backend = await host()
    backend.misbehave(Fault(do="unknown_action"))
    charger = await dial(backend)
    assert (await charger.ask("1", "Heartbeat", {}))[2] == "BrewCoffee"
    await charger.send(4, "unknown-1", "NotImplemented", "", {})
    assert (await charger.receive())[:2] == [3, "1"]
    assert backend.violations == []


async def test_any_text_can_be_sent(host: Host, dial: Dial) -> None:
    backend = await host()
    charger = await dial(backend)
    await backend.wait_connected("CP001")
    await backend.send_text("CP001", '[3,"nobody asked",{')
    assert await charger.connection.recv() == '[3,"nobody asked",{'
    assert backend.frames[-1].text == '[3,"nobody asked",{'


async def test_the_backend_behaves_again_when_told(host: Host, dial: Dial) -> None:
    backend = await host()
    backend.misbehave(Fault(do="never_answer", times=None))
    backend.behave()
    charger = await dial(backend)
    assert (await charger.ask("1", "Heartbeat", {}))[0] == 3


async def test_an_answer_can_be_too_large_for_a_charger(host: Host, dial: Dial) -> None:
    backend = await host()
    backend.misbehave(Fault(do="oversized", size=2_000_000))
    charger = await dial(backend, max_size=2**20)
    await charger.send(2, "1", "Heartbeat", {})
    await charger.closed()
    assert charger.connection.protocol.close_sent.code == 1009
