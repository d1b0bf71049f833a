"""The link as the charger wants it: ordered, tuned, gated, given up; and what its end means for what waits."""

from datetime import timedelta
from typing import Any, Literal

from vcp_contracts.actions import Authorize
from vcp_contracts.commands import GoOffline, GoOnline
from vcp_contracts.events import LinkChanged
from vcp_contracts.link import (
    BackOff,
    CloseLink,
    OpenLink,
    SetGate,
    TuneLink,
)

from vcp_abstraction import lanes, preconditions, standing
from vcp_abstraction.blocks import credentials, raw, rules, verdicts
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.lanes import Queued

AGAIN = timedelta(seconds=30)
"""When the charger connects again after it failed on a link that stood."""


def go_online(cp: Charger, it: GoOnline) -> None:
    """Connects. The command ends at the first link, or the first failure."""
    preconditions.must_have_power(cp)
    if cp.configuration.url is None:
        raise Impossible("no backend is configured", field="url", remedy="configure the charger with a url")
    link = cp.facts.link
    if link.state == "up":
        cp.done(it.id, link="up", subprotocol=link.subprotocol)
        return
    link.waiting.append(it.id)
    if link.state == "connecting" and link.wanted:
        return
    want(cp)


def want(cp: Charger) -> None:
    """From now on the charger is to be connected; a return of the network that was to come is not waited for."""
    cp.facts.link.back_at = None
    cp.facts.link.wanted = True
    cp.facts.registration.starting = False
    order(cp)


def network_back(cp: Charger) -> None:
    """The network returns by itself, or a restart is over."""
    want(cp)


def come_back(cp: Charger) -> None:
    """The charger starts again: it connects when it has, and not before."""
    link = cp.facts.link
    if not link.wanted and link.back_at is None:
        return
    up_at = cp.now + timedelta(seconds=cp.configuration.restart_s)
    # power may have failed before it was back the last time
    cp.facts.registration.starting |= link.wanted
    link.wanted = False
    link.back_at = max(up_at, link.back_at or up_at)


def order(cp: Charger) -> None:
    """Orders a link from the Handler."""
    link = cp.facts.link
    if cp.around.handler is None or not link.wanted or not cp.facts.powered or cp.configuration.url is None:
        return
    link.order += 1
    link.order_gated = cp.facts.registration.verdict == "rejected"
    link.state = "connecting"
    link.id = None
    link.since = cp.now
    cp.note(LinkChanged, state="connecting")
    cp.say(
        OpenLink(
            **_envelope(cp),
            handler=cp.around.handler,
            order=link.order,
            **credentials.for_link(cp),
            protocols=_protocols(cp),
            back_off=back_off(cp),
            ping_s=cp.settings.seconds("OCPPCommCtrlr.WebSocketPingInterval"),
            gate=cp.manners.rejected_gate if link.order_gated else "open",
            gate_blames=not cp.facts.registration.by_rule,
            **standing.for_link(cp),
        )
    )


def _envelope(cp: Charger) -> dict[str, Any]:
    return {"id": cp.mint(), "charge_point": cp.id, "at": cp.now, "cause": cp.cause}


def _protocols(cp: Charger) -> tuple[str, ...]:
    """A transaction belongs to the subprotocol it began in: while one is untold, only that one is offered."""
    for telling in cp.facts.tellings.values():
        if telling.subprotocol in cp.configuration.protocols:
            return (telling.subprotocol,)
    return cp.configuration.protocols


def back_off(cp: Charger) -> BackOff:
    """How long to wait between attempts (2.0.1 part 4 §5.3)."""
    return BackOff(
        minimum_s=cp.settings.seconds("OCPPCommCtrlr.RetryBackOffWaitMinimum"),
        random_s=cp.settings.seconds("OCPPCommCtrlr.RetryBackOffRandomRange"),
        repeats=cp.settings.seconds("OCPPCommCtrlr.RetryBackOffRepeatTimes"),
    )


