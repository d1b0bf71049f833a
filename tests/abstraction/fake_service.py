"""A process for the chaos tests: the working loop with the fake charger, until it is killed. Arguments: URL, owner."""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import datetime
from typing import Any

from abstraction.fake_core import FAKE, FakeCharger, Surroundings, decide
from abstraction.shop import environment
from vcp_abstraction.core import Decided
from vcp_abstraction.shell.worker import Worker
from vcp_contracts.commands import PressEmergency
from vcp_plumbing.connection import connect


def deadly(cp: FakeCharger, message: Any, now: datetime, around: Surroundings) -> Decided:
    """Like the fake charger, but an emergency ends the whole process."""
    if isinstance(message, PressEmergency):
        os._exit(9)
    return decide(cp, message, now, around)


async def main(url: str, owner: str) -> None:
    redis = await connect(url)
    core = replace(FAKE, decide=deadly)
    await Worker(redis, environment(owner, VCP_KEEP_INPUT="true"), core).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
