"""The chores that a charger has out: ordered, ordered again, dropped. What their results mean is `blocks/chores`' affair.

The charger's own state remembers each until its result has come. So a worker is disposable: the next one gets every
open chore again, under the same id, and the first result that comes counts.
"""

from datetime import timedelta
from typing import Any

from vcp_contracts.chores import AnyChore, AnyChoreResult, ChoreFailed, ChoresUp, DropChore

from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.chores import OpenChore

GUARD = timedelta(seconds=5)
"""How much longer than its own limit a chore may take before it is ordered again."""

FOR_TRANSFERS = ("backend_root", "manufacturer_root")
"""The uses of roots that vouch for a server of files."""

MOST_ORDERS = 2
"""How often one chore is ordered for want of a result before it has failed."""


def envelope(cp: Charger) -> dict[str, Any]:
    """The envelope fields of a chore, and whom its connections trust."""
    return {"id": cp.mint(), "charge_point": cp.id, "at": cp.now, "cause": cp.cause}


def trusted(cp: Charger) -> dict[str, Any]:
    """Whom a transfer trusts: as the link, and the roots of the charger's maker and its backend."""
    security = cp.configuration.security
    return {
        "ca_label": security.ca_label,
        "authorities": tuple(root.pem for root in cp.certificates.roots if root.use in FOR_TRANSFERS),
        "known_hosts_label": security.known_hosts_label,
        "insecure": security.insecure,
    }


def order(cp: Charger, chore: AnyChore, *, within: timedelta | None = None) -> str:
    """Hands a chore out; returns its id. `within`: it has failed without a result by then, whoever does it."""
    until = cp.real + within if within is not None else None
    kept = OpenChore(order=chore, guard=cp.real, until=until)
    cp.facts.chores[chore.id] = kept
    _send(cp, kept)
    return chore.id


def _send(cp: Charger, kept: OpenChore) -> None:
    guard = cp.real + timedelta(seconds=kept.order.timeout_s) + GUARD
    kept.guard = guard if kept.until is None else min(guard, kept.until)
    cp.assign(kept.order)


def drop(cp: Charger, chore: str | None) -> None:
    """A chore is no longer wanted; nothing happens where it is not out."""
    if chore is not None and cp.facts.chores.pop(chore, None) is not None:
        cp.assign(DropChore(id=cp.mint(), charge_point=cp.id, at=cp.now, cause=cp.cause, chore=chore))


def drop_all(cp: Charger) -> None:
    """Nothing is wanted any more."""
    for chore in list(cp.facts.chores):
        drop(cp, chore)


def worker_up(cp: Charger, it: ChoresUp) -> None:
    """Another worker has the partition: what the one before had in hand is ordered again."""
    for kept in cp.facts.chores.values():
        _send(cp, kept)


def overdue(cp: Charger) -> list[str]:
    """Orders again what should have ended by now; the ids of those that have been ordered often enough."""
    forsaken = []
    for id, kept in cp.facts.chores.items():
        if kept.guard > cp.real:
            continue
        if kept.orders >= MOST_ORDERS or (kept.until is not None and kept.until <= cp.real):
            forsaken.append(id)
            continue
        kept.orders += 1
        _send(cp, kept)
    return forsaken


def failure(result: AnyChoreResult) -> ChoreFailed:
    """What a result says that is not the one hoped for; one of another kind of chore is a failure, too."""
    if isinstance(result, ChoreFailed):
        return result
    return ChoreFailed(why="internal", detail=f"{result.type} is no result of this")
