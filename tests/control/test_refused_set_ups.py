"""A charge point that is refused leaves no password behind, and an earlier one stays what it was."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from control.played_abstraction import PlayedAbstraction
from vcp_control.applying import Application
from vcp_control.asking import Means
from vcp_control.chargers_file import WrongChargersFile, read_chargers
from vcp_plumbing.vault import Vault

REFUSED = {"status": "rejected", "kind": "impossible", "field": "evses", "reason": "not now"}


def cp001(**security: Any) -> dict[str, Any]:
    return {"id": "CP001", "url": "ws://x/y", "security": {"password": "correct horse", **security}}


@pytest.mark.parametrize("before", [None, b"earlier", b"\x00\xff"])
async def test_what_the_charger_refuses_leaves_no_password(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, vault: Vault, before: bytes | None
) -> None:
    if before is not None:
        vault.put("password", "CP001", before)
    abstraction.answer = lambda _: REFUSED
    answer = await api.post("/charge-points", json=cp001())
    assert (answer.status_code, answer.json()["field"]) == (409, "evses")
    assert vault.get("password", "CP001") == before


async def test_where_nobody_could_take_it_no_password_is_left(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, vault: Vault
) -> None:
    await abstraction.die()
    answer = await api.post("/charge-points", json=cp001())
    assert answer.status_code == 503
    assert vault.get("password", "CP001") is None


async def test_a_file_that_is_refused_leaves_no_password(
    tmp_path: Path, means: Means, abstraction: PlayedAbstraction, vault: Vault
) -> None:
    path = tmp_path / "chargers.yaml"
    path.write_text("charge_points:\n  - {id: CP001, url: 'ws://x/y', security: {password: letmein}}\n")
    abstraction.answer = lambda _: REFUSED
    with pytest.raises(WrongChargersFile):
        await Application(path, read_chargers(path), means.desk, means.vault).apply()
    assert vault.get("password", "CP001") is None


async def test_a_password_that_nothing_would_show_is_refused(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, vault: Vault
) -> None:
    answer = await api.post("/charge-points", json=cp001(basic=False))
    assert (answer.status_code, answer.json()["field"]) == (422, "security.basic")
    assert abstraction.taken == []
    assert vault.get("password", "CP001") is None
    answer = await api.post("/charge-points", json=cp001(basic=False, profile=1))
    assert answer.status_code == 201


@pytest.mark.parametrize("folder", [".", "passwords"])
async def test_a_vault_that_others_may_read_is_a_clear_refusal(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, vault: Vault, folder: str
) -> None:
    vault.put("password", "CP001", b"earlier")
    (vault.directory / folder).chmod(0o755)
    answer = await api.post("/charge-points", json=cp001())
    told = answer.json()
    assert (answer.status_code, told["type"]) == (409, "urn:vcp:problem:vault_unsafe")
    assert "chmod 700" in told["reason"]
    assert abstraction.taken == []
    (vault.directory / folder).chmod(0o700)
    assert vault.get("password", "CP001") == b"earlier"


async def test_a_vault_that_is_no_directory_is_a_clear_refusal(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, vault: Vault
) -> None:
    vault.directory.write_text("")
    answer = await api.post("/charge-points", json=cp001())
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:vcp:problem:vault_unwritable")
