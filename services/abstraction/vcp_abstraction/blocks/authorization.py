"""Who may charge: presented tokens, what the charger knows of them, the offline rules, and the backend's verdicts."""

from datetime import timedelta
from typing import Literal

from vcp_contracts.actions import Authorize
from vcp_contracts.commands import (
    PresentToken,
    PressEmergency,
    PressStart,
    PressStop,
    PutToken,
    RemoveToken,
)
from vcp_contracts.events import TokenJudged
from vcp_contracts.outcomes import AuthorizeAnswer
from vcp_contracts.requests import ForgetTokens, TokensForgotten
from vcp_contracts.values import Place, StopReason, Token, TokenInfo, Trigger

from vcp_abstraction import cable_lock, status
from vcp_abstraction.blocks import reservation, token_list, transactions
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.authorization import Authorization, Awaiting
from vcp_abstraction.facts.lanes import Queued
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.tokens import CachedToken
from vcp_abstraction.masking import mask

By = Literal["backend", "cache", "local_list", "offline_rule", "none", "free"]
Local = Literal["cache", "local_list"]

MOST_CACHED = 1000


# --- at the charger --------------------------------------------------------------------------------------------------


def present_token(cp: Charger, it: PresentToken) -> None:
    """A driver holds a token to the reader: starts, cancels or stops."""
    token = Token(value=it.token, kind=it.kind)
    if len(it.token) > cp.manners.token_max:
        raise Impossible(
            f"the backend's protocol carries tokens of at most {cp.manners.token_max} characters",
            field="token",
            remedy="use a shorter token, or a protocol with longer ones",
        )
    must_have_power(cp)
    must_be_accepted(cp)
    evse = _meant(cp, token, it.evse)
    if evse.awaiting is not None:
        raise Impossible(
            f"EVSE {evse.id} is still waiting for the verdict on a token", remedy="wait for token_judged"
        )
    if evse.authorization is not None:
        _present_again(cp, evse, token)
    elif not _lets_go(cp, evse, token):
        _must_serve(cp, evse)
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
    group = group_of(cp, token)
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
    raise Impossible("no EVSE is free for this token", field="evse", remedy="name the EVSE with `evse`")


def must_have_power(cp: Charger) -> None:
    """Nothing works without mains."""
    if not cp.facts.powered:
        raise Impossible("the charger has no power", remedy="power_on first")


def must_be_accepted(cp: Charger) -> None:
    """No service before the backend has ever accepted this charger, unless a setting allows it (1.6 §4.2.1)."""
    registration = cp.facts.registration
    waits = not registration.ever_accepted or (cp.online and not cp.registered)
    if waits and not cp.settings.flag("TxCtrlr.TxBeforeAcceptedEnabled"):
        raise Impossible(
            f"the backend has not accepted the charger's boot (it is {registration.verdict})",
            remedy="go_online and wait for `registered`, or set TxCtrlr.TxBeforeAcceptedEnabled",
        )


def _must_serve(cp: Charger, evse: EvseFacts) -> None:
    if status.blocking_fault(cp, evse) is not None:
        raise Impossible(f"EVSE {evse.id} is faulted", field="evse", remedy="clear_fault first")
    if not status.is_operative(cp, evse):
        raise Impossible(f"EVSE {evse.id} is out of service", field="evse", remedy="make it operative first")


def _lets_go(cp: Charger, evse: EvseFacts, token: Token) -> bool:
    """A cable that stayed locked after its session is let go of by its owner's token, or one of the same group
    (1.6 errata 3.17; 2.0.1 E05.FR.10)."""
    owner = evse.locked_for
    if owner is None:
        return False
    group = group_of(cp, token)
    if not (token.equals(owner.token) or (owner.group is not None and owner.group.equals(group))):
        return False
    judged(cp, evse, token, "accepted", "same_token" if token.equals(owner.token) else "group")
    cable_lock.unlock(evse)
    return True


