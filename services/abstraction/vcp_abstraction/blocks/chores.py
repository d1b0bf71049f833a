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

FORSAKEN_BY: dict[type[AnyChore], Callable[[Charger, str, str], None]] = {
    FetchFile: firmware_phases.forsake,
    CheckChain: firmware.forsake,
    StoreFile: diagnostics.forsake,
    MakeKey: own_certificate.forsake,
}
"""How each block ends what waits for a chore on whose result the charger failed: at once, without another try."""


def done(cp: Charger, it: ChoreDone) -> None:
    """A chore has ended. What is not out (told twice, dropped) is ignored."""
    _ended(cp, it.chore, it.result)


def overdue(cp: Charger) -> None:
    """No result came in time: ordered again, and given up after that."""
    for chore in errands.overdue(cp):
        _ended(cp, chore, ChoreFailed(why="forsaken", detail="no chores worker has done it"))


def give_up(cp: Charger, chore: str, why: str) -> None:
    """The charger failed on the result of a chore: what was ordered with it has failed."""
    kept = cp.facts.chores.pop(chore, None)
    if kept is not None:
        FORSAKEN_BY[type(kept.order)](cp, chore, why)


def _ended(cp: Charger, chore: str, result: AnyChoreResult) -> None:
    kept = cp.facts.chores.pop(chore, None)
    if kept is not None:
        WANTED_BY[type(kept.order)](cp, chore, result)