def tune(cp: Charger) -> None:
    """The settings that time the link have changed."""
    if cp.facts.link.wanted:
        ping_s = cp.settings.seconds("OCPPCommCtrlr.WebSocketPingInterval")
        cp.say(TuneLink(**_envelope(cp), ping_s=ping_s, back_off=back_off(cp)))


def trust(cp: Charger) -> None:
    """Other roots are installed now: the connections to come trust those."""
    if cp.facts.link.wanted:
        cp.say(TuneLink(**_envelope(cp), authorities=credentials.authorities(cp)))


def gate(cp: Charger) -> None:
    """While the boot is rejected the backend's calls are not let in (1.6 §4.2, 2.0.1 B03.FR.08)."""
    link = cp.facts.link
    rejected = cp.facts.registration.verdict == "rejected"
    if link.id is None or link.gated == rejected:
        return
    link.gated = rejected
    kind = cp.manners.rejected_gate if rejected else "open"
    blames = not cp.facts.registration.by_rule
    cp.say(SetGate(**_envelope(cp), link=link.id, gate=kind, blames=blames))


def go_offline(cp: Charger, it: GoOffline) -> None:
    """Loses the network, in one of the ways in which networks are lost."""
    link = cp.facts.link
    if not link.wanted and link.state == "down" and link.back_at is None:
        raise Impossible("the charger is offline already", remedy="go_online first")
    link.wanted = False
    cp.facts.registration.starting = False
    link.back_at = cp.now + timedelta(seconds=it.seconds) if it.seconds is not None else None
    close(cp, "reset" if it.how == "refuse" else it.how, "went offline")


def close(cp: Charger, how: Literal["close", "reset", "silent"], why: str) -> None:
    """Gives the link up. The charger counts as offline from now on, whatever the wire still does."""
    link = cp.facts.link
    link.order += 1
    cp.say(CloseLink(**_envelope(cp), order=link.order, how=how, reason=why))
    was_up = link.state == "up"
    link.state = "down"
    if was_up:
        down(cp, "closed_by_us", why)
    link.id = None
    fail_waiting(cp, why)
    standing.no_link_ordered(cp)


def reopen(cp: Charger, why: str) -> None:
    """Closes the link and orders another."""
    close(cp, "reset", why)
    order(cp)


def renew(cp: Charger, why: str) -> None:
    """Says goodbye and connects again, with what is in force now."""
    if cp.facts.link.wanted:
        close(cp, "close", why)
        order(cp)


def fail_waiting(cp: Charger, why: str) -> None:
    """Commands that waited for a link are told that none came."""
    for command in cp.facts.link.waiting:
        cp.done(command, link="failed", why=why)
    cp.facts.link.waiting.clear()


def give_up(cp: Charger, why: str) -> None:
    """Closes a link that the charger can't use, and connects again after a while."""
    close(cp, "reset", why)
    cp.facts.link.last_failure = why
    cp.facts.link.wanted = False
    cp.facts.link.back_at = cp.now + AGAIN


def down(cp: Charger, why: str, detail: str = "", *, begins: bool = True) -> None:
    """What the end of a link does. `begins`: whether something may begin because of it, by the offline rules."""
    link = cp.facts.link
    link.since = cp.now
    link.down_since = cp.now
    link.last_failure = f"{why}: {detail}" if detail else why
    cp.note(
        LinkChanged, state="down", link=link.id, subprotocol=link.subprotocol, why=why, detail=detail or None
    )
    for entry in lanes.link_lost(cp):
        _lost(cp, entry, begins=begins)
    if cp.rules is not None:
        rules.link_lost(cp, cp.rules)
        raw.link_lost(cp, cp.rules)


def _lost(cp: Charger, entry: Queued, *, begins: bool) -> None:
    """The link went, and this was not worth keeping."""
    lanes.tell_command(cp, entry, "unanswered", {"detail": "the link was lost"})
    if isinstance(entry.action, Authorize) and begins:
        verdicts.unanswerable(cp, entry)
    elif isinstance(entry.action, Authorize):
        verdicts.never_came(cp, entry)
