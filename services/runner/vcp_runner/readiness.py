"""Whether a server on this machine is ready: an HTTP address that says 200, or a port that listens."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

import psutil

PROBE_TIMEOUT_S = 2.0


async def is_ready(address: str, pid: int) -> bool:
    """One look at `http://host:port/path` (ready: any 2xx) or `tcp://host:port` (ready: it listens), served by `pid`.

    Plain sockets, so that no proxy setting of the environment comes between.
    """
    parts = urlsplit(address)
    if parts.hostname is None or parts.port is None:
        raise ValueError(f"{address} names no host and port")
    if not listens(pid, parts.port):
        return False
    if parts.scheme == "tcp":
        return True
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                writer.write(f"GET {parts.path or '/'} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
                status = (await reader.readline()).split()
                return len(status) > 1 and status[1].startswith(b"2")
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError):
        return False


def listens(pid: int, port: int) -> bool:
    """Whether it is this very process that listens on a port: an answer there may also be somebody else's."""
    try:
        sockets = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in sockets)
