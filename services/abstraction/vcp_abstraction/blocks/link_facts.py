"""What the wire says of the link, and what follows: it stands, it failed, it is gone, another Handler has it."""

from vcp_contracts.events import LinkChanged
from vcp_contracts.link import HandlerUp, LinkDown, LinkFailed, LinkUp

from vcp_abstraction import status
from vcp_abstraction.blocks import boot, certificates, credentials, link, metering, security
from vcp_abstraction.charger import Charger


def link_up(cp: Charger, it: LinkUp) -> None:
    """The link stands: boot, or go on where the last link ended."""
    facts = cp.facts.link
    if it.order != facts.order or not facts.wanted:
        return
    facts.state = "up"
    facts.id = it.link
    facts.next_fact = it.n + 1
    facts.trust_path = it.trust_path
    if facts.subprotocol != it.subprotocol:
        facts.subprotocol = it.subprotocol
        # what is kept for the end of a transaction, and when, is a manner
        metering.align(cp)
    facts.since = cp.now
    facts.last_failure = None
    credentials.worked(cp)
    certificates.worked(cp)
    facts.unsupported.clear()
    # The order may be older than the verdict, and each of its connections begins as it says.
    facts.gated = facts.order_gated
    link.gate(cp)
    cp.note(LinkChanged, state="up", link=it.link, subprotocol=it.subprotocol)
    for command in facts.waiting:
        cp.done(command, link="up", subprotocol=it.subprotocol)
    facts.waiting.clear()
    away = cp.now - facts.down_since if facts.down_since is not None else None
    facts.down_since = None
    if not cp.registered or cp.configuration.boot_on_reconnect:
        boot.boot(cp)
        return
    long = away is not None and away.total_seconds() > cp.settings.seconds("OCPPCommCtrlr.OfflineThreshold")
    if long and cp.manners.status_after_reconnect == "all_after_threshold":
        cp.facts.reported.clear()
    status.observe(cp)


def link_failed(cp: Charger, it: LinkFailed) -> None:
    """No link came about; the Handler goes on trying."""
    facts = cp.facts.link
    if it.order != facts.order:
        return
    facts.last_failure = f"{it.why}: {it.detail}" if it.detail else it.why
    cp.note(LinkChanged, state="failed", why=it.why, detail=it.detail or None)
    security.no_link(cp, it)
    for command in facts.waiting:
        cp.done(command, link="failed", why=it.why, detail=it.detail)
    facts.waiting.clear()
    if credentials.falls_back(cp):
        link.renew(cp, "back to the security profile before")
    elif credentials.gives_up_certificate(cp, it):
        link.renew(cp, "back to the certificate before")


def link_down(cp: Charger, it: LinkDown) -> None:
    """The link is gone; the Handler tries again by itself, under the same order."""
    facts = cp.facts.link
    facts.state = "connecting" if facts.wanted else "down"
    link.down(cp, it.why, it.detail)
    facts.id = None


def handler_up(cp: Charger, it: HandlerUp) -> None:
    """Another Handler has the partition: the links of the one before are gone, and are ordered again."""
    facts = cp.facts.link
    if facts.state == "up":
        facts.state = "connecting"
        link.down(cp, "lost", "the Handler changed")
    facts.id = None
    link.order(cp)
