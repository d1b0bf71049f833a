"""Whether the whole product can work: broker, world, an Abstraction, a Handler, the chargers file. Says what is missing."""

from collections.abc import Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError
from vcp_contracts import streams
from vcp_plumbing.commit import LEASE_MS
from vcp_plumbing.connection import LOST, roundtrip

NEEDED = ("abstraction", "handler")


class Readiness:
    """Looks anew each time it is asked."""

    def __init__(
        self, redis: Redis, partitions: int, *, chargers_missing: Callable[[], str | None] = lambda: None
    ) -> None:
        self._redis = redis
        self._partitions = partitions
        self._chargers_missing = chargers_missing

    async def missing(self) -> dict[str, str]:
        """What is missing, each with why; empty when ready."""
        try:
            missing = await self._missing_behind_the_broker()
        except (*LOST, RedisError):
            return {"broker": "does not answer"}
        if (why := self._chargers_missing()) is not None:
            missing["chargers_file"] = why
        return missing

    async def _missing_behind_the_broker(self) -> dict[str, str]:
        replies = await roundtrip(
            self._redis,
            [
                ("TIME",),
                ("HGET", streams.WORLD, "partitions"),
                *(("ZREVRANGE", streams.members(service), 0, 0, "WITHSCORES") for service in NEEDED),
            ],
            timeout_s=2.0,
        )
        for reply in replies:
            if isinstance(reply, Exception):
                return {"broker": str(reply)}
        (seconds, _), partitions, *newest = replies
        missing = {}
        if partitions is None:
            missing["world"] = "the broker was flushed; nobody has made a new world yet"
        elif int(partitions) != self._partitions:
            missing["world"] = f"has {int(partitions)} partitions; this process is set to {self._partitions}"
        for service, reply in zip(NEEDED, newest, strict=True):
            if not reply or int(float(reply[1])) < int(seconds) * 1000 - LEASE_MS:
                missing[service] = "none is alive"
        return missing
