"""Who may charge: a token is decided here or by the backend; what being authorized begins, and its end."""

from datetime import timedelta
from typing import Literal

from vcp_contracts.actions import Authorize
from vcp_contracts.commands import PresentToken
from vcp_contracts.events import TokenJudged
from vcp_contracts.values import Place, StopReason, Token, TokenInfo, Trigger

from vcp_abstraction import cable_lock, preconditions, session_guard, session_points, status
from vcp_abstraction.blocks import known_tokens, reservation, token_list, transactions
from vcp_abstraction.blocks.known_tokens import Local
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.authorization import Authorization, Awaiting
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.masking import mask

By = Literal["backend", "cache", "local_list", "offline_rule", "none", "free"]


def present_token(cp: Charger, it: PresentToken) -> None:
    """A driver holds a token to the reader: starts, cancels or stops."""
    token = Token(value=it.token, kind=it.kind)
    if len(it.token) > cp.manners.token_max:
        raise Impossible(
            f"the backend's protocol carries tokens of at most {cp.manners.token_max} characters",
            field="token",
            remedy="use a shorter token, or a protocol with longer ones",
        )
    preconditions.must_have_power(cp)
    preconditions.must_be_accepted(cp)
    if token.is_blank:
        raise Impossible("a blank token names nobody", field="token", remedy="present another token")
    evse = _meant(cp, token, it.evse)
    if evse.awaiting is not None:
        raise Impossible(
            f"EVSE {evse.id} is still waiting for the verdict on a token", remedy="wait for token_judged"
        )
    if _is_master_pass(cp, token):
        _, by = known_tokens.known(cp, token)
        use_master_pass(cp, evse, token, by)
    elif evse.authorization is not None:
        _present_again(cp, evse, token)
    elif not lets_go(cp, evse, token, known_tokens.group_of(cp, token)):
        preconditions.must_serve(cp, evse)
        begin(cp, evse, token, "start")


def _meant(cp: Charger, token: Token, number: int | None) -> EvseFacts:
    """The EVSE that a driver means: the one he names, where his token charges, where a cable waits, or a free one."""
    if number is not None:
        return cp.evse(number)
    evses = cp.facts.evses
    for evse in evses:
        if evse.authorization is not None and token.equals(evse.authorization.token):
            return evse
    for evse in evses:
        if evse.locked_for is not None and token.equals(evse.locked_for.token):
            return evse
    kept = reservation.reserved_for(cp, token)
    if kept is not None:
        return kept
    group = known_tokens.group_of(cp, token)
    waiting = [
        e
        for e in evses
        if e.authorization is None and e.awaiting is None and not reservation.bars(cp, e, token, group)
    ]
    for evse in waiting:
        if evse.connected is not None and not evse.finishing:
            return evse
    for evse in waiting:
        if evse.connected is not None or status.fine_status(cp, evse) in ("available", "reserved"):
            return evse
    if len(evses) == 1:
        return evses[0]
    if cp.settings.text("AuthCtrlr.MasterPassGroupId"):
        # whoever comes where all is taken may have come to end it
        for evse in evses:
            if evse.awaiting is None:
                return evse
    if waiting and all(session_guard.obstacle(cp, evse) is not None for evse in waiting):
        # what is in the way is a better answer than that nothing is free
        return waiting[0]
    raise Impossible("no EVSE is free for this token", field="evse", remedy="name the EVSE with `evse`")


def lets_go(cp: Charger, evse: EvseFacts, token: Token, group: Token | None) -> bool:
    """A cable that stayed locked after its session is let go of by its owner's token, or one of the same group
    (1.6 errata 3.17; 2.0.1 E05.FR.10)."""
    owner = evse.locked_for
    if owner is None:
        return False
    family = owner.group or known_tokens.group_of(cp, owner.token)
    if not (token.equals(owner.token) or (family is not None and family.equals(group))):
        return False
    judged(cp, evse, token, "accepted", "same_token" if token.equals(owner.token) else "group")
    cable_lock.unlock(evse)
    return True


def _is_master_pass(cp: Charger, token: Token) -> bool:
    """Whether a token is known here as a master pass, and need not be asked about (2.0.1 C16.FR.04, .05)."""
    info, by = known_tokens.known(cp, token)
    if info is None or info.status != "accepted" or not known_tokens.is_master(cp, info.group):
        return False
    if cp.online and cp.registered:
        return _is_enough(cp, by)
    return cp.settings.flag("AuthCtrlr.LocalAuthorizeOffline")


