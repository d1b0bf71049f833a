"""May a session begin at an EVSE? What keeps it from beginning there, for everyone who would begin one. Changes nothing.

A card, a cable, the start button, a remote start, a verdict that comes late, the offline rules, a car found after the
start: all ask here, so that one way in is never open where another is closed. A session that is under way is not asked
about: it goes on, and ends, whatever lies before the next one.
"""

from typing import Literal, NamedTuple

from vcp_contracts.values import Token

from vcp_abstraction import status
from vcp_abstraction.blocks import reservation
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts

ObstacleWord = Literal[
    "no_power", "not_accepted", "restarting", "faulted", "updating", "out_of_service", "reserved"
]


class Obstacle(NamedTuple):
    """What keeps a session from beginning."""

    word: ObstacleWord
    reason: str
    remedy: str
    field: str | None = None
    """The field of a command that names the place, where another place might do."""


def obstacle(cp: Charger, evse: EvseFacts) -> Obstacle | None:
    """What keeps any session from beginning at an EVSE, whoever comes; None: nothing does."""
    return power(cp) or registration(cp) or _restart(cp, evse) or _place(cp, evse)


def obstacle_to(
    cp: Charger, evse: EvseFacts, token: Token | None = None, group: Token | None = None
) -> Obstacle | None:
    """The same for one who comes with this token, or with none: a reservation may be in his way, too."""
    return obstacle(cp, evse) or reserved(cp, evse, token, group)


def power(cp: Charger) -> Obstacle | None:
    """Nothing works without mains."""
    if cp.facts.powered:
        return None
    return Obstacle("no_power", "the charger has no power", "power_on first")


def registration(cp: Charger) -> Obstacle | None:
    """No service before the backend has ever accepted this charger, unless a setting allows it (1.6 §4.2.1)."""
    known = cp.facts.registration
    waits = not known.ever_accepted or (cp.online and not cp.registered)
    if not waits or cp.settings.flag("TxCtrlr.TxBeforeAcceptedEnabled"):
        return None
    return Obstacle(
        "not_accepted",
        f"the backend has not accepted the charger's boot (it is {known.verdict})",
        "go_online and wait for `registered`, or set TxCtrlr.TxBeforeAcceptedEnabled",
    )


def _restart(cp: Charger, evse: EvseFacts) -> Obstacle | None:
    """From the order until the charger is back nothing new begins; a session that the restart waits for goes on
    (2.0.1 B12)."""
    if cp.facts.registration.starting:
        return Obstacle("restarting", "the charger is restarting", "wait until it is back")
    restart = cp.facts.restart
    if restart is None or (restart.when_idle and evse.transaction is not None):
        return None
    return Obstacle("restarting", "the charger is about to restart", "wait until it has restarted")


def _place(cp: Charger, evse: EvseFacts) -> Obstacle | None:
    if status.blocking_fault(cp, evse) is not None:
        return Obstacle("faulted", f"EVSE {evse.id} is faulted", "clear_fault first", "evse")
    if status.closed_for_update(cp, evse):
        return Obstacle(
            "updating",
            f"EVSE {evse.id} is kept free for an update of the firmware",
            "wait for its end",
            "evse",
        )
    if not status.is_operative(cp, evse, evse.connected):
        return Obstacle(
            "out_of_service", f"EVSE {evse.id} is out of service", "make it operative first", "evse"
        )
    return None


def reserved(
    cp: Charger, evse: EvseFacts, token: Token | None = None, group: Token | None = None
) -> Obstacle | None:
    """Whether an EVSE is kept free for somebody else than who comes with this token, or with none."""
    if token is None:
        kept = status.is_reserved(cp, evse)
    else:
        kept = reservation.bars(cp, evse, token, group)
    if not kept:
        return None
    return Obstacle("reserved", f"EVSE {evse.id} is reserved", "present the token it is for", "evse")
