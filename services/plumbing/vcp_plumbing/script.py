"""Lua scripts of this room: where they are kept, how they are called. Knows nothing of what they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from importlib.resources import files
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from vcp_plumbing.connection import Argument, Command, roundtrip


class Call(NamedTuple):
    """One call of one script, ready for the wire."""

    script: "Script"
    command: Command


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script and the name under which a server keeps it."""

    source: bytes
    sha: str

    @classmethod
    def of(cls, name: str) -> "Script":
        """The script `<name>.lua` of this package."""
        source = files(__package__).joinpath(f"{name}.lua").read_bytes()
        return cls(source, sha1(source, usedforsecurity=False).hexdigest())

    def call(self, keys: Sequence[Argument], arguments: Sequence[Argument]) -> Call:
        return Call(self, ("EVALSHA", self.sha, len(keys), *keys, *arguments))


async def run(redis: Redis, calls: Sequence[Call], *, timeout_s: float = 5.0) -> list[Any]:
    """Run all calls in one round trip; replies in order, error replies as values.

    A server that does not know a script (a new one, or one that restarted) gets it, and only the calls that it
    could not run are sent again: those have touched nothing. Raises one of `LOST`.
    """
    replies = await roundtrip(redis, [call.command for call in calls], timeout_s=timeout_s)
    unknown = [at for at, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
    if unknown:
        scripts = {calls[at].script for at in unknown}
        loads: list[Command] = [("SCRIPT", "LOAD", script.source) for script in scripts]
        again = await roundtrip(redis, [*loads, *(calls[at].command for at in unknown)], timeout_s=timeout_s)
        for at, reply in zip(unknown, again[len(loads) :], strict=True):
            replies[at] = reply
    return replies
