"""What the backend says of a token that it was asked about, or does not say."""

from vcp_contracts.actions import Authorize
from vcp_contracts.outcomes import AuthorizeAnswer
from vcp_contracts.values import Token, TokenInfo

from vcp_abstraction import session_guard
from vcp_abstraction.blocks import authorization, known_tokens, reservation
from vcp_abstraction.charger import Charger
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
    if awaiting.purpose == "stop":
        _stop_if_of_group(cp, evse, action.token, info)
    elif session_guard.obstacle(cp, evse) is not None:
        authorization.not_now(cp, evse, action.token)
    elif reservation.bars(cp, evse, action.token, info.group):
        authorization.judged(cp, evse, action.token, "invalid", "reservation")
    elif evse.authorization is None:
        authorization.accept(cp, evse, action.token, info, "backend", remote_start=awaiting.remote_start)


def _stop_if_of_group(cp: Charger, evse: EvseFacts, token: Token, info: TokenInfo) -> None:
    standing = evse.authorization
    if standing is None:
        return
    same = standing.group is not None and standing.group.equals(info.group)
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
    for evse in cp.facts.evses:
        if evse.awaiting is not None and evse.awaiting.token.equals(action.token):
            return evse
    return None
