"""Transfers over SFTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh

from vcp_chores.arriving import BLOCK, Arrival, Departure
from vcp_chores.failing import Failed
from vcp_chores.known_hosts import KnownHosts
from vcp_chores.location import Location

CONNECT_S = 15.0


async def fetch(location: Location, hosts: KnownHosts, arrival: Arrival) -> None:
    """Downloads a file. Raises Failed, or what the network raises."""
    async with _session(location, hosts) as client, client.open(location.file, "rb") as file:
        while block := await file.read(BLOCK):
            assert isinstance(block, bytes)
            await arrival.take(block)


async def store(location: Location, hosts: KnownHosts, departure: Departure, name: str) -> None:
    """Uploads a file into a folder. Raises Failed, or what the network raises."""
    async with _session(location, hosts) as client, client.open(location.in_folder(name), "wb") as file:
        async for block in departure:
            await file.write(block)


class _Client(asyncssh.SSHClient):
    """Asked about host keys that are not known."""

    def __init__(self, hosts: KnownHosts) -> None:
        self._hosts = hosts

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return self._hosts.meets(host, port, key)


@asynccontextmanager
async def _session(location: Location, hosts: KnownHosts) -> AsyncIterator[asyncssh.SFTPClient]:
    try:
        async with (
            asyncssh.connect(
                location.host,
                location.port or 22,
                username=location.user or "anonymous",
                password=location.password,
                known_hosts=None if hosts.any else hosts.of,
                client_factory=lambda: _Client(hosts),
                client_keys=None,
                agent_path=None,
                config=None,
                connect_timeout=CONNECT_S,
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            yield client
    except asyncssh.HostKeyNotVerifiable:
        raise Failed("host_key", "the server shows another host key than the one that is known") from None
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
