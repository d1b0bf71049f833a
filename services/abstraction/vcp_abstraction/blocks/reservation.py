"""Reservations: made, cancelled, used, and ended by time or because the EVSE can't serve any more (1.6 §5.13, 2.0.1 H)."""

from datetime import datetime, timedelta
from typing import Literal

from vcp_contracts.actions import ReportReservation
from vcp_contracts.requests import CancelReservation, Declined, ReservationCancelled, Reserve, Reserved
from vcp_contracts.values import Token

from vcp_abstraction import reservations, status
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.reservations import Reservation

LONGEST = timedelta(days=3660)
"""How long an EVSE is kept free at most: some ten years."""

Outcome = Literal["accepted", "rejected", "occupied", "faulted", "unavailable"]


# --- what the backend wants ------------------------------------------------------------------------------------------


def reserve(cp: Charger, it: Reserve) -> Reserved | Declined:
    """Keeps an EVSE free for a token. A reservation of the same number is replaced, or stays if that is not possible."""
    if not cp.settings.flag("ReservationCtrlr.Available"):
        return Declined(**cp.reply(it), reason="not_supported")
    wish = Reservation(
        id=it.reservation,
        evse=it.evse,
        connector_type=it.connector_type,
        token=it.token,
        group=it.group,
        until=_bounded(it.until, cp.now),
    )
    why_not = _improper(cp, wish)
    if why_not is not None:
        return Reserved(**cp.reply(it), result="rejected", detail=why_not)
    others = [kept for kept in reservations.unused(cp.facts) if kept.id != wish.id]
    result = _room(cp, wish, others)
    if result == "accepted" and wish.until <= cp.now:
        # what the place is in has a word of its own, whatever the time (1.6 §5.13, 2.0.1 H01.FR.11 to .14)
        return Reserved(**cp.reply(it), result="rejected", detail="its time is over")
    if result == "accepted":
        _keep(cp, wish)
    return Reserved(**cp.reply(it), result=result)


def _bounded(until: datetime, now: datetime) -> datetime:
    # differences of instants never leave the calendar, conversions to another zone may
    return now + min(max(until - now, timedelta(0)), LONGEST)


def _improper(cp: Charger, wish: Reservation) -> str | None:
    """Why no such reservation can be made, whoever else is here."""
    if not cp.settings.flag("ReservationCtrlr.Enabled"):
        return "reservations are switched off"
    if wish.evse is None and not cp.settings.flag("ReservationCtrlr.NonEvseSpecific"):
        return "an EVSE must be named"
    if wish.token.is_blank:
        return "a blank token names nobody"
    if wish.evse is not None and wish.evse > len(cp.facts.evses):
        return "unknown EVSE"
    return None if _targets(cp, wish) else "no such connector type"


def _targets(cp: Charger, wish: Reservation) -> list[EvseFacts]:
    """The EVSEs that the wish is for; a connector type counts where an EVSE is named, too."""
    return [
        evse
        for evse in cp.facts.evses
        if reservations.suits(cp.configuration, wish, evse.id)
        and (wish.connector_type is None or _has(cp, evse, wish.connector_type))
    ]


def _has(cp: Charger, evse: EvseFacts, connector_type: str) -> bool:
    return any(c.type == connector_type for c in cp.configuration.evses[evse.id - 1].connectors)


def _room(cp: Charger, wish: Reservation, others: list[Reservation]) -> Outcome:
    """Whether this wish can be fulfilled beside those of others; if not, the state that prevents it."""
    free = {
        evse.id for evse in cp.facts.evses if reservations.is_untouched(evse) and status.can_serve(cp, evse)
    }
    kept = reservations.fulfilled(cp.configuration, others, free)
    if reservations.fulfilled(cp.configuration, [*others, wish], free) > kept:
        return "accepted"
    targets = _targets(cp, wish)
    if all(status.blocking_fault(cp, evse) is not None for evse in targets):
        return "faulted"
    return "occupied" if any(status.can_serve(cp, evse) for evse in targets) else "unavailable"


def _keep(cp: Charger, wish: Reservation) -> None:
    kept = cp.facts.reservations
    replaced = [reservation for reservation in kept if reservation.id == wish.id]
    for evse in cp.facts.evses:
        if evse.authorization is not None and evse.authorization.reservation == wish.id:
            evse.authorization.reservation = None
    cp.facts.reservations = [*(r for r in kept if r.id != wish.id), wish]
    reservations.changed(cp, wish, "replaced" if replaced else "made")
    _settle(cp)


