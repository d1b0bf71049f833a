"""Gives commands from a service of your own, typed, with FastStream and the contracts alone.

Needs a running product (`./vcp up` prints its broker's URL).
Run: REDIS_URL=redis://… python examples/02_publish_with_faststream.py
"""

import asyncio
import os
import sys
from uuid import uuid4

from faststream.redis import RedisBroker
from vcp_contracts.commands import Command, PlugIn, Provision, SetEv
from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.streams import DOOR

CHARGER = sys.argv[1] if len(sys.argv) > 1 else "CP002"
broker = RedisBroker(os.environ.get("REDIS_URL", "redis://localhost:6379"))


def new_id() -> str:
    """Every command has its own id. Publish it again with the same id, and it still counts once."""
    return str(uuid4())


async def main() -> None:
    """The front door keeps the order, so nothing needs to be waited for in between."""
    commands: list[Command] = [
        Provision(id=new_id(), charge_point=CHARGER, configuration=ChargePointConfiguration(model="Wall 2")),
        SetEv(id=new_id(), charge_point=CHARGER, power_w=7_400, soc_percent=20),
        PlugIn(id=new_id(), charge_point=CHARGER, evse=1),
    ]
    async with broker:
        for command in commands:
            await broker.publish(command, stream=DOOR)
            print(f"published {type(command).__name__} {command.id}")


if __name__ == "__main__":
    asyncio.run(main())
