"""Transfers over SFTP. A charger has no way to know a server's host key beforehand, so any is taken."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh

from vcp_chores.arriving import BLOCK, Arrival, Departure
from vcp_chores.failing import Failed
from vcp_chores.location import Location

CONNECT_S = 15.0


async def fetch(location: Location, arrival: Arrival) -> None:
    """Downloads a file. Raises Failed, or what the network raises."""
    async with _session(location) as client, client.open(location.file, "rb") as file:
        while block := await file.read(BLOCK):
            assert isinstance(block, bytes)
            await arrival.take(block)


async def store(location: Location, departure: Departure, name: str) -> None:
    """Uploads a file into a folder. Raises Failed, or what the network raises."""
    async with _session(location) as client, client.open(location.in_folder(name), "wb") as file:
        async for block in departure:
            await file.write(block)


@asynccontextmanager
async def _session(location: Location) -> AsyncIterator[asyncssh.SFTPClient]:
    try:
        async with (
            asyncssh.connect(
                location.host,
                location.port or 22,
                username=location.user or "anonymous",
                password=location.password,
                known_hosts=None,
                client_keys=None,
                agent_path=None,
                config=None,
                connect_timeout=CONNECT_S,
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            yield client
    except asyncssh.PermissionDenied:
        raise Failed("permission", "the server refuses this user") from None
    except asyncssh.SFTPNoSuchFile:
        raise Failed("not_found", "no such file or folder") from None
    except asyncssh.SFTPPermissionDenied:
        raise Failed("permission", "no right to that file") from None
    except asyncssh.SFTPError as error:
        raise Failed("refused", error.reason[:200]) from None
    except asyncssh.Error as error:
        raise Failed("protocol", error.reason[:200]) from None
