"""Lines that break: to the backend, to the broker, and just the reply of the broker on its way back."""

import random
from pathlib import Path

import pytest
from chaos.bed import PARTITIONS, running_bed
from chaos.load import Load
from chaos.verdict import close_the_books

pytestmark = pytest.mark.timeout(300)
"""Longer than the patience of what is waited for in turn, so that it is named what did not come."""

CHARGERS = {f"CP{n:03d}": "ocpp1.6" if n % 2 else "ocpp2.0.1" for n in range(16)}


@pytest.mark.chaos
async def test_connections_to_the_backend_that_are_cut(tmp_path: Path):
    async with running_bed(tmp_path) as bed:
        load = Load(bed, CHARGERS, seed=4)
        await load.install()
        blow = bed.blow_to(frozenset(range(PARTITIONS)), "all connections are cut")
        async with load.going_on():
            for _ in range(3):
                await load.goes_on(sessions=2)
                assert bed.wire.cut() > 0
        bed.mended(blow)
        await close_the_books(load)


@pytest.mark.chaos
async def test_replies_of_the_broker_that_are_lost_cost_nobody_a_socket(tmp_path: Path):
    chance = random.Random(5)
    async with running_bed(tmp_path) as bed:
        load = Load(bed, CHARGERS, seed=5)
        await load.install()
        async with load.going_on():
            for turn in range(1, 21):
                bed.line.lose_reply(chance.randrange(1, 40))
                await bed.driver.until(lambda turn=turn: bed.line.lost >= turn, "a reply to be lost")
            await load.goes_on()
        await close_the_books(load)


@pytest.mark.chaos
async def test_connections_to_the_broker_that_are_cut_cost_nobody_a_socket(tmp_path: Path):
    async with running_bed(tmp_path) as bed:
        load = Load(bed, CHARGERS, seed=6)
        await load.install()
        async with load.going_on():
            for _ in range(3):
                await load.goes_on(sessions=1)
                assert bed.line.cut() > 0
            await load.goes_on()
        await close_the_books(load)
