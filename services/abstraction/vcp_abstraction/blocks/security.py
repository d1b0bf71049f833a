"""Security events: which of them the backend hears, and how they get there. The rest is the security log's alone."""

from vcp_contracts.actions import ReportSecurityEvent
from vcp_contracts.commands import RaiseSecurityEvent
from vcp_contracts.events import SecurityEventRaised
from vcp_contracts.link import LinkFailed, TlsFault
from vcp_contracts.values import SecurityEventKind

from vcp_abstraction import lanes
from vcp_abstraction.charger import Charger, Impossible

PUSHED: frozenset[SecurityEventKind] = frozenset(
    {
        # critical by the lists of the whitepaper and of 2.0.1's appendices
        "firmware_updated",
        "memory_exhausted",
        "restarted",
        "security_log_cleared",
        "started",
        "tampering",
        "time_set",
        # not critical there, and yet demanded by A00, A02 and L01
        "invalid_backend_certificate",
        "invalid_firmware_certificate",
        "invalid_firmware_signature",
        "invalid_own_certificate",
        "invalid_tls_cipher",
        "invalid_tls_version",
    }
)
"""What the backend is told; all others are only logged."""

MOST_WAITING = 100
"""Security events that may wait for a link; beyond, the oldest is given up."""

LONGEST_INFO = 255

OF_TLS: dict[TlsFault, SecurityEventKind] = {
    "certificate": "invalid_backend_certificate",
    "own_certificate": "authentication_refused",
    "version": "invalid_tls_version",
    "cipher": "invalid_tls_cipher",
}


def raise_security_event(cp: Charger, it: RaiseSecurityEvent) -> None:
    """Someone makes it happen."""
    if it.tell == "always" and not _can_tell(cp):
        raise Impossible(
            "this charger's backend can't be told of security events",
            remedy="let it speak a protocol that has them, or write tell: by_rule",
        )
    _raised(cp, it.kind, it.info, told=it.tell == "always" or _is_told(cp, it.kind))


def happened(cp: Charger, kind: SecurityEventKind, info: str | None = None) -> None:
    """Something of the charger's life concerns security (whitepaper and 2.0.1: A04)."""
    _raised(cp, kind, info, told=_is_told(cp, kind))


def no_link(cp: Charger, it: LinkFailed) -> None:
    """What a failure to connect means for security (A00); the Handler tells only the first of a series."""
    if it.why == "unauthorized":
        happened(cp, "authentication_refused", it.detail)
    elif it.tls is not None:
        happened(cp, OF_TLS[it.tls], it.detail)


def _raised(cp: Charger, kind: SecurityEventKind, info: str | None, *, told: bool) -> None:
    info = info[:LONGEST_INFO] if info else None
    cp.note(SecurityEventRaised, kind=kind, info=info, told=told)
    if told:
        _make_room(cp)
        cp.enqueue(ReportSecurityEvent(**cp.words(), kind=kind, info=info), "transactions")


def _is_told(cp: Charger, kind: SecurityEventKind) -> bool:
    wanted = cp.settings.text("Custom.SecurityEvents")
    if kind not in PUSHED or wanted == "never" or not _can_tell(cp):
        return False
    if wanted == "always" or cp.manners.security_events == "always":
        return True
    return cp.security_profile > 0


def _can_tell(cp: Charger) -> bool:
    word = "report_security_event"
    return word in cp.manners.speaks and word not in cp.facts.link.unsupported


def _make_room(cp: Charger) -> None:
    facts = cp.facts.lanes
    flying = facts.in_flight.n if facts.in_flight is not None else None
    waiting = [
        n for n in facts.transactions if n != flying and isinstance(cp.queue[n].action, ReportSecurityEvent)
    ]
    if len(waiting) >= MOST_WAITING:
        lanes.discarded(cp, cp.dequeue(waiting[0]), "discarded", "too many security events wait")
