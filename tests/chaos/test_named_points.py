"""Each service ends at each point at which an end could hurt: between any two steps of a walk."""

import signal
from pathlib import Path

import pytest
from chaos.bed import PARTITIONS, Bed, running_bed
from chaos.load import Load
from chaos.process import Service
from chaos.verdict import close_the_books

CHARGERS = {f"CP{n:03d}": "ocpp1.6" if n % 2 else "ocpp2.0.1" for n in range(16)}


async def end_at_each(bed: Bed, load: Load, service: Service, *points: str) -> None:
    """One process after the other ends at the next point, and the next one takes up what it left."""
    [first] = bed.running(service)
    await load.goes_on()
    await first.kill()
    doomed = await bed.replace(first, release=True, crash_at=points[0])
    for following in (*points[1:], ""):
        assert await doomed.ended() == -signal.SIGKILL, doomed.last_words()
        doomed = await bed.replace(doomed, release=True, crash_at=following)
    await load.goes_on()


@pytest.mark.chaos
async def test_an_abstraction_that_ends_at_any_point(tmp_path: Path):
    async with running_bed(tmp_path) as bed:
        load = Load(bed, CHARGERS, seed=1)
        await load.install()
        async with load.going_on():
            # read, and not looked at · decided, and not committed · committed, and the reply not read
            await end_at_each(bed, load, "abstraction", "read:20", "decided:20", "committed:20")
        await close_the_books(load)


@pytest.mark.chaos
async def test_a_handler_that_ends_at_any_point(tmp_path: Path):
    async with running_bed(tmp_path) as bed:
        load = Load(bed, CHARGERS, seed=2)
        await load.install()
        blow = bed.blow_to(frozenset(range(PARTITIONS)), "its only Handler ends")
        async with load.going_on():
            # read · sent, and nothing told of it · answered, and nothing told of it · published, and the reply not read
            await end_at_each(bed, load, "handler", "read:20", "sent:50", "answered:50", "committed:20")
        bed.mended(blow)
        await close_the_books(load)
