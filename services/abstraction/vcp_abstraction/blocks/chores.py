"""How chores end: each result goes to the block that ordered it, once."""

from collections.abc import Callable

from vcp_contracts.chores import (
    AnyChore,
    AnyChoreResult,
    CheckChain,
    ChoreDone,
    ChoreFailed,
    FetchFile,
    MakeKey,
    StoreFile,
)

from vcp_abstraction import errands
from vcp_abstraction.blocks import diagnostics, firmware, firmware_phases, own_certificate
from vcp_abstraction.charger import Charger

WANTED_BY: dict[type[AnyChore], Callable[[Charger, str, AnyChoreResult], None]] = {
    FetchFile: firmware_phases.fetched,
    CheckChain: firmware.checked,
    StoreFile: diagnostics.stored,
    MakeKey: own_certificate.key_made,
}


def done(cp: Charger, it: ChoreDone) -> None:
    """A chore has ended. What is not out (told twice, dropped) is ignored."""
    _ended(cp, it.chore, it.result)


def overdue(cp: Charger) -> None:
    """No result came in time: ordered again, and given up after that."""
    for chore in errands.overdue(cp):
        _ended(cp, chore, ChoreFailed(why="forsaken", detail="no chores worker has done it"))


def _ended(cp: Charger, chore: str, result: AnyChoreResult) -> None:
    kept = cp.facts.chores.pop(chore, None)
    if kept is not None:
        WANTED_BY[type(kept.order)](cp, chore, result)
