"""One charger in memory, beside the bytes last kept of it. Pure; knows how to build it anew, not what it does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from vcp_abstraction.core import Core, Keepable
from vcp_abstraction.shell.changes import Keeping

PENDING = "pending_commands"
"""The one section that the shell keeps: ids of commands that have no result yet."""

Step = Callable[[Any], object]
"""One decision made since the charger was last kept."""


class Resident:
    """A charger that lives in this process."""

    __slots__ = (
        "_core",
        "_forget",
        "_kept_pending",
        "_queue",
        "_sections",
        "_steps",
        "_view",
        "armed",
        "charger",
        "due",
        "id",
        "pending",
        "stalls",
    )

    def __init__(self, core: Core, id: str, *, leftovers: bool = False) -> None:
        """A charger of which nothing is kept; `leftovers`: but something of an earlier one is, and must go."""
        self._core = core
        self.id = id
        self.charger: Keepable = core.blank(id)
        self.pending: set[str] = set()
        self.due: datetime | None = None
        """When its next timer is due, as of the last look. A quarantined charger has none."""
        self.armed: datetime | None = None
        """The same, as the partition's heap knows it."""
        self.stalls = 0
        """How often running its timers has not moved them on."""
        self._sections: dict[str, bytes] = {}
        self._queue: dict[str, bytes] = {}
        self._view: int | None = None
        """The hash of the view as last written: the view itself would be a good part of what a charger takes."""
        self._steps: list[Step] = []
        self._forget = leftovers
        self._kept_pending: set[str] = set()

    @classmethod
    def loaded(cls, core: Core, id: str, sections: dict[str, bytes], queue: dict[str, bytes]) -> "Resident":
        """A charger as it was kept. Raises whatever the core raises on a state that it can't read."""
        own = dict(sections)
        pending = set(orjson.loads(own.pop(PENDING, b"[]")))
        resident = cls(core, id)
        resident.charger = core.load(id, dict(own), dict(queue))
        resident._sections, resident._queue = own, queue
        resident.look()
        resident.pending, resident._kept_pending = pending, set(pending)
        return resident

    def as_kept(self) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """Its sections and queue as they lie in the store, once what was settled is written."""
        pending = {PENDING: orjson.dumps(sorted(self._kept_pending))} if self._kept_pending else {}
        return {**self._sections, **pending}, dict(self._queue)

    @property
    def queued(self) -> int:
        """How many of its actions are kept."""
        return len(self._queue)

    def look(self) -> None:
        """Asks the charger when its next timer is due."""
        charger = self.charger
        self.due = self._core.next_due(charger) if charger.exists and not charger.quarantined else None

    def took(self, step: Step) -> None:
        """Notes a decision, so that it can be made again."""
        self._steps.append(step)

    def rebuild(self) -> None:
        """Puts the charger where it stood before a decision that failed half-way: the kept bytes, and every decision
        since. Pure, so with the same result; what came of them has been taken already."""
        self.charger = (
            self._core.load(self.id, dict(self._sections), dict(self._queue))
            if self._sections
            else self._core.blank(self.id)
        )
        for step in self._steps:
            step(self.charger)

    def fall_back(self) -> None:
        """Puts the charger where it was last kept, and lets it stand still there: what it is now can't be kept."""
        self._steps = []
        self.rebuild()
        if self.charger.exists:
            self.charger.quarantine()
        self.look()

    def forget(self) -> None:
        """The charger is gone; what comes next under its id starts from nothing."""
        self._forget = self._forget or bool(self._sections)
        self.charger = self._core.blank(self.id)
        self.pending.clear()
        self._sections, self._queue, self._view, self._steps = {}, {}, None, []
        self._kept_pending = set()
        self.due = None

    def settle(self) -> Keeping | None:
        """What to write of it, or None; from here on it counts as kept. Raises whatever the core raises: then nothing
        has changed here."""
        charger = self.charger
        if not charger.exists:
            forget, self._forget, self._steps = self._forget, False, []
            return Keeping(self.id, exists=False, forget=True) if forget else None
        view, dump = self._core.view(charger), charger.dump()
        written, taken = charger.drain_queue()
        sections = {name: body for name, body in dump.items() if self._sections.get(name) != body}
        keeping = Keeping(
            self.id,
            exists=True,
            forget=self._forget,
            new=not self._sections,
            sections=sections,
            queue_written=written,
            queue_removed=taken,
            view=view if hash(view) != self._view else None,
        )
        self._forget, self._steps, self._view = False, [], hash(view)
        self._sections.update(sections)
        self._queue.update(written)
        for number in taken:
            self._queue.pop(number, None)
        keeping = self._with_pending(keeping)
        return keeping if keeping.says_something else None

    def _with_pending(self, keeping: Keeping) -> Keeping:
        if self.pending == self._kept_pending:
            return keeping
        self._kept_pending = set(self.pending)
        if not self.pending:
            return replace(keeping, sections_removed=[PENDING])
        return replace(keeping, sections={**keeping.sections, PENDING: orjson.dumps(sorted(self.pending))})