def use_master_pass(cp: Charger, evse: EvseFacts, token: Token, by: By) -> None:
    """A master pass ends every session that someone was authorized for; it begins none (2.0.1 C16.FR.02, .03, .07)."""
    going_on = [e for e in cp.running() if e.authorization is not None]
    judged(cp, evse, token, "accepted" if going_on else "invalid", by)
    for each in going_on:
        stop_by(cp, each, token, "master_pass")


def standing_group(cp: Charger, evse: EvseFacts) -> Token | None:
    """The group of whoever may charge here, told with the token, with the transaction or by list and cache since
    (1.6 §3.10; 2.0.1 C09.FR.03, .07)."""
    standing = evse.authorization
    if standing is None or standing.token is None:
        return None
    return standing.group or known_tokens.group_of(cp, standing.token)


def _present_again(cp: Charger, evse: EvseFacts, token: Token) -> None:
    """A token where someone is authorized already: the same one, or one of its group, ends it (1.6 §4.1)."""
    authorization = evse.authorization
    assert authorization is not None
    if token.equals(authorization.token):
        judged(cp, evse, token, "accepted", "same_token")
        stop_by(cp, evse, token)
        return
    info, _ = known_tokens.known(cp, token)
    group = standing_group(cp, evse)
    if info is not None and info.status == "accepted" and group is not None and group.equals(info.group):
        judged(cp, evse, token, "accepted", "group")
        stop_by(cp, evse, token)
        return
    if not (cp.online and cp.registered):
        judged(cp, evse, token, "invalid", "offline_rule")
        return
    ask(cp, evse, token, "stop")


def begin(
    cp: Charger,
    evse: EvseFacts,
    token: Token,
    purpose: Literal["start", "remote"],
    *,
    remote_start: int | None = None,
) -> None:
    """Decides a token that wants to charge, in the order of 1.6 §3.5 and 2.0.1 C01, or asks the backend."""
    asks = cp.online and cp.registered
    if reservation.bars(cp, evse, token, known_tokens.group_of(cp, token)):
        # only the backend knows whether a token that nobody here knows is one of the group (1.6 §5.13)
        if asks and known_tokens.group_of(cp, token) is None and reservation.may_open(cp, evse):
            ask(cp, evse, token, purpose, remote_start=remote_start)
        else:
            judged(cp, evse, token, "invalid", "reservation")
    elif not cp.settings.flag("AuthCtrlr.Enabled"):
        # 2.0.1 AuthEnabled: whoever comes may charge, and nobody is asked
        accept(cp, evse, token, None, "free", remote_start=remote_start)
    elif not asks:
        decide_offline(cp, evse, token, remote_start=remote_start)
    else:
        info, by = known_tokens.known(cp, token)
        if info is not None and is_good(cp, info, by, evse) and _is_enough(cp, by):
            accept(cp, evse, token, info, by, remote_start=remote_start)
        else:
            ask(cp, evse, token, purpose, remote_start=remote_start)


def _is_enough(cp: Charger, by: Local) -> bool:
    """Whether a token that is known here need not be asked about (1.6 LocalPreAuthorize; 2.0.1 C12, C14)."""
    if by == "local_list" and not cp.manners.pre_authorize_covers_list:
        return True
    return cp.settings.flag("AuthCtrlr.LocalPreAuthorize")


def is_good(cp: Charger, info: TokenInfo, by: Local, evse: EvseFacts) -> bool:
    """Whether what is known of a token lets it charge here."""
    valid = token_list.is_valid(cp, info) if by == "local_list" else info.status == "accepted"
    return valid and (not info.evses or evse.id in info.evses)


def decide_offline(cp: Charger, evse: EvseFacts, token: Token, *, remote_start: int | None = None) -> None:
    """The backend can't be asked: list, cache, then the rule for unknown tokens. A known bad token stays refused."""
    info, by = known_tokens.known(cp, token)
    if info is None:
        if cp.settings.flag("AuthCtrlr.OfflineTxForUnknownIdEnabled"):
            accept(cp, evse, token, None, "offline_rule", remote_start=remote_start)
        else:
            judged(cp, evse, token, "unknown", "offline_rule")
    elif not is_good(cp, info, by, evse):
        why = "not_allowed_type_evse" if info.status == "accepted" else info.status
        judged(cp, evse, token, why, by)
    elif cp.settings.flag("AuthCtrlr.LocalAuthorizeOffline"):
        accept(cp, evse, token, info, by, remote_start=remote_start)
    else:
        judged(cp, evse, token, "invalid", by)


