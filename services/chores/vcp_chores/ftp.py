"""Transfers over FTP and FTPS: passive mode, TLS from the start or after AUTH TLS."""

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aioftp
from vcp_contracts.chores import ChoreFailure

from vcp_chores.arriving import BLOCK, Arrival, Departure
from vcp_chores.failing import Failed
from vcp_chores.location import Location

PATIENCE_S = 30.0
CONNECT_S = 15.0
PLAIN_PORT = 21
_SIZE = re.compile(r"[0-9]{1,19}")
TLS_PORT = 990
"""Here TLS begins at once; at any other port with AUTH TLS (RFC 4217)."""


async def fetch(location: Location, tls: ssl.SSLContext, arrival: Arrival) -> None:
    """Downloads a file. Raises Failed, or what the network raises."""
    async with _session(location, tls, missing="not_found") as client:
        size = await _size(client, location.file)
        arrival.must_fit(size)
        async with client.download_stream(location.file) as stream:
            while block := await stream.read(BLOCK):
                await arrival.take(block)
    if size not in (None, arrival.size):
        raise Failed("unreachable", f"the connection ended after {arrival.size} of {size} bytes")


async def store(location: Location, tls: ssl.SSLContext, departure: Departure, name: str) -> None:
    """Uploads a file into a folder. Raises Failed, or what the network raises."""
    async with (
        _session(location, tls, missing="permission") as client,
        client.upload_stream(location.in_folder(name)) as stream,
    ):
        async for block in departure:
            await stream.write(block)


async def _size(client: aioftp.Client, path: str) -> int | None:
    """How long a file is (RFC 3659 §4), or None where the server does not tell: a closed connection is no proof."""
    await client.command("TYPE I", "200")
    try:
        _, told = await client.command(f"SIZE {path}", "213")
    except aioftp.StatusCodeError as refusal:
        if str(refusal.received_codes[-1]) == "550":
            raise
        return None
    found = _SIZE.fullmatch(told[-1].strip(" "))
    return int(found[0]) if found is not None else None


@asynccontextmanager
async def _session(
    location: Location, tls: ssl.SSLContext, *, missing: ChoreFailure
) -> AsyncIterator[aioftp.Client]:
    """A client that is logged in. `missing`: what it means that the server does not take the path (550)."""
    try:
        client = await _connected(location, tls)
        try:
            await client.login(*_who(location))
            yield client
        finally:
            client.close()
    except aioftp.StatusCodeError as refusal:
        code = str(refusal.received_codes[-1])
        raise Failed(_meaning(code, missing), f"FTP {code}") from None
    except aioftp.AIOFTPException as error:
        raise Failed("protocol", type(error).__name__) from None


def _meaning(code: str, missing: ChoreFailure) -> ChoreFailure:
    match code:
        case "530" | "532" | "553":
            return "permission"
        case "550":
            return missing
        case "552":
            return "too_large"
        case _:
            return "refused" if code.startswith("4") else "protocol"


def _who(location: Location) -> tuple[str, str]:
    if location.user is None:
        return aioftp.DEFAULT_USER, aioftp.DEFAULT_PASSWORD
    return location.user, location.password or ""


async def _connected(location: Location, tls: ssl.SSLContext) -> aioftp.Client:
    """`ftps` without a port is tried where TLS begins at once, then where it is asked for."""
    if location.scheme == "ftp":
        return await _connect(location, location.port or PLAIN_PORT)
    if location.port is not None:
        return await _connect(location, location.port, tls)
    try:
        return await _connect(location, TLS_PORT, tls)
    except ConnectionRefusedError:
        return await _connect(location, PLAIN_PORT, tls)


async def _connect(location: Location, port: int, tls: ssl.SSLContext | None = None) -> aioftp.Client:
    at_once = tls if port == TLS_PORT else None
    client = aioftp.Client(socket_timeout=PATIENCE_S, connection_timeout=CONNECT_S, ssl=at_once)
    try:
        await client.connect(location.host, port)
        if tls is not None and at_once is None:
            await client.upgrade_to_tls(tls)
    except BaseException:
        client.close()
        raise
    return client
