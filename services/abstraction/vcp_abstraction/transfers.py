"""What a download of firmware and an upload of a log have in common: tries, waits, protocols, and how one ends.

The transfer itself is a chore; what is told of it, and what follows, is its block's affair.
"""

from datetime import timedelta

from vcp_contracts.chores import ChoreFailed, ChoreFailure, FileFetched, FileStored

from vcp_abstraction import errands
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.transfer import Transfer

TRANSFER_S = 600.0
"""How long one may take."""

RETRY_S = 30
"""The charger's own wait before it tries again, where the backend named none. Unasked it does not try again."""

MOST_RETRIES = 100
LONGEST_WAIT_S = 604_800


def tries(wanted: int | None) -> int:
    """How often it is tried again, where the backend wants so many."""
    return min(wanted or 0, MOST_RETRIES)


def begin(cp: Charger, it: Transfer, at_least_s: float) -> None:
    """A try begins; it is not over before `at_least_s` have passed."""
    it.result, it.due = None, None
    it.not_before = cp.now + timedelta(seconds=at_least_s)


def hindrance(cp: Charger, location: str, ordered: ChoreFailure | None) -> ChoreFailed | None:
    """Why a try fails before anything is transferred, if it does: a tester wants it to, or no protocol fits."""
    if ordered is not None:
        return ChoreFailed(why=ordered, detail="this charger was told to fail")
    scheme = location.partition(":")[0].upper()
    if scheme not in cp.settings.members("OCPPCommCtrlr.FileTransferProtocols"):
        return ChoreFailed(why="unsupported", detail="no protocol of this charger's")
    return None


def ended(cp: Charger, it: Transfer, result: FileFetched | FileStored | ChoreFailed) -> bool:
    """Keeps how a try ended. Whether it may be over now; else it is when its time has come."""
    it.chore = None
    it.result = result
    if it.not_before is not None and it.not_before > cp.now:
        it.due = it.not_before
        return False
    return True


def pauses(cp: Charger, it: Transfer, wait_s: int | None) -> bool:
    """Whether there is another try, after a wait: never without a pause, and not for ever."""
    if it.tries_left <= 0:
        return False
    it.tries_left -= 1
    it.due = cp.now + timedelta(seconds=RETRY_S if wait_s is None else min(max(1, wait_s), LONGEST_WAIT_S))
    return True


def interrupt(cp: Charger, it: Transfer) -> None:
    """What is being transferred is lost; it is due at once, to begin again."""
    errands.drop(cp, it.chore)
    it.chore, it.result, it.due = None, None, cp.now
