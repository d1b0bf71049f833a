"""Clients of the broker: how they connect, what they demand of a server, one cheap round trip. No keys here."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.asyncio.connection import Connection, ConnectionPool, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

LOST = (RedisConnectionError, RedisTimeoutError, OSError)
"""What a broken or silent connection raises. Whether the server did the work is then unknown."""

Argument = bytes | str | int
Command = tuple[Argument, ...]

_OLDEST = (7, 0)
# Its stub says "a tuple of one"; it takes any.
_pack: Callable[[Command], bytes] = hiredis.pack_command  # type: ignore[assignment]


class UnfitServer(RuntimeError):
    """The server answers, but this product cannot live on it."""


def client(url: str, *, timeout_s: float | None = None) -> Redis:
    """A client for `url` (redis://, rediss://, unix://) that never repeats a command by itself.

    redis-py repeats a command whose reply was lost, which would do work twice; so retries are 0, whatever
    the URL says. `timeout_s` bounds each plain command; loops that use `roundtrip` leave it out, it is dear.
    """
    options: dict[str, Any] = dict(parse_url(url))
    options.update(
        retry=Retry(NoBackoff(), 0),
        retry_on_error=[],
        retry_on_timeout=False,
        decode_responses=False,
        protocol=2,
        socket_timeout=timeout_s,
        max_connections=1_000,
        health_check_interval=0,
    )
    kind = options.pop("connection_class", Connection)
    if "path" not in options:
        options.update(socket_keepalive=True, socket_connect_timeout=5.0)
    return Redis.from_pool(ConnectionPool(connection_class=kind, **options))


async def connect(url: str, *, timeout_s: float | None = None) -> Redis:
    """A client whose server has answered and is fit.

    Raises one of `LOST` when nothing answers, `UnfitServer` when the server is too old, may evict our keys, or wants
    another password.
    """
    redis = client(url, timeout_s=timeout_s)
    try:
        async with asyncio.timeout(5.0):
            judge_server(await redis.info())
    except BaseException as failure:
        await redis.aclose()
        # some versions of the client wrap it
        if isinstance(failure, AuthenticationError) or isinstance(failure.__cause__, AuthenticationError):
            raise UnfitServer(
                f"the server wants a password, or another one ({failure}): write it into REDIS_URL, "
                "redis://user:password@host:6379/0"
            ) from None
        raise
    return redis


def judge_server(info: dict[str, Any]) -> None:
    """Raise `UnfitServer` unless the server, described by its INFO, has what we need."""
    version = str(info.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
        raise UnfitServer(f"the server is Redis {version}; Redis 7.0 or newer (or Valkey) is needed")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if int(info.get("maxmemory", 0)) and policy.startswith("allkeys"):
        raise UnfitServer(f"maxmemory-policy is {policy}, which deletes our keys; set it to noeviction")


async def roundtrip(redis: Redis, commands: Sequence[Command], *, timeout_s: float = 5.0) -> list[Any]:
    """Send all commands at once and return their raw replies in order; an error reply is a value, not raised.

    A third of the cost of a redis-py pipeline. Raises one of `LOST` when the connection broke or stayed silent
    for `timeout_s`: then nothing is known about any of the commands.
    """
    packed = b"".join([_pack(command) for command in commands])
    pool: Any = redis.connection_pool
    try:
        async with asyncio.timeout(timeout_s):
            connection = await pool.get_connection()
            try:
                await connection.send_packed_command(packed)
                return [await _reply(connection) for _ in commands]
            except BaseException:
                # Replies still under way must never be read as those of the next command.
                await connection.disconnect(nowait=True)
                raise
            finally:
                await pool.release(connection)
    except TimeoutError as silent:
        raise RedisTimeoutError(f"no answer from the server for {timeout_s} s") from silent


async def ask(redis: Redis, commands: Sequence[Command]) -> list[Any]:
    """The raw replies to all commands of one round trip. Raises one of `LOST`, or the first error reply."""
    replies = await roundtrip(redis, commands)
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


async def _reply(connection: Any) -> Any:
    try:
        return await connection.read_response()
    except ResponseError as refused:
        return refused
