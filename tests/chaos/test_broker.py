"""The broker ends and comes back: what it had written is there, what it had not is gone as a whole, and nothing hangs."""

from pathlib import Path

import pytest
from chaos.bed import PARTITIONS, running_bed
from chaos.load import Load
from chaos.verdict import close_the_books

CHARGERS = {f"CP{n:03d}": "ocpp1.6" if n % 2 else "ocpp2.0.1" for n in range(16)}


@pytest.mark.chaos
async def test_a_broker_that_is_killed_loses_nothing_where_every_write_is_flushed(tmp_path: Path):
    async with running_bed(tmp_path, fsync="always") as bed:
        load = Load(bed, CHARGERS, seed=7)
        await load.install()
        async with load.going_on():
            for _ in range(2):
                await load.goes_on()
                bed.broker.kill()
                bed.broker.start()
            await load.goes_on()
        await close_the_books(load)


@pytest.mark.chaos
async def test_a_broker_that_is_stopped_in_order_loses_nothing(tmp_path: Path):
    async with running_bed(tmp_path, fsync="everysec") as bed:
        load = Load(bed, CHARGERS, seed=8)
        await load.install()
        async with load.going_on():
            for _ in range(2):
                await load.goes_on()
                bed.broker.restart()
            await load.goes_on()
        await close_the_books(load)


@pytest.mark.chaos
async def test_a_broker_that_lost_its_last_writes_undoes_them_as_a_whole(tmp_path: Path):
    async with running_bed(tmp_path) as bed:
        load = Load(bed, CHARGERS, seed=9)
        await load.install()
        async with load.going_on():
            await load.goes_on(sessions=10)
        bed.blow_to(frozenset(range(PARTITIONS)), "the broker forgot")
        bed.broker.kill()
        last = bed.append_only_files()[-1]
        written = last.read_bytes()
        last.write_bytes(written[: len(written) - 100_000])
        bed.broker.start()
        again = await load.anew()
        async with again.going_on():
            await again.goes_on(sessions=10)
        await close_the_books(again, undone=True)
