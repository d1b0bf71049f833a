"""The labels under which a charge point's own secrets lie in the vault. Knows no vault."""

from typing import Literal

OWN = 8
"""How many labels a charge point's secrets of one kind take turns in, so that a backend can't fill the vault."""

SecretUse = Literal["link", "firmware", "log"]
"""What a secret of the backend's is for: to show who the charger is, or to fetch firmware or store a log."""


def met_hosts(charge_point: str) -> str:
    """The label of the known hosts that a charge point has met itself."""
    return f"{charge_point}#met"


def own_labels(charge_point: str, use: SecretUse = "link") -> tuple[str, ...]:
    """The labels of secrets that came or were made while it ran: passwords of the backend's, keys of its own."""
    mark = "" if use == "link" else f"{use}-"
    return tuple(f"{charge_point}#{mark}{n}" for n in range(OWN))
