"""What the backend says of a transaction that it was told of: its name, and its verdict on the token."""

from vcp_contracts.actions import ReportTransaction
from vcp_contracts.outcomes import TransactionAnswer
from vcp_contracts.values import TokenInfo

from vcp_abstraction.blocks import breaches, known_tokens, transactions
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.lanes import Queued
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.transactions import Transaction


def answered(cp: Charger, entry: Queued, answer: TransactionAnswer, *, blame: bool = True) -> None:
    """The backend heard of a transaction: learns its name, and judges its verdict on the token. `blame`: whether the
    backend answers for what it says."""
    action = entry.action
    assert isinstance(action, ReportTransaction)
    telling = cp.facts.tellings.get(action.transaction)
    if telling is None:
        return
    if answer.backend_name is not None and action.phase == "started":
        if blame:
            breaches.judge_name(cp, action, answer)
        telling.refused = answer.info is not None and answer.info.status != "accepted"
    name_learnt(cp, action, answer)
    told(cp, action)
    if answer.info is None:
        return
    # a token that ended the authorization is what the report named, and what the verdict is about
    about = action.stop_token or action.token
    if about is not None:
        known_tokens.heard(cp, about, answer.info)
    # its EVSE may be gone: the hardware may have changed while this was still to be told
    evse = _of(cp, action)
    if evse is not None and action.phase != "ended" and action.stop_token is None:
        judge_after_start(cp, evse, answer.info)


def _of(cp: Charger, action: ReportTransaction) -> EvseFacts | None:
    """The EVSE where a transaction is still open."""
    for evse in cp.running():
        if evse.transaction is not None and evse.transaction.id == action.transaction:
            return evse
    return None


def name_learnt(cp: Charger, action: ReportTransaction, answer: TransactionAnswer) -> None:
    """Keeps the backend's name of a transaction: without it no later report of that could be told."""
    telling = cp.facts.tellings.get(action.transaction)
    if telling is not None and answer.backend_name is not None and action.phase == "started":
        telling.backend_name = answer.backend_name


def told(cp: Charger, action: ReportTransaction) -> None:
    """A report is out of the queue: after the last one, nothing more is kept of the transaction."""
    if action.phase == "ended":
        cp.facts.tellings.pop(action.transaction, None)


def judge_after_start(cp: Charger, evse: EvseFacts, info: TokenInfo) -> None:
    """The backend's verdict on a token that is already charging (1.6 errata 3.17; 2.0.1 E05, C15)."""
    transaction = evse.transaction
    assert transaction is not None
    _learn_group(evse, transaction, info)
    # 2.0.1 C16.FR.03: a master pass starts nothing, also where only this answer says that it is one
    if info.status == "accepted" and not known_tokens.is_master(cp, info.group):
        if transaction.suspended:
            transaction.suspended = False
            transactions.advance(cp, evse, "charging_state_changed")
        return
    if evse.authorization is None:
        return
    if cp.settings.flag("TxCtrlr.StopTxOnInvalidId"):
        evse.authorization = None
        transaction.stop_reason = "deauthorized"
        transactions.advance(cp, evse, "deauthorized", reason="deauthorized")
        return
    allowed = cp.settings.number("TxCtrlr.MaxEnergyOnInvalidId")
    used_wh = evse.register_wh - transaction.start_wh
    if allowed and used_wh < allowed:
        transaction.energy_left_wh = allowed - used_wh
        return
    transaction.suspended = True
    transactions.advance(cp, evse, "charging_state_changed")


def _learn_group(evse: EvseFacts, transaction: Transaction, info: TokenInfo) -> None:
    """A group that is told with the transaction counts like one that was told before it; the last word holds, and
    silence takes nothing back (1.6 §3.10; 2.0.1 C09.FR.12)."""
    if info.group is None:
        return
    transaction.group = info.group
    standing = evse.authorization
    if standing is not None and standing.token is not None and standing.token.equals(transaction.token):
        standing.group = info.group
