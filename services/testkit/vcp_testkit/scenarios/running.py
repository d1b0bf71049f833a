"""Many scenarios, some at a time, in the order in which they were named. Plays none itself and shows nothing."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from vcp_testkit.scenarios.playing import play
from vcp_testkit.scenarios.reading import Read
from vcp_testkit.scenarios.stage import Stage
from vcp_testkit.scenarios.telling import Told
from vcp_testkit.scenarios.watching import Control

MOST_AT_ONCE = 16
"""How many scenarios are played at a time at most; each waits for frames, and the control API bounds who waits."""


class Audience(Protocol):
    """Who watches. Scenarios are known by their number in the order of the run."""

    def begins(self, number: int, read: Read) -> None: ...

    def step(self, number: int, step: str) -> None: ...

    def ended(self, number: int, told: Told) -> None: ...


async def run(
    reads: Sequence[Read], control: Control, stage: Stage, audience: Audience, *, jobs: int = 1
) -> list[Told]:
    """Plays all of them, `jobs` at a time; how they ended, in their own order.

    Once no charge point could connect to the backend, the rest is skipped. Where the backend knows certain
    identities only, one scenario has them all, and the next one waits.
    """
    if stage.identities:
        jobs = 1
    turns = asyncio.Semaphore(min(jobs, MOST_AT_ONCE))
    unreached = ""

    async def one(number: int, read: Read) -> Told:
        nonlocal unreached
        async with turns:
            audience.begins(number, read)
            if unreached:
                told = Told(read.name, read.file, "skipped", reason=unreached)
            else:
                told = await play(read, control, stage, say=lambda step: audience.step(number, step))
                unreached = "" if told.connected else told.reason
            audience.ended(number, told)
            return told

    tasks = [asyncio.create_task(one(number, read)) for number, read in enumerate(reads)]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
