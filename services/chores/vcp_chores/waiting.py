"""A worker that costs almost nothing until the first chore: it waits with bare sockets, then becomes the service.

`python -m vcp_chores.waiting`. Most worlds never order a chore, and a whole service would hold five times the memory.
A world that has had a worker before gets its next one at once: something may be in hand there.
"""

import os
import runpy
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast
from urllib.parse import unquote, urlsplit

from vcp_contracts.streams import PARTITIONS, chores, meta

SERVICE = "chores"
BLOCK_MS = 30_000
PAUSE_S = 0.5


def main() -> None:
    """Waits, then becomes the service."""
    url = os.environ.get("REDIS_URL", "")
    partitions = int(os.environ.get("VCP_PARTITIONS") or PARTITIONS)
    while not wanted(url, partitions):
        time.sleep(PAUSE_S)
    runpy.run_module("vcp_chores", run_name="__main__", alter_sys=True)


def wanted(url: str, partitions: int, *, block_ms: int = BLOCK_MS) -> bool:
    """Waits until there is work, or there may be; False: the broker is away. What it can't read it leaves to the
    service, which says why."""
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "unix") or parts.query:
        return True
    try:
        with _connected(url) as stream:
            if not _ready(stream, url):
                return True
            if _ask(stream, "EXISTS", *(meta(p, SERVICE) for p in range(partitions))) != b":0":
                return True
            keys = [chores(p) for p in range(partitions)]
            words = ["XREAD", "COUNT", "1", "BLOCK", str(block_ms), "STREAMS", *keys, *["0-0"] * partitions]
            # no work within the time is told as an empty reply
            while (reply := _ask(stream, *words)) in (b"*-1", b"$-1"):
                pass
            return bool(reply)
    except OSError:
        return False


@contextmanager
def _connected(url: str) -> Iterator[BinaryIO]:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(unquote(parts.path))
    else:
        connection = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), 5.0)
    with connection, connection.makefile("rwb") as stream:
        connection.settimeout(BLOCK_MS / 1000 + 15)
        yield cast(BinaryIO, stream)


def _ready(stream: BinaryIO, url: str) -> bool:
    """Whether the server lets us in."""
    parts = urlsplit(url)
    who = [unquote(name) for name in (parts.username, parts.password) if name]
    if who and _ask(stream, "AUTH", *who) != b"+OK":
        return False
    base = parts.path.strip("/") if parts.scheme == "redis" else ""
    return not base or _ask(stream, "SELECT", base) == b"+OK"


def _ask(stream: BinaryIO, *words: str) -> bytes:
    """The first line of the reply; empty where the connection has ended."""
    encoded = [word.encode() for word in words]
    stream.write(b"*%d\r\n" % len(encoded))
    for word in encoded:
        stream.write(b"$%d\r\n%s\r\n" % (len(word), word))
    stream.flush()
    return stream.readline().rstrip(b"\r\n")


if __name__ == "__main__":
    main()
