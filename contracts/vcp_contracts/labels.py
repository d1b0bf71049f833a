"""The labels under which a charge point's own secrets lie in the vault. Knows no vault."""

OWN = 8
"""How many labels a charge point's secrets of one kind take turns in, so that a backend can't fill the vault."""


def own_labels(charge_point: str) -> tuple[str, ...]:
    """The labels of secrets that came or were made while it ran: passwords of the backend's, keys of its own."""
    return tuple(f"{charge_point}#{n}" for n in range(OWN))
