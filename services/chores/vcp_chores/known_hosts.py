"""The host keys of SFTP servers: those that are known, and those met for the first time. Opens no connection."""

from dataclasses import dataclass, field

import asyncssh
from vcp_contracts.labels import met_hosts
from vcp_plumbing.vault import Vault

from vcp_chores.failing import Failed

MOST_MET = 100
"""Servers that a charger remembers; the first of them go."""


@dataclass(slots=True)
class KnownHosts:
    """What is known, as OpenSSH writes it. A server that is not known is taken where `learns`, and is then in `met`."""

    text: str = ""
    learns: bool = False
    any: bool = False
    """Whether every key is taken."""
    met: list[str] = field(default_factory=list)

    def of(self, host: str, addr: str, port: int | None) -> tuple[object, ...]:
        """The keys of one server, in the form that asyncssh asks for."""
        return asyncssh.import_known_hosts(self.text).match(host, addr, port)

    def meets(self, host: str, port: int, key: asyncssh.SSHKey) -> bool:
        """A server shows a key that is not known for it; whether that is taken."""
        name = host if port == asyncssh.DEFAULT_PORT else f"[{host}]:{port}"
        trusted, *_ = self.of(host, "", port)
        if not self.learns or trusted:
            return False
        kind, content = key.export_public_key("openssh").decode().split()[:2]
        self.met.append(f"{name} {kind} {content}\n")
        return True


def of(vault: Vault | None, charge_point: str, label: str | None, *, insecure: bool) -> KnownHosts:
    """What is known for a transfer: what a label holds, else whom the charger has met. Raises Failed. Blocks.

    Without a vault nothing can be remembered, so every key is taken.
    """
    if insecure or (vault is None and label is None):
        return KnownHosts(any=True)
    kept = vault.get("known_hosts", label or met_hosts(charge_point)) if vault is not None else None
    if label is not None and kept is None:
        raise Failed("host_key", f"there are no known hosts {label!r} in VCP_KEYS")
    hosts = KnownHosts(text=(kept or b"").decode(errors="replace"), learns=label is None)
    try:
        asyncssh.import_known_hosts(hosts.text)
    except ValueError:
        raise Failed("host_key", f"the known hosts {label!r} can't be read") from None
    return hosts


def keep(vault: Vault, charge_point: str, hosts: KnownHosts) -> None:
    """Remembers whom a transfer has met. Blocks."""
    label = met_hosts(charge_point)
    lines = [*(vault.get("known_hosts", label) or b"").decode().splitlines(keepends=True), *hosts.met]
    vault.put("known_hosts", label, "".join(lines[-MOST_MET:]).encode())
