"""The world that all processes of one broker share: its random id and its number of partitions."""

import secrets
from dataclasses import dataclass

from redis.asyncio import Redis
from vcp_contracts.streams import WORLD

from vcp_plumbing.connection import Command, roundtrip


@dataclass(frozen=True, slots=True)
class World:
    """One life of one broker's data."""

    id: str
    partitions: int


class WorldMismatch(RuntimeError):
    """This process is configured for another number of partitions than the world has."""

    def __init__(self, configured: int, found: int) -> None:
        self.configured = configured
        self.found = found
        super().__init__(
            f"this process is configured for {configured} partitions, the world has {found}. "
            f"Remedy: set VCP_PARTITIONS={found}, or use another database for a new world."
        )


class WorldChanged(RuntimeError):
    """The broker no longer holds the world that this process works in: flushed, replaced, or another server."""


async def open_world(redis: Redis, partitions: int) -> World:
    """Enter the broker's world, making it first when there is none.

    Raises `WorldMismatch` when it has another number of partitions, one of `LOST` when the broker is away.
    """
    commands: list[Command] = [
        ("HSETNX", WORLD, "id", secrets.token_hex(8)),
        ("HSETNX", WORLD, "partitions", partitions),
        ("HMGET", WORLD, "id", "partitions"),
    ]
    *made, found = await roundtrip(redis, commands)
    for reply in (*made, found):
        if isinstance(reply, Exception):
            raise reply
    world = World(found[0].decode(), int(found[1]))
    if world.partitions != partitions:
        raise WorldMismatch(partitions, world.partitions)
    return world


async def check_world(redis: Redis, world: World) -> None:
    """Raise `WorldChanged` when the broker's world is not `world` any more."""
    [found] = await roundtrip(redis, [("HMGET", WORLD, "id", "partitions")])
    if isinstance(found, Exception):
        raise found
    if found != [world.id.encode(), str(world.partitions).encode()]:
        raise WorldChanged(
            "the broker was flushed or replaced under this process: drop all memory and start over"
        )