def _present_again(cp: Charger, evse: EvseFacts, token: Token) -> None:
    """A token where someone is authorized already: the same one, or one of its group, ends it (1.6 §4.1)."""
    authorization = evse.authorization
    assert authorization is not None
    if token.equals(authorization.token):
        judged(cp, evse, token, "accepted", "same_token")
        stop_by(cp, evse, token)
        return
    info, _ = known(cp, token)
    group = authorization.group
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
    if reservation.bars(cp, evse, token, group_of(cp, token)):
        # only the backend knows whether a token that nobody here knows is one of the group (1.6 §5.13)
        if asks and group_of(cp, token) is None and reservation.may_open(cp, evse):
            ask(cp, evse, token, purpose, remote_start=remote_start)
        else:
            judged(cp, evse, token, "invalid", "reservation")
    elif not asks:
        decide_offline(cp, evse, token, remote_start=remote_start)
    else:
        info, by = known(cp, token)
        if info is not None and is_good(info, by, evse) and _is_enough(cp, by):
            accept(cp, evse, token, info, by, remote_start=remote_start)
        else:
            ask(cp, evse, token, purpose, remote_start=remote_start)


def _is_enough(cp: Charger, by: Local) -> bool:
    """Whether a token that is known here need not be asked about (1.6 LocalPreAuthorize; 2.0.1 C12, C14)."""
    if by == "local_list" and not cp.manners.pre_authorize_covers_list:
        return True
    return cp.settings.flag("AuthCtrlr.LocalPreAuthorize")


def is_good(info: TokenInfo, by: Local, evse: EvseFacts) -> bool:
    """Whether what is known of a token lets it charge here."""
    valid = info.status in token_list.VALID if by == "local_list" else info.status == "accepted"
    return valid and (not info.evses or evse.id in info.evses)


def decide_offline(cp: Charger, evse: EvseFacts, token: Token, *, remote_start: int | None = None) -> None:
    """The backend can't be asked: list, cache, then the rule for unknown tokens. A known bad token stays refused."""
    info, by = known(cp, token)
    if info is None:
        if cp.settings.flag("AuthCtrlr.OfflineTxForUnknownIdEnabled"):
            accept(cp, evse, token, None, "offline_rule", remote_start=remote_start)
        else:
            judged(cp, evse, token, "unknown", "offline_rule")
    elif not is_good(info, by, evse):
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
    group = info.group if info is not None else group_of(cp, token) if token is not None else None
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
    if evse.transaction is not None:
        evse.transaction.stop_reason = evse.transaction.stop_reason or reason
        evse.transaction.stop_token = token
        cable_lock.unlock(evse)
    transactions.advance(cp, evse, trigger, reason=reason, token=token)


def press_start(cp: Charger, it: PressStart) -> None:
    """A session without a token, where that can be told; else with the setting FreeToken (vocabulary: start button)."""
    must_have_power(cp)
    must_be_accepted(cp)
    evse = cp.evse(it.evse)
    _must_serve(cp, evse)
    if evse.authorization is not None:
        raise Impossible(f"EVSE {evse.id} is in use", field="evse", remedy="press_stop first")
    if status.is_reserved(cp, evse):
        raise Impossible(f"EVSE {evse.id} is reserved", field="evse", remedy="present the token it is for")
    if cp.manners.anonymous_start:
        accept(cp, evse, Token(value="", kind="no_authorization"), None, "none")
        return
    free = cp.settings.text("Custom.FreeToken")
    if not free:
        raise Impossible(
            "the backend's protocol tells no session without a token", remedy="write the setting FreeToken"
        )
    accept(cp, evse, Token(value=free), None, "free")


def press_stop(cp: Charger, it: PressStop) -> None:
    """The stop button, or the EV ends the session."""
    evse = cp.evse(it.evse)
    if evse.authorization is None:
        raise Impossible(
            f"nothing is going on at EVSE {evse.id}", field="evse", remedy="start a session first"
        )
    reason: StopReason = {"local": "local", "ev": "stopped_by_ev", "other": "other"}[it.why]  # type: ignore[assignment]
    stop_by(cp, evse, None, reason)


