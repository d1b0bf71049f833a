"""Reports of a transaction: all facts, and which of them are news. Decides not when to tell."""

from vcp_contracts.actions import ReportTransaction, SessionNews
from vcp_contracts.values import Place, Sample, Token, Trigger

from vcp_abstraction import lanes, physics
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.transactions import Transaction


def tell(
    cp: Charger,
    evse: EvseFacts,
    phase: str,
    trigger: Trigger,
    samples: tuple[Sample, ...],
    *,
    stop_token: Token | None = None,
) -> None:
    """Queues a report of the transaction. It carries all facts; `news` says which were not told before."""
    transaction = evse.transaction
    assert transaction is not None
    news: set[SessionNews] = {"state"} if phase == "started" or trigger != "meter_periodic" else set()
    if transaction.connector is not None and "place" not in transaction.told:
        news.add("place")
    if transaction.token is not None and "token" not in transaction.told:
        news.add("token")
    if transaction.remote_start is not None and "remote_start" not in transaction.told:
        news.add("remote_start")
    if transaction.reservation is not None and "reservation" not in transaction.told:
        news.add("reservation")
    transaction.told |= news - {"state"}
    cp.enqueue(
        ReportTransaction(
            **cp.words(),
            phase=phase,  # type: ignore[arg-type]
            transaction=transaction.id,
            place=Place(evse=evse.id, connector=transaction.connector),
            token=transaction.token,
            state=transaction.state,
            seq=transaction.seq,
            offline=not cp.online,
            trigger=trigger,
            stop_reason=transaction.stop_reason if phase == "ended" else None,
            register_wh=physics.register_wh(evse),
            samples=samples,
            remote_start=transaction.remote_start,
            reservation=transaction.reservation,
            stop_token=stop_token or (transaction.stop_token if phase == "ended" else None),
            phases_used=_new_phases(cp, evse, transaction),
            news=frozenset(news),
        ),
        "transactions",
    )
    transaction.seq += 1
    lanes.thin_out(cp)


def _new_phases(cp: Charger, evse: EvseFacts, transaction: Transaction) -> int | None:
    """How many phases are in use, where that was not told before."""
    if transaction.state != "charging":
        return None
    phases = physics.offered(cp, evse).phases
    if phases in (0, transaction.phases_told):
        # direct current has no phases to be told (E02.FR.18: "if able to")
        return None
    transaction.phases_told = phases
    return phases
