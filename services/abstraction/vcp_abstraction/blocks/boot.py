"""Boots: the charger tells who it is, and what follows from the backend's verdict."""

from dataclasses import asdict
from datetime import timedelta

from vcp_contracts.actions import Boot
from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.events import Registered, SettingChanged
from vcp_contracts.outcomes import BootAnswer
from vcp_contracts.settings import BY_NAME
from vcp_contracts.values import BootReason

from vcp_abstraction import status
from vcp_abstraction.blocks import link
from vcp_abstraction.charger import Charger
from vcp_abstraction.nameplate import nameplate_of
from vcp_abstraction.settings import MOST

BOOT_RETRY = timedelta(seconds=30)
"""The charger's own wait before it boots again, where the backend named none (1.6 §4.2: not flooding)."""


def boot(cp: Charger, reason: BootReason | None = None, *, command: str | None = None) -> None:
    """Tells the backend that the charger has started, unless that is under way. `command` waits for the answer."""
    registration = cp.facts.registration
    if cp.facts.lanes.boot:
        return
    waits = registration.verdict == "rejected" and registration.next_try is not None
    if waits and reason is None and registration.next_try > cp.now:  # type: ignore[operator]
        return
    registration.next_try = None
    cp.enqueue(
        Boot(
            **cp.words(),
            reason=reason or registration.boot_reason,
            **asdict(cp.nameplate) | {"firmware_version": cp.firmware_version},
        ),
        "boot",
        command=command,
    )


def may_be_triggered(cp: Charger) -> bool:
    """Whether the backend may ask for a boot: not once it has accepted one (2.0.1 F06.FR.17), or has accepted one over
    this link (1.6 errata 3.35: a backend that was restarted knows nothing of the charger that comes back to it)."""
    if not cp.registered:
        return True
    again = cp.manners.triggered_boot == "again_after_reconnect"
    return again and cp.facts.registration.link != cp.facts.link.id


def tells_otherwise(cp: Charger, old: ChargePointConfiguration, new: ChargePointConfiguration) -> bool:
    """Whether a boot would tell something else of the charger than before."""
    return nameplate_of(cp.id, new) != nameplate_of(cp.id, old)


def booted(cp: Charger, answer: BootAnswer, *, by_rule: bool = False) -> None:
    """The backend's verdict (1.6 §4.2, 2.0.1 B01 to B03), or the one that a rule put in its place."""
    registration = cp.facts.registration
    registration.verdict = answer.verdict
    registration.by_rule = by_rule
    registration.at = cp.now
    registration.link = cp.facts.link.id
    cp.note(Registered, verdict=answer.verdict, interval_s=answer.interval_s)
    interval_s = min(answer.interval_s, MOST)
    if answer.verdict != "accepted":
        wait = timedelta(seconds=interval_s) if interval_s > 0 else BOOT_RETRY
        registration.next_try = cp.now + wait
    else:
        registration.ever_accepted = True
        registration.next_try = None
        if interval_s > 0:
            row = BY_NAME["ocppcommctrlr.heartbeatinterval"]
            if cp.settings.text(row.name) != str(interval_s):
                cp.settings.put(row, str(interval_s))
                cp.note(SettingChanged, name=row.name, value=str(interval_s), by="boot")
        cp.facts.reported.clear()
    link.gate(cp)
    status.observe(cp)


def boot_failed(cp: Charger) -> None:
    """No verdict came: tries again after the charger's own interval."""
    cp.facts.registration.next_try = cp.now + BOOT_RETRY


def disowned(cp: Charger) -> None:
    """The backend answers with a security error: it has not accepted this charger (2.0.1 B01.FR.10).

    One that has only just accepted it contradicts itself: it is not flooded with boots.
    """
    registration = cp.facts.registration
    registration.verdict = "none"
    if registration.at is not None and cp.now - registration.at < BOOT_RETRY:
        registration.next_try = registration.at + BOOT_RETRY
    else:
        boot(cp)
