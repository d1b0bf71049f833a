"""What a partition says while it works: words out, events, results, dead letters. Pure; decides nothing."""

from collections.abc import Iterable
from datetime import datetime
from itertools import count
from typing import Literal

from pydantic_core import to_json
from vcp_contracts.commands import Command
from vcp_contracts.events import CommandDone, CommandRejected, DeadLetter
from vcp_contracts.requests import Declined, Request
from vcp_contracts.results import CommandResult
from vcp_contracts.streams import dead
from vcp_contracts.words import Word
from vcp_plumbing.reader import Entry

from vcp_abstraction.shell.changes import BODY_KEPT, Changes, Dead
from vcp_abstraction.shell.done import Done
from vcp_abstraction.shell.reading import Unread

NOBODY = "-"
"""The charge point of an event about an entry that names none."""

Kind = Literal["impossible", "bad_field", "unreadable"]


class Ledger:
    """Collects into `changes`, which the partition hands over and replaces."""

    def __init__(self, partition: int, nonce: str, done: Done, changes: Changes) -> None:
        self.changes = changes
        self._partition = partition
        self._nonce = nonce
        self._done = done
        self._ids = count(1)

    def say(self, words: Iterable[Word]) -> None:
        """Words to the Handler."""
        self.changes.to_handler.extend(map(_dump, words))

    def assign(self, words: Iterable[Word]) -> None:
        """Words to the chores worker."""
        self.changes.to_chores.extend(map(_dump, words))

    def tell(self, events: Iterable[Word]) -> None:
        """Events to the world."""
        self.changes.events.extend(map(_dump, events))

    def conclude(self, result: CommandResult, now: datetime) -> None:
        """The one result of a command: kept, and told."""
        self._done.note(result)
        self.changes.results.append((result.command, _dump(result)))
        self._tell_result(result, now)

    def reject(self, command: str, charge_point: str, now: datetime, why: Unread, kind: Kind) -> None:
        """A command is refused by the shell: it never reached its charger, or broke it."""
        rejected = CommandResult(
            command=command,
            charge_point=charge_point,
            status="rejected",
            at=now,
            kind=kind,
            field=why.field,
            reason=why.reason,
            remedy=why.remedy,
        )
        self.conclude(rejected, now)

    def repeat(self, command: str, now: datetime) -> bool:
        """Tells the first result of a command again. False: it has none, so it is new or under way."""
        result = self._done.first_result(command, now)
        if result is not None:
            self._tell_result(result.model_copy(update={"repeated": True}), now)
        return result is not None

    def bury(
        self, entry: Entry, charge_point: str, reason: str, now: datetime, *, trace: str | None = None
    ) -> None:
        """An entry goes to the dead, with an event."""
        body = next(iter(entry.fields.values()), b"")[:BODY_KEPT]
        self.changes.dead.append(Dead(entry.id, charge_point, reason, body, trace))
        letter = DeadLetter(id=self._mint(), charge_point=charge_point, at=now, entry=entry.id, reason=reason)
        self.tell([letter])

    def bury_unread(self, entry: Entry, why: Unread, now: datetime) -> None:
        """An entry that is no word for this partition goes to the dead; a command among them is rejected."""
        charge_point = why.charge_point or NOBODY
        self.bury(entry, charge_point, why.reason, now)
        if why.command is not None and not self.repeat(why.command, now):
            self.reject(why.command, charge_point, now, why, "bad_field" if why.known else "unreadable")

    def give_up(self, word: Word, reason: str, now: datetime) -> None:
        """Ends what a charger failed on, for those who wait: a command is rejected, the backend gets an error."""
        if isinstance(word, Command):
            remedy = f"report it as a defect; the entry lies in {dead(self._partition)}"
            why = Unread(f"the charger failed on it: {reason}", remedy=remedy)
            self.reject(word.id, word.charge_point, now, why, "impossible")
        elif isinstance(word, Request):
            answer = Declined(
                id=self._mint(),
                charge_point=word.charge_point,
                at=now,
                cause=word.id,
                link=word.link,
                request=word.id,
                reason="internal",
            )
            self.say([answer])

    def _tell_result(self, result: CommandResult, now: datetime) -> None:
        event = CommandDone if result.status == "done" else CommandRejected
        told = event(
            id=self._mint(), charge_point=result.charge_point, at=now, cause=result.command, result=result
        )
        self.tell([told])

    def _mint(self) -> str:
        return f"{self._nonce}-e{next(self._ids)}"


def _dump(word: Word | CommandResult) -> bytes:
    # as `model_dump_json` does it, without the way over a text
    return to_json(word, exclude_none=True)
