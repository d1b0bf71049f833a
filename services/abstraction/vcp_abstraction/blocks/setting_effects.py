"""What follows at once where a setting has changed."""

from vcp_abstraction.blocks import link, metering, own_certificate, transactions
from vcp_abstraction.charger import Charger

METERING = {
    "sampleddatactrlr.enabled",
    "aligneddatactrlr.enabled",
    "sampleddatactrlr.txupdatedinterval",
    "sampleddatactrlr.txendedinterval",
    "aligneddatactrlr.interval",
    "aligneddatactrlr.txendedinterval",
}
LIMITING = {
    "smartchargingctrlr.available",
    "smartchargingctrlr.enabled",
    "smartchargingctrlr.phases3to1",
    "custom.leastpilotcurrent",
    "custom.powerlimitreading",
}
RENEWING = {"custom.certificaterenewallead"}
WIRE = {
    "ocppcommctrlr.websocketpinginterval",
    "ocppcommctrlr.retrybackoffwaitminimum",
    "ocppcommctrlr.retrybackoffrandomrange",
    "ocppcommctrlr.retrybackoffrepeattimes",
}
"""Folded full names: of what meters do, what limits the power, when a certificate is renewed, what times the link."""


def take_effect(cp: Charger, names: set[str]) -> None:
    """Some settings change what is going on, at once."""
    folded = {name.casefold() for name in names}
    if folded & METERING:
        metering.reschedule(cp)
    if folded & WIRE:
        link.tune(cp)
    if folded & RENEWING:
        own_certificate.plan_renewal(cp)
    if folded & LIMITING:
        transactions.follow_limits(cp)
