"""What must hold before somebody is served; raises Impossible where it does not. Changes nothing."""

from vcp_abstraction import status
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.places import EvseFacts


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


def must_serve(cp: Charger, evse: EvseFacts) -> None:
    """A session begins only where nothing is broken and nothing is out of service."""
    if status.blocking_fault(cp, evse) is not None:
        raise Impossible(f"EVSE {evse.id} is faulted", field="evse", remedy="clear_fault first")
    if not status.is_operative(cp, evse):
        raise Impossible(f"EVSE {evse.id} is out of service", field="evse", remedy="make it operative first")
