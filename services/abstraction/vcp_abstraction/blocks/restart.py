"""Restarts: asked for by the backend, waiting for what is still to be told, carried out, or failing."""

from datetime import timedelta

from vcp_contracts.requests import Reset, Resetting
from vcp_contracts.values import STATION, Fault, StopReason

from vcp_abstraction import status
from vcp_abstraction.blocks import (
    authorization,
    cable,
    faults,
    firmware_phases,
    link,
    restart_keys,
    security,
    transactions,
)
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.boot import Registration, Restart

RESTART_PATIENCE = timedelta(seconds=10)
"""How long a restart waits until what it ended has been told."""

RETRY_AFTER = timedelta(seconds=1)
"""How long after one that failed a restart is tried again."""


def reset(cp: Charger, it: Reset) -> Resetting:
    """Restarts, now or when idle (1.6 §5.14, 2.0.1 B11 and B12)."""
    update = cp.facts.firmware.update
    busy_with_itself = update is not None and update.unstoppable
    if cp.facts.behaviour.reset == "refused" or it.place.evse != 0 or busy_with_itself:
        return Resetting(**cp.reply(it), result="rejected")
    busy = any(True for _ in cp.running())
    if it.when == "idle" and busy:
        cp.facts.restart = Restart(reason="scheduled_reset", when_idle=True)
        authorization.forget_all(cp)
        status.observe(cp)
        return Resetting(**cp.reply(it), result="scheduled")
    why: StopReason = "soft_reset" if it.restart == "application" else "hard_reset"
    for evse in cp.facts.evses:
        if evse.transaction is not None:
            transactions.end(cp, evse, "reset_command", why)
    authorization.forget_all(cp)
    cp.facts.restart = Restart(reason="remote_reset", deadline=cp.real + RESTART_PATIENCE)
    return Resetting(**cp.reply(it), result="accepted")


def perhaps_restart(cp: Charger) -> None:
    """A restart that was asked for happens once nothing more is to be told."""
    restart = cp.facts.restart
    if restart is None:
        return
    if restart.when_idle:
        if any(True for _ in cp.running()) or firmware_phases.installing(cp):
            return
        restart.when_idle = False
        restart.deadline = cp.real + RESTART_PATIENCE
    if restart.not_before is not None:
        if restart.not_before > cp.real:
            return
        restart.not_before = None
    lanes = cp.facts.lanes
    idle = not lanes.transactions and not lanes.express and lanes.in_flight is None
    late = restart.deadline is not None and restart.deadline <= cp.real
    if cp.online and not idle and not late:
        return
    if cp.facts.behaviour.restart_failures > 0:
        _restart_fails(cp, restart)
        return
    faults.mend(cp, STATION, "reset_failure")
    cp.facts.restart = None
    authorization.forget_all(cp)
    before = cp.facts.registration
    if cp.facts.link.wanted:
        link.close(cp, "close", "restarting")
    firmware_phases.restarted(cp)
    security.happened(cp, "restarted", restart.reason)
    cp.facts.registration = Registration(
        boot_reason=restart.reason, ever_accepted=before.ever_accepted, starting=before.starting
    )
    restart_keys.take_over(cp)
    cp.facts.reported.clear()
    link.come_back(cp)
    cable.find_cars(cp)
    status.observe(cp)


def _restart_fails(cp: Charger, restart: Restart) -> None:
    """It does not come about: tried again as often as ResetRetries says, then told as a warning (1.6 §9.1)."""
    cp.facts.behaviour.restart_failures -= 1
    restart.tries += 1
    if restart.tries <= cp.settings.seconds("OCPPCommCtrlr.ResetRetries"):
        restart.not_before = cp.real + RETRY_AFTER
        return
    cp.facts.restart = None
    faults.warn(cp, Fault(kind="reset_failure", blocking=False))
    firmware_phases.not_restarted(cp)
    status.observe(cp)