def press_emergency(cp: Charger, it: PressEmergency) -> None:
    """Everything ends at once."""
    must_have_power(cp)
    for evse in cp.facts.evses:
        if evse.authorization is not None:
            withdraw(cp, evse, "abnormal_condition", "emergency_stop")


def timed_out(cp: Charger, evse: EvseFacts) -> None:
    """No cable came in time (1.6 ConnectionTimeOut, 2.0.1 E03)."""
    withdraw(cp, evse, "ev_connect_timeout", "timeout")


def no_token_came(cp: Charger, evse: EvseFacts) -> None:
    """A cable was put in and no token shown: the abandoned cable is not for the next driver (1.6 §4.9, B6)."""
    evse.plug_deadline = None
    if evse.authorization is None and evse.transaction is None and evse.connected is not None:
        evse.finishing = True
        status.observe(cp)


# --- what the backend says -------------------------------------------------------------------------------------------


def answered(cp: Charger, entry: Queued, answer: AuthorizeAnswer) -> None:
    """The backend's verdict on a token."""
    action = entry.action
    assert isinstance(action, Authorize)
    heard(cp, action.token, answer.info)
    evse = _asking(cp, action)
    if evse is None:
        return
    awaiting = evse.awaiting
    assert awaiting is not None
    evse.awaiting = None
    info = answer.info
    here = not info.evses or evse.id in info.evses
    if info.status != "accepted" or not here:
        judged(cp, evse, action.token, info.status if here else "not_allowed_type_evse", "backend")
        return
    if awaiting.purpose == "stop":
        _stop_if_of_group(cp, evse, action.token, info)
    elif reservation.bars(cp, evse, action.token, info.group):
        judged(cp, evse, action.token, "invalid", "reservation")
    elif evse.authorization is None:
        accept(cp, evse, action.token, info, "backend", remote_start=awaiting.remote_start)


def _stop_if_of_group(cp: Charger, evse: EvseFacts, token: Token, info: TokenInfo) -> None:
    authorization = evse.authorization
    if authorization is None:
        return
    same = authorization.group is not None and authorization.group.equals(info.group)
    judged(cp, evse, token, "accepted" if same else "invalid", "group" if same else "backend")
    if same:
        stop_by(cp, evse, token)


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
        judged(cp, evse, action.token, "invalid", "offline_rule")
    elif reservation.bars(cp, evse, action.token, group_of(cp, action.token)):
        judged(cp, evse, action.token, "invalid", "reservation")
    else:
        decide_offline(cp, evse, action.token, remote_start=awaiting.remote_start)


def _asking(cp: Charger, action: Authorize) -> EvseFacts | None:
    for evse in cp.facts.evses:
        if evse.awaiting is not None and evse.awaiting.token.equals(action.token):
            return evse
    return None


def judged(cp: Charger, evse: EvseFacts, token: Token, verdict: str, by: str) -> None:
    """Notes a verdict."""
    cp.note(TokenJudged, place=Place(evse=evse.id), token=mask(token.value), status=verdict, by=by)


# --- what the charger knows ------------------------------------------------------------------------------------------


def known(cp: Charger, token: Token) -> tuple[TokenInfo | None, Local]:
    """What the charger knows of a token, and from where: the list comes before the cache (1.6 §3.5.3)."""
    info = token_list.listed(cp, token)
    return (info, "local_list") if info is not None else (_cached(cp, token), "cache")


def group_of(cp: Charger, token: Token) -> Token | None:
    """The group of a token, as far as the charger knows."""
    info, _ = known(cp, token)
    return info.group if info is not None else None


def heard(cp: Charger, token: Token, info: TokenInfo) -> None:
    """The backend has judged a token: is it what the list says? The cache keeps it."""
    token_list.compare(cp, token, info)
    remember(cp, token, info)


