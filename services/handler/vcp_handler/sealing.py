"""Secrets that come in over the wire: into the vault at once, under a label of their own. Judges none."""

import re
from typing import Literal

import structlog
from vcp_contracts.labels import SecretUse, own_labels
from vcp_contracts.requests import Sealed
from vcp_plumbing.vault import Vault, VaultUnsafe

_HEX = re.compile(r"[0-9A-Fa-f]+")
_IDENTIFIER = re.compile(r"[A-Za-z0-9*\-_=:+|@.]+")

log = structlog.get_logger(__name__)


class Sealer:
    """Seals one link's secrets, under labels that take turns.

    `in_force` is the label of the password that the link was made with; it is never written over. A password for a
    file takes the place of the oldest of its use: the one that a transfer needs is the last, or one of a few before.
    """

    def __init__(self, vault: Vault | None, charge_point: str, in_force: str | None) -> None:
        self._vault = vault
        self._charge_point = charge_point
        labels = own_labels(charge_point)
        taken = labels.index(in_force) + 1 if in_force in labels else 0
        self._free = [*labels[taken:], *labels[:taken]]
        if taken:
            self._free.pop()

    def __call__(self, secret: str, use: SecretUse) -> Sealed | None:
        """Where the secret lies now, and what may be told of it; None where it could not be kept.

        Writes a small file and waits for the disk: it happens when a password comes, and never else.
        """
        if self._vault is None:
            return None
        label = self._free[0] if use == "link" else self._oldest(self._vault, use)
        try:
            self._vault.put("password", label, secret.encode())
        except (VaultUnsafe, OSError, ValueError) as error:
            log.warning("sealing_failed", charge_point=self._charge_point, error=str(error))
            return None
        if use == "link":
            self._free.append(self._free.pop(0))
        return Sealed(label=label, length=len(secret), form=_form(secret))

    def _oldest(self, vault: Vault, use: SecretUse) -> str:
        labels = own_labels(self._charge_point, use)
        return min(labels, key=lambda label: vault.kept_since("password", label))


def _form(secret: str) -> Literal["hex", "identifier", "text"]:
    if _HEX.fullmatch(secret):
        return "hex"
    return "identifier" if _IDENTIFIER.fullmatch(secret) else "text"
