"""How the charger shows who it is, and whom it trusts."""

from datetime import datetime

from pydantic import Field
from vcp_contracts.values import RootUse

from vcp_abstraction.facts.kept import Kept


class SecurityFacts(Kept):
    """What the backend has changed of how the charger shows who it is; None: as configured."""

    profile: int | None = None
    falls_back_to: int | None = None
    """The profile before, until a link stands with the new one."""
    password_label: str | None = None


class Root(Kept):
    """A root certificate that the backend has installed."""

    use: RootUse
    pem: str


class OwnCertificate(Kept):
    """A certificate of the charger that the backend had signed."""

    chain: str
    key_label: str
    not_before: datetime
    not_after: datetime


class Signing(Kept):
    """A certificate is being had."""

    key_label: str
    common_name: str
    public_key: str | None = None
    """Known once the key is made."""


class Certificates(Kept):
    """A section of its own: large, and rarely changed."""

    roots: list[Root] = Field(default_factory=list)
    own: list[OwnCertificate] = Field(default_factory=list)
    signing: Signing | None = None