def cancel(cp: Charger, it: CancelReservation) -> ReservationCancelled:
    """Gives up a reservation; the backend knows, so nothing but the status is told (1.6 §5.2, 2.0.1 H02)."""
    for reservation in cp.facts.reservations:
        if reservation.id == it.reservation:
            _drop(cp, [reservation], "cancelled")
            return ReservationCancelled(**cp.reply(it), result="accepted")
    return ReservationCancelled(**cp.reply(it), result="rejected", detail="no such reservation")


# --- who may use what is reserved ------------------------------------------------------------------------------------


def bars(cp: Charger, evse: EvseFacts, token: Token, group: Token | None) -> bool:
    """Whether an EVSE is kept free for somebody else than this token."""
    wishes = [wish for wish in reservations.unused(cp.facts) if not wish.is_for(token, group)]
    return status.is_held(cp, evse, wishes)


def asks_first(cp: Charger, evse: EvseFacts, token: Token, group: Token | None) -> bool:
    """Whether a remote start at a reserved EVSE waits for the backend to say which group its token is of (1.6 §5.13),
    where other versions refuse it at once (2.0.1 F01.FR.21, .22)."""
    if cp.manners.reserved_remote_start != "asks" or group is not None:
        return False
    return bars(cp, evse, token, group) and may_open(cp, evse)


def may_open(cp: Charger, evse: EvseFacts) -> bool:
    """Whether a token of unknown group might use the EVSE if the backend said that it is of the right one."""
    wishes = [wish for wish in reservations.unused(cp.facts) if wish.group is None]
    return not status.is_held(cp, evse, wishes)


def usable(cp: Charger, evse: EvseFacts, token: Token, group: Token | None) -> int | None:
    """The number of the reservation that this token uses at this EVSE, that of this very EVSE first."""
    mine = [
        wish
        for wish in reservations.of(cp.facts, token, group)
        if reservations.suits(cp.configuration, wish, evse.id)
    ]
    mine.sort(key=lambda wish: wish.evse is None)
    return mine[0].id if mine else None


def reserved_for(cp: Charger, token: Token) -> EvseFacts | None:
    """The EVSE that is kept free for this very token, if one is."""
    for wish in reservations.of(cp.facts, token, None):
        if wish.evse is not None and wish.evse <= len(cp.facts.evses):
            return cp.facts.evses[wish.evse - 1]
    return None


# --- how it ends -----------------------------------------------------------------------------------------------------


def next_end(cp: Charger) -> datetime | None:
    """When the next reservation ends whose holder has not come. An instant of the backend's: it never moves."""
    return min((reservation.until for reservation in reservations.unused(cp.facts)), default=None)


def expire(cp: Charger) -> None:
    """Ends what is over."""
    _drop(cp, [r for r in reservations.unused(cp.facts) if r.until <= cp.now], "expired")


def review(cp: Charger) -> None:
    """Ends reservations whose EVSEs are all faulted or out of service (1.6 §5.13, 2.0.1 H01); a restart that waits
    ends none (B11.FR.05)."""
    restart = cp.facts.restart
    if not cp.facts.reservations or (restart is not None and restart.closes):
        return
    lost = [
        wish
        for wish in reservations.unused(cp.facts)
        if not any(status.can_serve(cp, evse) for evse in _targets(cp, wish))
    ]
    _drop(cp, lost, "removed")


def _drop(cp: Charger, ended: list[Reservation], end: Literal["cancelled", "expired", "removed"]) -> None:
    if not ended:
        return
    gone = {reservation.id for reservation in ended}
    cp.facts.reservations = [r for r in cp.facts.reservations if r.id not in gone]
    _settle(cp)
    for reservation in ended:
        reservations.changed(cp, reservation, end)
        if end != "cancelled" and "report_reservation" in cp.manners.speaks:
            cp.enqueue(ReportReservation(**cp.words(), reservation=reservation.id, end=end), "express")


def _settle(cp: Charger) -> None:
    """Tells the new status. A cable that waits at an EVSE which is free again begins by itself, as after any obstacle."""
    status.observe(cp)
