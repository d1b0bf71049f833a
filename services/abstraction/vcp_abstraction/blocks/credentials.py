"""How the charger shows who it is, and whom it trusts: security profile, password, certificate. Opens no link itself."""

from collections.abc import Collection
from typing import Any

from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.events import SettingChanged
from vcp_contracts.link import LinkFailed
from vcp_contracts.requests import Sealed, SettingToWrite, SettingWritten

from vcp_abstraction.blocks import security
from vcp_abstraction.charger import Charger, Impossible, starting_profile
from vcp_abstraction.facts.security import OwnCertificate
from vcp_abstraction.settings import BLANKS

PROFILE = "SecurityCtrlr.SecurityProfile"
PASSWORD = "SecurityCtrlr.BasicAuthPassword"

REFUSALS = ("tls", "unauthorized", "protocol", "http")
"""Failures by which a backend may refuse a certificate. With TLS 1.3 it says so after the handshake, so that nothing but
a connection that ends without an answer may be seen of it; and some answer over HTTP."""

WITH_PASSWORD = (1, 2)
WITH_TLS = (2, 3)


def check(configuration: ChargePointConfiguration) -> None:
    """Raises Impossible for a security profile that can't be had with this configuration."""
    profile, wanted = configuration.security.profile, configuration.security
    if profile is None:
        return
    if profile > 0 and configuration.url is None:
        raise Impossible("a security profile needs a url", field="url", remedy="give the backend's endpoint")
    if profile == 0 and wanted.basic:
        raise Impossible(
            "profile 0 has no Basic authentication", field="security.basic", remedy="leave the profile out"
        )
    if profile == 1 and configuration.url is not None and configuration.url.startswith("wss:"):
        raise Impossible(
            "profile 1 is without TLS", field="security.profile", remedy="use profile 2, or a url with ws:"
        )
    if profile == 3 and wanted.certificate_label is None:
        raise Impossible(
            "profile 3 needs a certificate of the charger",
            field="security.certificate_label",
            remedy="put certificate and key into VCP_KEYS, and name their label",
        )


def for_link(cp: Charger) -> dict[str, Any]:
    """What an order for a link says of security: the fields of OpenLink."""
    profile = cp.security_profile
    configured = cp.configuration.security
    as_configured = cp.facts.security.profile is None
    in_force = configured.model_copy(
        update={
            "profile": profile,
            "basic": profile in WITH_PASSWORD or (as_configured and configured.basic),
            "password_label": cp.facts.security.password_label or configured.password_label,
            "certificate_label": configured.certificate_label if profile == 3 else None,
        }
    )
    own = _own_certificate(cp) if profile == 3 else None
    on_trial = cp.facts.security.falls_back_to is not None or _on_trial(cp) is not None
    return {
        "tries": cp.settings.seconds("OCPPCommCtrlr.NetworkProfileConnectionAttempts") if on_trial else 1,
        "url": _url(cp, profile),
        "security": in_force,
        "authorities": authorities(cp),
        "certificate": own.chain if own is not None else None,
        "key_label": own.key_label if own is not None else None,
    }


def authorities(cp: Charger) -> tuple[str, ...]:
    """The roots (PEM) by which the backend may be verified, beside those that are configured."""
    return tuple(root.pem for root in cp.certificates.roots if root.use == "backend_root")


def _own_certificate(cp: Charger) -> OwnCertificate | None:
    """The newest that is valid already; an expired one is still shown (2.1 A00.FR.430), before none at all.

    Of two that begin at one time it is the one that came later.
    """
    begun = [one for one in reversed(cp.certificates.own) if one.not_before <= cp.now]
    return max(begun, key=lambda one: (one.not_after >= cp.now, one.not_before), default=None)


def _url(cp: Charger, profile: int) -> str:
    url = cp.configuration.url
    assert url is not None
    if profile not in WITH_TLS or url.startswith("wss:"):
        return url
    return cp.configuration.security.secure_url or url.replace("ws:", "wss:", 1)


# --- what the backend changes ----------------------------------------------------------------------------------------


def is_writable(cp: Charger, name: str) -> bool:
    """Whether the backend may write this although its value follows from facts."""
    return name == PROFILE and cp.manners.security_profile_set_by == "setting"


def write(cp: Charger, full_name: str, item: SettingToWrite) -> SettingWritten:
    """The backend writes the password or the security profile (whitepaper A01, A05; 2.0.1 A01)."""
    rule = _take_password(cp, item.sealed) if full_name == PASSWORD else _raise_profile(cp, item.value)
    if rule:
        return SettingWritten(name=item.name, result="bad_value", detail=rule)
    return SettingWritten(name=item.name, result="accepted")


