"""What the backend says of a transaction that it was told of: its name, and its verdict on the token."""

from vcp_contracts.actions import ReportTransaction
from vcp_contracts.outcomes import TransactionAnswer
from vcp_contracts.values import TokenInfo

from vcp_abstraction.blocks import breaches, known_tokens, transactions
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.lanes import Queued
from vcp_abstraction.facts.places import EvseFacts


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
        telling.backend_name = answer.backend_name
        telling.refused = answer.info is not None and answer.info.status != "accepted"
    told(cp, action)
    if answer.info is None:
        return
    about = action.stop_token if action.phase == "ended" and action.stop_token else action.token
    if about is not None:
        known_tokens.heard(cp, about, answer.info)
    evse = cp.facts.evses[telling.evse - 1]
    if evse.transaction is not None and evse.transaction.id == action.transaction and action.phase != "ended":
        judge_after_start(cp, evse, answer.info)


def told(cp: Charger, action: ReportTransaction) -> None:
    """A report is out of the queue: after the last one, nothing more is kept of the transaction."""
    if action.phase == "ended":
        cp.facts.tellings.pop(action.transaction, None)


def judge_after_start(cp: Charger, evse: EvseFacts, info: TokenInfo) -> None:
    """The backend's verdict on a token that is already charging (1.6 errata 3.17; 2.0.1 E05, C15)."""
    transaction = evse.transaction
    assert transaction is not None
    if info.status == "accepted":
        transaction.group = info.group or transaction.group
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
