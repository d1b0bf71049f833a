"""The record in memory and on disk."""

from datetime import UTC, datetime
from pathlib import Path

from vcp_backend.frames import Frame, Record, read_journal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def record(journal: Path | None = None, *, keep: bool = True) -> Record:
    return Record(keep=keep, journal=journal, clock=lambda: NOON)


def test_a_journal_is_complete_before_it_is_closed(tmp_path: Path) -> None:
    journal = tmp_path / "wire.jsonl"
    writing = record(journal)
    socket = writing.opened("CP 001", "ocpp1.6")
    writing.add(socket, "in", '[2,"1","Heartbeat",{}]')
    writing.add(socket, "out", b'[3,"1",{"currentTime":"\xc3\xa9"}]')
    assert read_journal(journal) == writing.frames
    assert writing.frames[1] == Frame(2, 1, "CP 001", "ocpp1.6", "out", '[3,"1",{"currentTime":"é"}]', NOON)


def test_a_journal_is_continued_after_a_kill_in_the_middle_of_a_line(tmp_path: Path) -> None:
    journal = tmp_path / "wire.jsonl"
    killed = record(journal)
    killed.add(killed.opened("CP001", "ocpp1.6"), "in", "first")
    with journal.open("ab") as file:
        file.write(b'{"seq":2,"socket_num')
    assert [frame.text for frame in read_journal(journal)] == ["first"]

    next_life = record(journal)
    next_life.add(next_life.opened("CP001", "ocpp1.6"), "in", "second")
    assert [(f.seq, f.socket_number, f.text) for f in read_journal(journal)] == [
        (1, 1, "first"),
        (2, 2, "second"),
    ]


def test_without_a_record_frames_are_numbered_and_not_kept() -> None:
    bench = record(keep=False)
    socket = bench.opened("CP001", "ocpp1.6")
    assert [bench.add(socket, "in", b"a"), bench.add(socket, "in", b"b")] == [1, 2]
    assert bench.frames == []
    assert bench.sockets == []
    assert not bench.wanted


def test_a_socket_is_kept_with_its_end() -> None:
    writing = record()
    socket = writing.opened("CP001", "ocpp1.6")
    writing.closed(socket, 1001)
    assert [(s.number, s.opened_at, s.closed_at, s.close_code) for s in writing.sockets] == [
        (1, NOON, NOON, 1001)
    ]
