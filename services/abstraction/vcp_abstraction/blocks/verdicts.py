"""What the backend says of a token that it was asked about, or does not say."""

from vcp_contracts.actions import Authorize
from vcp_contracts.outcomes import AuthorizeAnswer
from vcp_contracts.values import Token, TokenInfo

from vcp_abstraction import session_guard
from vcp_abstraction.blocks import authorization, known_tokens, reservation
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.authorization import Awaiting
from vcp_abstraction.facts.lanes import Queued
from vcp_abstraction.facts.places import EvseFacts


def answered(cp: Charger, entry: Queued, answer: AuthorizeAnswer) -> None:
    """The backend's verdict on a token."""
    action = entry.action
    assert isinstance(action, Authorize)
    known_tokens.heard(cp, action.token, answer.info)
    evse = _asking(cp, action)
    if evse is None:
        return
    awaiting = evse.awaiting
    assert awaiting is not None
    evse.awaiting = None
    info = answer.info
    here = not info.evses or evse.id in info.evses
    if info.status != "accepted" or not here:
        authorization.judged(
            cp, evse, action.token, info.status if here else "not_allowed_type_evse", "backend"
        )
        return
    if known_tokens.is_master(cp, info.group):
        _master_pass(cp, evse, action.token, awaiting)
    elif awaiting.purpose == "stop":
        _stop_if_of_group(cp, evse, action.token, info)
    elif session_guard.obstacle(cp, evse) is not None:
        authorization.not_now(cp, evse, action.token)
    elif reservation.bars(cp, evse, action.token, info.group):
        authorization.judged(cp, evse, action.token, "invalid", "reservation")
    elif awaiting.purpose == "start" and authorization.lets_go(cp, evse, action.token, info.group):
        pass
    elif evse.authorization is None:
        authorization.accept(cp, evse, action.token, info, "backend", remote_start=awaiting.remote_start)


def _master_pass(cp: Charger, evse: EvseFacts, token: Token, awaiting: Awaiting) -> None:
    """2.0.1 C16: shown by a person it ends everything; asked for from afar it does nothing."""
    if awaiting.purpose == "remote":
        authorization.judged(cp, evse, token, "invalid", "backend")
    else:
        authorization.use_master_pass(cp, evse, token, "backend")


def _stop_if_of_group(cp: Charger, evse: EvseFacts, token: Token, info: TokenInfo) -> None:
    if evse.authorization is None:
        return
    group = authorization.standing_group(cp, evse)
    same = group is not None and group.equals(info.group)
    authorization.judged(cp, evse, token, "accepted" if same else "invalid", "group" if same else "backend")
    if same:
        authorization.stop_by(cp, evse, token)


def unanswerable(cp: Charger, entry: Queued) -> None:
    """The backend gave no verdict: the offline rules decide a start; a stop is not allowed."""
    action = entry.action
    assert isinstance(action, Authorize)
    evse = _asking(cp, action)
    if evse is None:
        return
    awaiting = evse.awaiting
    assert awaiting is not None
    evse.awaiting = None
    if awaiting.purpose == "stop":
        authorization.judged(cp, evse, action.token, "invalid", "offline_rule")
    elif session_guard.obstacle(cp, evse) is not None:
        authorization.not_now(cp, evse, action.token)
    elif reservation.bars(cp, evse, action.token, known_tokens.group_of(cp, action.token)):
        authorization.judged(cp, evse, action.token, "invalid", "reservation")
    else:
        authorization.decide_offline(cp, evse, action.token, remote_start=awaiting.remote_start)


def never_came(cp: Charger, entry: Queued) -> None:
    """The charger itself failed on the verdict: nobody is served for it, and the reader is free again."""
    action = entry.action
    assert isinstance(action, Authorize)
    evse = _asking(cp, action)
    if evse is not None:
        evse.awaiting = None
        authorization.judged(cp, evse, action.token, "invalid", "none")


def _asking(cp: Charger, action: Authorize) -> EvseFacts | None:
    """The EVSE that waits for a question that is out of the queue: the same token may be asked about at another one."""
    for evse in cp.facts.evses:
        waits = evse.awaiting
        if waits is not None and waits.entry not in cp.queue and waits.token.equals(action.token):
            return evse
    return None
