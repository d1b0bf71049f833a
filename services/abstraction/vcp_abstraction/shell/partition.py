"""All chargers of one partition in memory, and what one cycle does to them. Pure and synchronous; knows no store."""

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import Any

from vcp_contracts.chores import ChoreDone, ChoresUp
from vcp_contracts.commands import AnyCommand, Command, Retire
from vcp_contracts.letters import ToAbstraction
from vcp_contracts.link import AnyFact, HandlerUp
from vcp_contracts.outcomes import AnyOutcome
from vcp_contracts.requests import AnyRequest
from vcp_contracts.results import CommandResult
from vcp_contracts.streams import inbox, partition_of
from vcp_plumbing.entry import Unreadable, decode_entry
from vcp_plumbing.reader import Entry

from vcp_abstraction.core import Core, Decided, Handling
from vcp_abstraction.shell.changes import Changes, Epoch, Keeping
from vcp_abstraction.shell.done import Done
from vcp_abstraction.shell.ledger import NOBODY, Ledger
from vcp_abstraction.shell.merge import Timer, merge, time_of
from vcp_abstraction.shell.reading import Unread, read
from vcp_abstraction.shell.resident import Resident

TIMERS_A_CYCLE = 100
"""How many timers run before the cycle is committed: a cycle must end well within a lease."""

DEADLY = "every process that tried this entry ended before it was done"
"""The reason of an entry that is buried unread."""

TIMERS_A_CHARGER = 4
TIMERS_AT_LEAST = 64
"""How many timers are kept, moved ones included, before those that were moved are swept out."""

STALLS = 100
"""How often a charger's timers may run without moving on before it counts as failed."""

