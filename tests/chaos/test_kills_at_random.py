"""Both services are killed again and again while they work; nothing is lost, doubled, reordered or left hanging."""

import asyncio
import os
import random
from pathlib import Path

import pytest
from chaos.bed import running_bed
from chaos.load import Load
from chaos.verdict import close_the_books

KILLS = 20
CHARGERS = {f"CP{n:03d}": "ocpp1.6" if n % 2 else "ocpp2.0.1" for n in range(48)}
ROAMERS = frozenset({"CP006", "CP007", "CP016", "CP017", "CP026", "CP027", "CP036", "CP037"})
SECONDS = float(os.environ.get("VCP_CHAOS_SECONDS") or 0)
"""How long to go on killing, where twenty kills are not enough."""


@pytest.mark.chaos
@pytest.mark.timeout(180 + 3 * SECONDS)
async def test_services_killed_at_any_moment_lose_and_double_nothing(tmp_path: Path):
    chance = random.Random(20)
    async with running_bed(tmp_path, abstractions=2, handlers=2) as bed:
        load = Load(bed, CHARGERS, seed=20, roamers=ROAMERS)
        await load.install()
        over = asyncio.get_running_loop().time() + SECONDS
        async with load.going_on():
            while bed.kills < KILLS or asyncio.get_running_loop().time() < over:
                if chance.random() < 0.7:
                    await load.goes_on()
                # Killed in the midst of work or of a recovery, at a moment drawn by lot: that is what this is for.
                await asyncio.sleep(chance.uniform(0.0, 0.5))
                owners = [one for one in bed.processes if await bed.owned(one)]
                victim = chance.choice(owners or bed.processes)
                await bed.kill(victim, release=chance.random() < 0.8)
        print(
            f"{bed.kills} kills, {sum(load.sessions.values())} sessions, {len(bed.driver.commands)} commands,"
        )
        print(f"{len(bed.backend.frames)} frames, {len(bed.sockets)} sockets, calls {dict(load.calls)}")
        await close_the_books(load)
        assert load.calls["answered"] > 20
