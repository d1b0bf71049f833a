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
    issuer: str | None = None
    """The root (PEM) that has signed it, where that was installed before it: its key is part of this one's name."""
    fallback: bool = False
    """Another one has taken its place; it goes once a link has stood with that."""


class OwnCertificate(Kept):
    """A certificate of the charger that the backend had signed."""

    chain: str
    key_label: str
    not_before: datetime
    not_after: datetime
    proven: bool = False
    """A link has stood with it."""


class Signing(Kept):
    """A certificate is being had."""

    key_label: str
    common_name: str
    triggered: bool = False
    """The backend asked for it."""
    public_key: str | None = None
    """Known once the key is made."""
    csr: str = ""
    """What is to be signed; known with the key."""
    repeats: int = 0
    """How often it was asked again, for want of a certificate."""
    ask_again_at: datetime | None = None


class Certificates(Kept):
    """A section of its own: large, and rarely changed."""

    roots: list[Root] = Field(default_factory=list)
    own: list[OwnCertificate] = Field(default_factory=list)
    signing: Signing | None = None
    renewal_due: datetime | None = None
    """When the charger asks for the next certificate by itself."""
    takes_over_at: datetime | None = None
    """When a certificate becomes valid that came before its time."""