def _take_password(cp: Charger, sealed: Sealed | None) -> str:
    """Puts a new password into force, or says which rule it breaks. The old one is dead from now on."""
    if sealed is None:
        return "this charger has no place to keep a password"
    if not _is_good(sealed, cp.manners.password_rule):
        return "a password of a length or with characters that are not allowed"
    cp.facts.security.password_label = sealed.label
    cp.note(SettingChanged, name=PASSWORD, value=None, by="backend")
    security.happened(cp, "security_reconfigured", "the password was changed")
    return ""


def _is_good(sealed: Sealed, rule: str) -> bool:
    if rule == "text":
        return sealed.form != "text" and 16 <= sealed.length <= 40
    if sealed.form != "hex":
        return 16 <= sealed.length <= 40
    # 16 to 20 bytes as hex digits, or as many hex digits that are meant as text
    return sealed.length in range(16, 21) or sealed.length in range(32, 41, 2)


def _raise_profile(cp: Charger, value: str) -> str:
    """Puts a higher profile into force, or says why not. What it needs must be there before."""
    level = value.strip(BLANKS)
    if level not in ("0", "1", "2", "3"):
        return "must be 0, 1, 2 or 3"
    wanted = int(level)
    lacking = _lacking(cp, wanted)
    if lacking:
        return lacking
    facts = cp.facts.security
    facts.falls_back_to = cp.security_profile
    _now(cp, wanted)
    return ""


def _lacking(cp: Charger, wanted: int) -> str:
    configured = cp.configuration.security
    if wanted <= cp.security_profile:
        return "the security profile is only ever raised"
    has_password = configured.basic or configured.password_label or cp.facts.security.password_label
    if wanted in WITH_PASSWORD and not has_password:
        return "no password is set"
    installed = any(root.use == "backend_root" for root in cp.certificates.roots)
    if wanted in WITH_TLS and not (installed or configured.ca_label or configured.insecure):
        return "no root certificate of the backend is installed"
    if wanted == 3 and configured.certificate_label is None and _own_certificate(cp) is None:
        return "no certificate of the charger is installed"
    return ""


def _now(cp: Charger, profile: int) -> None:
    cp.facts.security.profile = profile
    cp.note(SettingChanged, name=PROFILE, value=str(profile), by="backend")
    security.happened(cp, "security_reconfigured", f"security profile {profile}")


def need_new_link(cp: Charger, names: Collection[str]) -> bool:
    """Whether the charger must connect anew, now that these were changed."""
    return PROFILE in names or (PASSWORD in names and cp.security_profile in WITH_PASSWORD)


# --- what comes of it ------------------------------------------------------------------------------------------------


def worked(cp: Charger) -> None:
    """A link stands: what is in force is good."""
    cp.facts.security.falls_back_to = None
    shown = _own_certificate(cp) if cp.security_profile == 3 else None
    if shown is not None and not shown.proven:
        shown.proven = True
        cp.touch("certificates")


def falls_back(cp: Charger) -> bool:
    """No link came about. If that was the first try with a new profile, the one before is in force again (A05)."""
    before = cp.facts.security.falls_back_to
    if before is None:
        return False
    cp.facts.security.falls_back_to = None
    _now(cp, before)
    if before == starting_profile(cp.configuration):
        cp.facts.security.profile = None
    return True


def _on_trial(cp: Charger) -> OwnCertificate | None:
    """The certificate that is shown, where no link has stood with it and there is another one to go back to."""
    shown = _own_certificate(cp) if cp.security_profile == 3 else None
    if shown is None or shown.proven:
        return None
    others = [one for one in cp.certificates.own if one is not shown and one.not_before <= cp.now]
    return shown if others or cp.configuration.security.certificate_label is not None else None


def gives_up_certificate(cp: Charger, it: LinkFailed) -> bool:
    """The backend does not take the charger's new certificate: the one before is shown again, where there is one
    (whitepaper A02; 2.0.1 errata A02)."""
    shown = _on_trial(cp)
    if shown is None or it.why not in REFUSALS or it.tls not in (None, "own_certificate"):
        return False
    cp.certificates.own.remove(shown)
    cp.touch("certificates")
    security.happened(
        cp, "invalid_own_certificate", "the backend refused the new one; the one before is used"
    )
    return True
