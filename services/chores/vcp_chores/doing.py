"""Does one chore, from its order to its result. Keeps nothing: its files are gone when it ends."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import Redis
from vcp_contracts.chores import (
    AnyChore,
    AnyChoreResult,
    ChainChecked,
    CheckChain,
    ChoreFailed,
    FetchFile,
    FileFetched,
    FileStored,
    KeyMade,
    MakeKey,
    StoreFile,
)
from vcp_contracts.values import AddressPassword, AddressQuery
from vcp_plumbing.vault import Vault, VaultUnsafe

from vcp_chores import archive, records
from vcp_chores.arriving import Arrival, Departure
from vcp_chores.failing import Failed, failure_of
from vcp_chores.location import Location
from vcp_chores.trust import trust

MOST_AT_ONCE = 16
"""Transfers that one process does at a time; others wait."""

log = structlog.get_logger(__name__)


class Doer:
    """All that a chore needs: the broker for records, the vault for authorities."""

    def __init__(self, redis: Redis, vault: Vault | None) -> None:
        self._redis = redis
        self._vault = vault
        self._transfers = asyncio.Semaphore(MOST_AT_ONCE)

    async def do(self, partition: int, chore: AnyChore) -> AnyChoreResult:
        """The result of a chore; a failure is one, too."""
        try:
            if isinstance(chore, MakeKey):
                async with asyncio.timeout(chore.timeout_s):
                    return await self._make_key(chore)
            if isinstance(chore, CheckChain):
                async with asyncio.timeout(chore.timeout_s):
                    return await self._check(chore)
            async with self._transfers, asyncio.timeout(chore.timeout_s):
                if isinstance(chore, FetchFile):
                    return await self._fetch(chore)
                return await self._store(partition, chore)
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                log.exception("chore_failed", charge_point=chore.charge_point, chore=chore.id)
                failure = ChoreFailed(why="internal", detail=type(error).__name__)
            return failure

    async def _check(self, chore: CheckChain) -> ChainChecked:
        signatures = await _module("signatures")
        verdict: ChainChecked = await asyncio.to_thread(
            signatures.check_chain, chore.certificate, chore.roots, chore.time
        )
        return verdict

    async def _make_key(self, chore: MakeKey) -> KeyMade:
        if self._vault is None:
            raise Failed("permission", "no directory is set in VCP_KEYS")
        keys = await _module("keys")
        try:
            made: KeyMade = await asyncio.to_thread(keys.make, chore, self._vault)
        except VaultUnsafe as unsafe:
            raise Failed("permission", str(unsafe)) from None
        return made

    async def _fetch(self, chore: FetchFile) -> FileFetched:
        location = await self._location(chore)
        async with _folder() as folder, Arrival(folder / "file", chore.most_bytes) as arrival:
            match location.scheme:
                case "http" | "https":
                    await (await _module("web")).fetch(location, await self._trust(chore), arrival)
                case "ftp" | "ftps":
                    await (await _module("ftp")).fetch(location, await self._trust(chore), arrival)
                case _:
                    async with self._hosts(chore) as hosts:
                        await (await _module("sftp")).fetch(location, hosts, arrival)
        good: bool | None = None
        if chore.signing is not None and chore.signing.whole:
            signatures = await _module("signatures")
            good = await asyncio.to_thread(
                signatures.fits, chore.signing.certificate, chore.signing.signature, arrival.digest
            )
        return FileFetched(size=arrival.size, sha256=arrival.digest.hex(), signature_good=good)

    async def _store(self, partition: int, chore: StoreFile) -> FileStored:
        location = await self._location(chore)
        async with _folder() as folder:
            path = folder / "archive"
            parts = await self._parts(partition, chore)
            await asyncio.to_thread(archive.pack, path, parts, made=chore.at)
            departure = await asyncio.to_thread(Departure, path)
            match location.scheme:
                case "http" | "https":
                    web, tls = await _module("web"), await self._trust(chore)
                    await web.store(location, tls, departure, chore.name, method=chore.method)
                case "ftp" | "ftps":
                    ftp, tls = await _module("ftp"), await self._trust(chore)
                    await ftp.store(location, tls, departure, chore.name)
                case _:
                    async with self._hosts(chore) as hosts:
                        await (await _module("sftp")).store(location, hosts, departure, chore.name)
        return FileStored(size=departure.size)

    async def _parts(self, partition: int, chore: StoreFile) -> dict[str, bytes]:
        """The files of the archive. A security log has nothing of what was said on the wire."""
        events = await records.events(self._redis, partition, chore)
        if chore.kind == "security":
            return {"security.jsonl": _lines(events)}
        frames = await records.frames(self._redis, partition, chore)
        view = await records.view(self._redis, partition, chore.charge_point)
        return {"charge-point.json": view, "events.jsonl": _lines(events), "frames.jsonl": _lines(frames)}

    async def _location(self, chore: FetchFile | StoreFile) -> Location:
        """Where to, with the user's password and the query out of the vault."""
        location = Location.read(chore.location)
        if chore.password is not None:
            location = replace(location, password=await self._kept(chore.password, "password"))
        if chore.query is not None:
            location = location.queried(await self._kept(chore.query, "query"))
        return location

    async def _kept(self, secret: AddressPassword | AddressQuery, what: str) -> str:
        if self._vault is None or secret.label is None:
            raise Failed("permission", f"no directory is set in VCP_KEYS, where the {what} would be kept")
        try:
            kept = await asyncio.to_thread(self._vault.get, "password", secret.label)
        except (VaultUnsafe, ValueError) as unsafe:
            raise Failed("permission", str(unsafe)) from None
        if kept is None:
            raise Failed("permission", f"the {what} of the location is no longer kept in VCP_KEYS")
        return kept.decode()

    async def _trust(self, chore: FetchFile | StoreFile) -> Any:
        try:
            return await asyncio.to_thread(
                trust, self._vault, chore.ca_label, chore.authorities, insecure=chore.insecure
            )
        except VaultUnsafe as unsafe:
            raise Failed("tls", str(unsafe)) from None

    @asynccontextmanager
    async def _hosts(self, chore: FetchFile | StoreFile) -> AsyncIterator[Any]:
        """The known hosts for a transfer; what was met in it is kept."""
        known = await _module("known_hosts")
        hosts = await asyncio.to_thread(
            known.of, self._vault, chore.charge_point, chore.known_hosts_label, insecure=chore.insecure
        )
        try:
            yield hosts
        finally:
            if hosts.met and self._vault is not None:
                await asyncio.to_thread(known.keep, self._vault, chore.charge_point, hosts)


def _lines(bodies: list[bytes]) -> bytes:
    return b"".join(body + b"\n" for body in bodies)


async def _module(name: str) -> Any:
    """A module that is loaded when it is first needed: its libraries are large, and few processes ever need all."""
    return await asyncio.to_thread(import_module, f"vcp_chores.{name}")


@asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    """A folder for the length of the block."""
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="vcp-chore-")
    try:
        yield Path(folder.name)
    finally:
        await asyncio.to_thread(folder.cleanup)
