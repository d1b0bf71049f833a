"""The archive of a log: what is recorded of one charger in the wanted time, and nothing of another."""

import io
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from chores.file_servers import FtpServer
from redis.asyncio import Redis
from vcp_chores import records
from vcp_chores.doing import Doer
from vcp_contracts import streams
from vcp_contracts.chores import FileStored, StoreFile

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HOME = 3


async def record(redis: Redis, key: str, type: str, minute: int, charge_point: str = "CP001") -> None:
    word = {
        "type": type,
        "charge_point": charge_point,
        "at": (NOON + timedelta(minutes=minute)).isoformat(),
        "minute": minute,
    }
    await redis.xadd(key, {streams.FIELD: orjson.dumps(word)})


@pytest.fixture
async def life(redis: Redis) -> Redis:
    """A charger with a past, beside another."""
    for minute in range(5):
        await record(redis, streams.events(HOME), "meter_sampled", minute)
        await record(redis, streams.events(HOME), "link_changed", minute)
        await record(redis, streams.events(HOME), "link_changed", minute, "CP002")
        await record(redis, streams.frames(HOME, "CP001"), "frame_sent", minute)
    await redis.hset(streams.view(HOME), "CP001", b'{"id":"CP001"}')  # type: ignore[misc]
    return redis


def chore(**fields: Any) -> StoreFile:
    given = {"id": "c1", "charge_point": "CP001", "at": NOON, "location": "", "kind": "diagnostics"}
    return StoreFile(**{**given, "name": "log.tar.gz", **fields})  # type: ignore[arg-type]


async def stored(redis: Redis, ftp: FtpServer, **fields: Any) -> dict[str, bytes]:
    result = await Doer(redis, None).do(HOME, chore(location=ftp.url("/"), **fields))
    assert isinstance(result, FileStored), result
    with tarfile.open(fileobj=io.BytesIO((ftp.folder / "log.tar.gz").read_bytes())) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]


def minutes(lines: bytes) -> list[tuple[str, int]]:
    return [(word["type"], word["minute"]) for word in map(orjson.loads, lines.splitlines())]


async def test_diagnostics_are_events_frames_and_how_the_charger_stands(life: Redis, ftp: FtpServer):
    parts = await stored(life, ftp, since=NOON + timedelta(minutes=3), since_real=NOON + timedelta(minutes=4))
    assert parts.keys() == {"charge-point.json", "events.jsonl", "frames.jsonl"}
    assert parts["charge-point.json"] == b'{"id":"CP001"}'
    assert minutes(parts["events.jsonl"]) == [
        ("meter_sampled", 3),
        ("link_changed", 3),
        ("meter_sampled", 4),
        ("link_changed", 4),
    ]
    assert minutes(parts["frames.jsonl"]) == [("frame_sent", 4)]


async def test_a_security_log_tells_of_security_alone(life: Redis, ftp: FtpServer):
    parts = await stored(life, ftp, kind="security", until=NOON + timedelta(minutes=1))
    assert parts.keys() == {"security.jsonl"}
    assert minutes(parts["security.jsonl"]) == [("link_changed", 0), ("link_changed", 1)]


async def test_a_long_past_is_read_page_by_page_and_cut_at_its_bound(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(records, "PAGE", 3)
    for minute in range(10):
        await record(redis, streams.events(HOME), "link_changed", minute)
    assert len(await records.events(redis, HOME, chore())) == 10
    monkeypatch.setattr(records, "MOST_BYTES", 200)
    newest = await records.events(redis, HOME, chore())
    assert [orjson.loads(body)["minute"] for body in newest] == [7, 8, 9]


@pytest.mark.parametrize(
    "body",
    [
        'no JSON, but "charge_point":"CP001"',
        '["charge_point", {"charge_point":"CP001"}]',
        '{"charge_point":"CP001"}',
    ],
)
async def test_what_a_stranger_wrote_among_the_records_is_no_part_of_a_log(redis: Redis, body: str):
    for key in (streams.events(HOME), streams.frames(HOME, "CP001")):
        await redis.xadd(key, {streams.FIELD: body})
    await record(redis, streams.events(HOME), "link_changed", 1)
    await record(redis, streams.frames(HOME, "CP001"), "frame_sent", 1)
    wanted = chore(since=NOON, since_real=NOON)
    assert len(await records.events(redis, HOME, wanted)) == 1
    assert len(await records.frames(redis, HOME, wanted)) == 1


async def test_a_charger_without_a_past_has_an_empty_log(redis: Redis, ftp: FtpServer, tmp_path: Path):
    parts = await stored(redis, ftp)
    assert parts == {"charge-point.json": b"{}", "events.jsonl": b"", "frames.jsonl": b""}