ChargerWord = AnyCommand | AnyOutcome | AnyRequest | AnyFact | ChoreDone


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception of the core: its last line is what a dead letter tells, the whole of it is for the log."""

    reason: str
    trace: str

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        reason = "".join(traceback.format_exception_only(error)).strip()
        return cls(reason, "".join(traceback.format_exception(error)))


class Partition:
    """One partition from its load to its loss.

    `position` is the last entry taken, `horizon` the time up to which everything has been: it never goes back.
    `work` takes entries and timers, `settle` hands over what is to be written. What was handed over counts as kept:
    when it can't be written, the whole partition is thrown away and loaded anew.
    """

    def __init__(
        self,
        number: int,
        *,
        partitions: int,
        core: Core,
        nonce: str,
        position: str,
        horizon: datetime,
        handling: Handling | None = None,
        done: Done | None = None,
    ) -> None:
        self.number = number
        self.position = position
        self.horizon = horizon
        self.nonce = nonce
        self.handling = handling or Handling()
        self.behind = False
        """Whether the last `work` stopped before it had taken all: there is more to do at once."""
        self._partitions = partitions
        self._core = core
        self._changes = Changes(epoch=Epoch(position, horizon, nonce))
        self._ledger = Ledger(number, nonce, Done() if done is None else done, self._changes)
        self._residents: dict[str, Resident] = {}
        self._touched: dict[str, Resident] = {}
        self._unloadable: dict[str, str] = {}
        self._timers: list[Timer] = []
        self._generation = 0
        self._around = self._surround()

    # --- what is here ---------------------------------------------------------------------------------------------

    def admit(self, id: str, sections: dict[str, bytes], queue: dict[str, bytes]) -> None:
        """Takes in a charger as it was kept. One that can't be read stays out, and every word for it is refused."""
        try:
            resident = Resident.loaded(self._core, id, sections, queue)
        except Exception as error:
            self._unloadable[id] = Failure.of(error).reason
            return
        if resident.charger.exists:
            self._residents[id] = resident
            self._arm(resident)

    @property
    def queued(self) -> int:
        """How many actions wait in all chargers' queues."""
        return sum(resident.queued for resident in self._residents.values())

    @property
    def residents(self) -> Mapping[str, Resident]:
        """The chargers that live here."""
        return self._residents

    @property
    def unloadable(self) -> Mapping[str, str]:
        """The chargers whose kept state can't be read, and why."""
        return self._unloadable

    @property
    def next_due(self) -> datetime | None:
        """When the next timer is due."""
        timer = self._first_timer()
        return timer.due if timer else None

    @property
    def timers_kept(self) -> int:
        """How many timers are kept, those included that were moved since."""
        return len(self._timers)

    # --- a cycle --------------------------------------------------------------------------------------------------

    def work(self, entries: Iterable[Entry], bound: datetime, *, timers: int = TIMERS_A_CYCLE) -> None:
        """Takes entries, and the timers due before `bound`, in their order. Stops early after `timers` timers."""
        self.behind = False
        fired = 0
        for item in merge(entries, self._first_timer, bound):
            if isinstance(item, Entry):
                self._take(item)
                continue
            if fired >= timers and item.due > self.horizon:
                # Only between two instants: so all that was due before the horizon has run, and nothing else.
                self.behind, bound = True, item.due
                break
            fired += 1
            self._run_timer(item)
        self.horizon = max(self.horizon, bound)

    def bury_head(self, entry: Entry) -> None:
        """Takes an entry without a look at it: it has ended those who tried it."""
        self._ledger.bury(entry, NOBODY, DEADLY, self._advance(time_of(entry.id)))
        self._took(entry)

    def settle(self) -> Changes | None:
        """What is to be written of all that was taken since the last time, or None."""
        changes = self._changes
        if not (changes.entries or changes.timers):
            return None
        for resident in self._touched.values():
            keeping = self._settle(resident)
            if keeping is not None:
                changes.keepings.append(keeping)
            if not resident.charger.exists:
                self._residents.pop(resident.id, None)
        changes.horizon = self.horizon
        self._touched = {}
        self._changes = self._ledger.changes = Changes()
        return changes

    # --- entries --------------------------------------------------------------------------------------------------

    def _take(self, entry: Entry) -> None:
        now = self._advance(time_of(entry.id))
        try:
            word = read(decode_entry(entry.fields), own_id=f"p{self.number:02d}-{entry.id}", time=now)
            self._hear(entry, word, now)
        except Unreadable as error:
            why = Unread(str(error), remedy="send one field __data__ that holds one JSON object")
            self._ledger.bury_unread(entry, why, now)
        except Unread as why:
            self._ledger.bury_unread(entry, why, now)
        self._took(entry)

    def _took(self, entry: Entry) -> None:
        self.position = self._changes.position = entry.id
        self._changes.entries += 1

    def _hear(self, entry: Entry, word: ToAbstraction, now: datetime) -> None:
        """Raises Unread where the word can't reach a charger of this partition."""
        if isinstance(word, HandlerUp):
            self._meet_handler(entry, word, now)
            return
        if isinstance(word, ChoresUp):
            self._meet_worker(entry, word, now)
            return
        if isinstance(word, Command) and self._is_repeated(word, now):
            return
        resident = self._residents.get(word.charge_point) or self._newcomer(word)
        if isinstance(word, Retire) and word.charge_point in self._unloadable:
            del self._unloadable[word.charge_point]
            self._ledger.conclude(_retired(word, now), now)
            self._touched[resident.id] = resident
            return
        if isinstance(word, Command):
            resident.pending.add(word.id)
        self._tell(entry, resident, word, now)

    def _meet_handler(self, entry: Entry, up: HandlerUp, now: datetime) -> None:
        self.handling = self._changes.handling = Handling(up.owner, up.manners, up.secrets_flaw)
        self._around = self._surround()
        for id in sorted(self._residents):
            self._tell(entry, self._residents[id], up, now)

    def _meet_worker(self, entry: Entry, up: ChoresUp, now: datetime) -> None:
        for id in sorted(id for id, resident in self._residents.items() if resident.charger.awaits_chores):
            self._tell(entry, self._residents[id], up, now)

    def _is_repeated(self, command: Command, now: datetime) -> bool:
        """Whether it was seen before: its first result is told again, or will come as it is under way."""
        resident = self._residents.get(command.charge_point)
        under_way = resident is not None and command.id in resident.pending
        return under_way or self._ledger.repeat(command.id, now)

    def _newcomer(self, word: ChargerWord) -> Resident:
        """A blank charger, for a word to one that does not live here yet. Raises Unread where it can't live here."""
        id = word.charge_point
        command = word.id if isinstance(word, Command) else None
        home = partition_of(id, self._partitions)
        if home != self.number:
            raise Unread(
                f"charge point {id} belongs to partition {home}, not {self.number}",
                field="charge_point",
                remedy=f"publish to {inbox(home)}, or to the front door",
                command=command,
                charge_point=id,
                known=True,
            )
        if id in self._unloadable and not isinstance(word, Retire):
            raise Unread(
                f"the kept state of {id} can't be read: {self._unloadable[id]}",
                remedy="retire the charge point and provision it anew",
                command=command,
                charge_point=id,
            )
        resident = Resident(self._core, id, leftovers=id in self._unloadable)
        self._residents[id] = resident
        return resident

    def _tell(self, entry: Entry, resident: Resident, word: ToAbstraction, now: datetime) -> None:
        """Lets a charger decide. If it fails, the word goes to the dead and the charger stays as it was, but for what
        waited for that word."""
        around = self._around
        failure = self._attempt(resident, lambda charger: self._core.decide(charger, word, now, around), now)
        if failure is not None:
            self._ledger.bury(entry, resident.id, failure.reason, now, trace=failure.trace)
            if not isinstance(word, HandlerUp | ChoresUp):
                resident.pending.discard(word.id)
                self._ledger.give_up(word, failure.reason, now)
            self._give_up(entry, resident, word, failure.reason, now)
        self._touch(resident, now)

    def _give_up(
        self, entry: Entry, resident: Resident, word: ToAbstraction, reason: str, now: datetime
    ) -> None:
        """Lets a charger end what waits for a word on which it failed: a step of its own. If it fails on that too, it
        stands still."""
        if not resident.charger.exists:
            return
        around = self._around
        failure = self._attempt(
            resident, lambda charger: self._core.give_up(charger, word, reason, now, around), now
        )
        if failure is not None:
            self._ledger.bury(entry, resident.id, failure.reason, now, trace=failure.trace)
            self._stand_still(resident)

    def _attempt(self, resident: Resident, step: Callable[[Any], Decided], now: datetime) -> Failure | None:
        """Lets a charger take one step, and says what comes of it. A step that fails has not happened."""
        try:
            decision = step(resident.charger)
            resident.look()
        except Exception as error:
            resident.rebuild()
            return Failure.of(error)
        resident.took(step)
        self._ledger.say(decision.to_handler)
        self._ledger.assign(decision.to_chores)
        self._ledger.tell(decision.events)
        for result in decision.results:
            resident.pending.discard(result.command)
            self._ledger.conclude(result, now)
        return None

    # --- timers ---------------------------------------------------------------------------------------------------

    def _run_timer(self, timer: Timer) -> None:
        heappop(self._timers)
        self._changes.timers += 1
        now = self._advance(timer.due)
        resident = self._residents[timer.charge_point]
        resident.armed = None
        # A timer that fails runs once more; a charger that fails twice stands still instead of spinning.
        failure = self._fire(resident, now) and self._fire(resident, now)
        failure = failure or self._stall(resident, now)
        if failure is not None:
            self._quarantine(resident, timer, failure, now)
        self._touch(resident, now)

    def _fire(self, resident: Resident, now: datetime) -> Failure | None:
        around = self._around
        return self._attempt(resident, lambda charger: self._core.fire(charger, now, around), now)

    def _stall(self, resident: Resident, now: datetime) -> Failure | None:
        due = resident.due
        resident.stalls = resident.stalls + 1 if due is not None and due <= now else 0
        if resident.stalls < STALLS:
            return None
        return Failure(f"its timers ran {STALLS} times and stay at {due}", "")

    def _quarantine(self, resident: Resident, timer: Timer, failure: Failure, now: datetime) -> None:
        self._stand_still(resident)
        entry = Entry(f"timer {timer.due.isoformat()}", {})
        self._ledger.bury(entry, resident.id, failure.reason, now, trace=failure.trace)

    def _stand_still(self, resident: Resident) -> None:
        resident.stalls = 0
        resident.charger.quarantine()
        resident.took(lambda charger: charger.quarantine())
        resident.look()

    def _first_timer(self) -> Timer | None:
        """The timer at the top of the heap, after those that a charger has moved since."""
        timers = self._timers
        while timers:
            resident = self._residents.get(timers[0].charge_point)
            if resident is not None and resident.armed == timers[0].due:
                return timers[0]
            heappop(timers)
        return None

    def _arm(self, resident: Resident) -> None:
        due = resident.due
        if due != resident.armed:
            resident.armed = due
            if due is not None:
                heappush(self._timers, Timer(due, resident.id))
                if len(self._timers) > TIMERS_A_CHARGER * len(self._residents) + TIMERS_AT_LEAST:
                    self._sweep_timers()

    def _sweep_timers(self) -> None:
        """Drops the timers that chargers have moved since: a guard far ahead would stay for each call that was made."""
        self._timers = [
            Timer(resident.armed, resident.id)
            for resident in self._residents.values()
            if resident.armed is not None
        ]
        heapify(self._timers)

    # --- what comes of it -----------------------------------------------------------------------------------------

    def _touch(self, resident: Resident, now: datetime) -> None:
        self._touched[resident.id] = resident
        if not resident.charger.exists:
            for command in sorted(resident.pending):
                why = Unread("the charge point was retired before this command ended")
                self._ledger.reject(command, resident.id, now, why, "impossible")
            resident.forget()
            # Who comes next under this id counts its ids from the start: with another nonce they are new all the same.
            self._generation += 1
            self._around = self._surround()
        self._arm(resident)

    def _settle(self, resident: Resident) -> Keeping | None:
        try:
            return resident.settle()
        except Exception as error:
            failure = Failure.of(error)
            entry = Entry(f"state at {self.horizon.isoformat()}", {})
            self._ledger.bury(entry, resident.id, failure.reason, self.horizon, trace=failure.trace)
            resident.fall_back()
            self._arm(resident)
            return resident.settle()

    def _surround(self) -> object:
        handling = self.handling
        nonce = f"{self.nonce}.{self._generation:x}" if self._generation else self.nonce
        return self._core.surround(
            nonce=nonce,
            manners=dict(handling.manners),
            handler=handling.handler,
            secrets_flaw=handling.secrets_flaw,
        )

    def _advance(self, time: datetime) -> datetime:
        self.horizon = max(self.horizon, time)
        return self.horizon


def _retired(retire: Retire, now: datetime) -> CommandResult:
    return CommandResult(command=retire.id, charge_point=retire.charge_point, status="done", at=now)
