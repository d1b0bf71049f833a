"""The end of a run: all books are opened. Every complaint is one line."""

from collections.abc import Sequence

from chaos import books
from chaos.bed import PARTITIONS, Bed
from chaos.driver import Event
from chaos.load import Load
from chaos.rest import come_to_rest
from vcp_abstraction.charging import CORE
from vcp_abstraction.shell.replay import differences, record, replay
from vcp_backend import ledger
from vcp_contracts.streams import dead, partition_of

ANYWAY = (
    ledger.open_calls_never_exceed_one,
    ledger.equal_id_equal_payload,
    ledger.answers_at_most_once_on_own_socket,
)
"""What no loss of writes excuses."""

RULES = (*ANYWAY, ledger.one_start_one_stop, ledger.seq_without_gaps, ledger.meter_never_falls)

SHOWN = 20
"""How many complaints are shown of one book."""


async def close_the_books(load: Load, *, undone: bool = False) -> None:
    """Opens all books once the load is over, and raises AssertionError with all complaints.

    `undone`: the broker has lost writes, so that what was said before may be said in another way, or not at all, and a
    commit that was under way may rest on an entry that the broker no longer has; the rest must hold. Stops the
    Abstractions, so that a replay has a fixed end.
    """
    bed = load.bed
    found = {"processes": bed.deaths, "rest": await come_to_rest(bed)}
    rested = await bed.server_time()
    for process in bed.running("abstraction"):
        await process.kill()
    found["dead letters"] = await dead_letters(bed)
    found["event ids"] = books.no_id_twice(bed.driver.events)
    found["results"] = books.one_result_each(bed.driver.commands, own_events(bed))
    found["schemas"] = [f"{v.rule}: {v.identity} {v.what}" for v in bed.backend.violations]
    commands = (c for file in bed.append_only_files() for c in books.commands_of(file.read_bytes()))
    found["commit numbers"] = books.commit_numbers_without_gaps(commands)
    found["sockets"] = books.closed_without_cause(
        [s for s in bed.sockets if s.identity not in load.roamers],
        bed.blows,
        lambda id: partition_of(id, PARTITIONS),
        rested,
    )
    frames = bed.backend.frames
    found["wire"] = [
        f"{v.rule}: {v.identity} {v.what}" for rule in (ANYWAY if undone else RULES) for v in rule(frames)
    ]
    if not undone:
        found["replay"] = [line for p in range(PARTITIONS) for line in await replay_differs(bed, p)]
        found["sessions"] = books.as_many_sessions(load.sessions, bed.driver.events, frames)
    complaints = [line for name, lines in found.items() for line in shortened(name, lines)]
    if complaints:
        raise AssertionError("the books are not in order:\n" + "\n".join(complaints))


def own_events(bed: Bed) -> list[Event]:
    """The events without the results of commands that another driver gave."""
    given = bed.driver.commands
    return [
        event
        for event in bed.driver.events
        if event["type"] not in books.RESULTS or event["result"]["command"] in given
    ]


def shortened(name: str, lines: Sequence[str]) -> list[str]:
    """The complaints of one book, under its name, the first ones only."""
    more = [f"{name}: and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return [f"{name}: {line}" for line in lines[:SHOWN]] + more


async def replay_differs(bed: Bed, partition: int) -> list[str]:
    """Where the state in the store is not what a replay of `in` makes of it."""
    recording = await record(bed.redis, partition, PARTITIONS)
    return [
        f"{d.charge_point} {d.part}: kept {d.kept!r}, replayed {d.replayed!r}"
        for d in differences(recording.chargers, replay(recording, CORE))
    ]


async def dead_letters(bed: Bed) -> list[str]:
    """Every dead letter is a fault: nothing that was said here was unreadable."""
    return [
        fields[b"__data__"].decode()[:500]
        for p in range(PARTITIONS)
        for _, fields in await bed.redis.xrange(dead(p))
    ]