def put_token(cp: Charger, it: PutToken) -> None:
    """Writes a verdict into list or cache by hand."""
    token = Token(value=it.token, kind=it.kind)
    group = Token(value=it.group) if it.group is not None else None
    info = TokenInfo(status=it.status, valid_until=it.valid_until, group=group)
    if it.where == "cache":
        if not cp.settings.flag("AuthCacheCtrlr.Enabled"):
            raise Impossible(
                "the cache is switched off", field="where", remedy="write AuthorizationCacheEnabled"
            )
        _cache(cp, token, info)
    elif not token_list.put(cp, token, info):
        raise Impossible("the list is full", field="where", remedy="remove_token, or a greater maximum")


def remove_token(cp: Charger, it: RemoveToken) -> None:
    """Takes one token, or all, out of list or cache by hand."""
    token = Token(value=it.token, kind=it.kind) if it.token is not None else None
    there = token_list.remove(cp, token) if it.where == "list" else _forget(cp, token)
    if not there:
        raise Impossible(f"the {it.where} holds no such token", field="token", remedy="name another token")


def _forget(cp: Charger, token: Token | None) -> bool:
    cache = cp.tokens.cache
    gone = [folded for folded, kept in cache.items() if token is None or kept.token.equals(token)]
    for folded in gone:
        del cache[folded]
    if gone:
        cp.touch("tokens")
    return bool(gone)


# --- the cache -------------------------------------------------------------------------------------------------------


def _cached(cp: Charger, token: Token) -> TokenInfo | None:
    """What the cache says of a token; an entry past its time counts as expired."""
    if not cp.settings.flag("AuthCacheCtrlr.Enabled"):
        return None
    kept = cp.tokens.cache.get(token.value.casefold())
    if kept is None or not kept.token.equals(token):
        return None
    if kept.info.valid_until is not None and kept.info.valid_until <= cp.now:
        return kept.info.model_copy(update={"status": "expired"})
    life = cp.settings.number("AuthCacheCtrlr.LifeTime")
    if life and kept.info.valid_until is None and kept.at + timedelta(seconds=life) <= cp.now:
        return kept.info.model_copy(update={"status": "expired"})
    return kept.info


def remember(cp: Charger, token: Token, info: TokenInfo) -> None:
    """Keeps the latest verdict on a token, good or bad (1.6 §3.5.1, 2.0.1 C10). Remote tokens are not kept."""
    if not cp.settings.flag("AuthCacheCtrlr.Enabled") or token.kind in ("no_authorization", "central"):
        return
    if cp.manners.cache_excludes_list and token_list.listed(cp, token) is not None:
        return
    _cache(cp, token, info)


def _cache(cp: Charger, token: Token, info: TokenInfo) -> None:
    cache = cp.tokens.cache
    folded = token.value.casefold()
    kept = cache.get(folded)
    if kept is not None and kept.info == info and cp.settings.number("AuthCacheCtrlr.LifeTime") is None:
        return
    if folded not in cache and len(cache) >= MOST_CACHED:
        _make_room(cp)
    cache[folded] = CachedToken(token=token, info=info, at=cp.now)
    cp.touch("tokens")


def _make_room(cp: Charger) -> None:
    """Entries that are not valid go first, then the oldest."""
    cache = cp.tokens.cache
    oldest = min(cache, key=lambda folded: (cache[folded].info.status == "accepted", cache[folded].at))
    del cache[oldest]


def forget_tokens(cp: Charger, it: ForgetTokens) -> TokensForgotten:
    """Clears the cache; refused where there is none (1.6 errata 3.23, 2.0.1 C11)."""
    enabled = cp.settings.flag("AuthCacheCtrlr.Enabled")
    if enabled and cp.tokens.cache:
        cp.tokens.cache.clear()
        cp.touch("tokens")
    return TokensForgotten(**cp.reply(it), result="accepted" if enabled else "rejected")
