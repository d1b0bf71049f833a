"""A broker of somebody else's: waited for a while, refused where waiting would not help."""

import asyncio

import pytest
from vcp_runner.broker import embedded_broker
from vcp_runner.given_broker import answering
from vcp_runner.server_binary import NoBroker


async def test_a_broker_that_answers_is_taken_without_a_word():
    said: list[str] = []
    with embedded_broker() as broker:
        await answering(broker.url, said.append)
    assert said == []


async def test_a_broker_that_comes_late_is_waited_for():
    said: list[str] = []
    with embedded_broker() as broker:
        url = broker.url
        broker.stop()
        waited_for = asyncio.Event()
        waiting = asyncio.create_task(answering(url, lambda line: (said.append(line), waited_for.set())))
        await waited_for.wait()
        broker.start()
        await waiting
    [line] = said
    assert "does not answer" in line


async def test_a_broker_that_never_comes_is_told_with_the_way_out_and_without_its_password(nobody: str):
    said: list[str] = []
    with pytest.raises(NoBroker, match="unset REDIS_URL") as gone:
        await answering(f"redis://:hidden@{nobody}/0", said.append, patience_s=0.01)
    assert "hidden" not in str(gone.value) + said[0]


async def test_what_is_no_address_of_a_broker_is_not_waited_for():
    with pytest.raises(NoBroker, match="redis://"):
        await answering("localhost:6379", print)