def ask(
    cp: Charger,
    evse: EvseFacts,
    token: Token,
    purpose: Literal["start", "stop", "remote"],
    *,
    remote_start: int | None = None,
) -> None:
    """Asks the backend about a token."""
    entry = cp.enqueue(Authorize(**cp.words(), token=token), "express")
    evse.awaiting = Awaiting(token=token, purpose=purpose, entry=entry, remote_start=remote_start)


def accept(
    cp: Charger,
    evse: EvseFacts,
    token: Token | None,
    info: TokenInfo | None,
    by: By,
    *,
    remote_start: int | None = None,
    trigger: Trigger | None = None,
) -> None:
    """Someone may charge here: with the cable in, the session starts; else it waits for the cable."""
    if trigger is None:
        trigger = "remote_start" if remote_start is not None else "authorized"
    if token is not None and by != "none":
        judged(cp, evse, token, "accepted", "none" if by == "free" else by)
    timeout = cp.settings.seconds("TxCtrlr.EVConnectionTimeOut")
    waits = evse.connected is None and timeout > 0
    group = (
        info.group if info is not None else known_tokens.group_of(cp, token) if token is not None else None
    )
    evse.authorization = Authorization(
        token=token,
        group=group,
        by=by,
        remote_start=remote_start,
        reservation=reservation.usable(cp, evse, token, group) if token is not None else None,
        deadline=cp.now + timedelta(seconds=timeout) if waits else None,
        trigger=trigger,
    )
    evse.finishing = False
    evse.plug_deadline = None
    transactions.advance(cp, evse, trigger)


def stop_by(cp: Charger, evse: EvseFacts, token: Token | None, reason: StopReason = "local") -> None:
    """A driver ends what he was authorized for: the transaction, or the wait for a cable."""
    withdraw(cp, evse, "stop_authorized", reason, token)


def withdraw(
    cp: Charger, evse: EvseFacts, trigger: Trigger, reason: StopReason, token: Token | None = None
) -> None:
    """Nobody is authorized here any more."""
    evse.authorization = None
    if evse.transaction is None:
        # the profile that came along with a remote start was for a session that does not come
        evse.held = None
    else:
        evse.transaction.stop_reason = evse.transaction.stop_reason or reason
        evse.transaction.stop_token = token
        cable_lock.unlock(evse)
    transactions.advance(cp, evse, trigger, reason=reason, token=token)


def timed_out(cp: Charger, evse: EvseFacts) -> None:
    """No cable came in time (1.6 ConnectionTimeOut, 2.0.1 E03)."""
    withdraw(cp, evse, "ev_connect_timeout", "timeout")


def no_token_came(cp: Charger, evse: EvseFacts) -> None:
    """A cable was put in and no token shown: the abandoned cable is not for the next driver (1.6 §4.9, B6)."""
    evse.plug_deadline = None
    if session_points.begins(cp, evse):
        # the cable alone begins a session here; it waits until nothing is in its way
        return
    if evse.authorization is None and evse.transaction is None and evse.connected is not None:
        evse.finishing = True
        status.observe(cp)


def judged(cp: Charger, evse: EvseFacts, token: Token, verdict: str, by: str) -> None:
    """Notes a verdict."""
    cp.note(TokenJudged, place=Place(evse=evse.id), token=mask(token.value), status=verdict, by=by)


def not_now(cp: Charger, evse: EvseFacts, token: Token) -> None:
    """The charger itself can't serve the token, whatever anybody says of it."""
    judged(cp, evse, token, "not_at_this_time", "charger")


def forget_all(cp: Charger) -> None:
    """Whoever has not begun yet is sent away: a verdict that is still to come begins nothing."""
    for evse in cp.facts.evses:
        if evse.transaction is not None:
            continue
        evse.authorization = None
        if evse.awaiting is not None:
            not_now(cp, evse, evse.awaiting.token)
            evse.awaiting = None
