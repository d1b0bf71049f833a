"""Secrets that come in: what the vault holds afterwards, and what is told of them."""

from pathlib import Path

import orjson
import pytest
from handler.linked import Linked
from vcp_contracts.requests import Sealed, WriteSettings
from vcp_handler.sealing import Sealer
from vcp_plumbing.vault import Vault

KEY = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "keys")


@pytest.mark.parametrize(
    ("secret", "form"),
    [(KEY, "hex"), ("a:b|c@d.e+f=g_h-i*", "identifier"), ("open sesame", "text"), ("", "text")],
)
def test_what_is_told_of_a_secret(vault: Vault, secret: str, form: str) -> None:
    sealed = Sealer(vault, "CP1", None)(secret)
    assert sealed == Sealed(label="CP1#0", length=len(secret), form=form)
    assert vault.get("password", "CP1#0") == secret.encode()


def test_labels_take_turns_and_spare_the_one_in_force(vault: Vault) -> None:
    seal = Sealer(vault, "CP1", "CP1#2")
    labels = [sealed.label for n in range(8) if (sealed := seal(f"password {n}")) is not None]
    assert labels == [f"CP1#{slot}" for slot in (3, 4, 5, 6, 7, 0, 1, 3)]


def test_without_a_vault_nothing_is_sealed(tmp_path: Path) -> None:
    assert Sealer(None, "CP1", None)(KEY) is None
    (tmp_path / "open").mkdir(mode=0o755)
    assert Sealer(Vault(tmp_path / "open"), "CP1", None)(KEY) is None


def test_a_password_on_the_wire_is_in_the_vault_and_nowhere_else(vault: Vault) -> None:
    linked = Linked(seal=Sealer(vault, "CP1", None))
    call = [2, "1", "ChangeConfiguration", {"key": "AuthorizationKey", "value": KEY}]
    linked.link.take(orjson.dumps(call).decode())
    (request,) = linked.facts
    assert isinstance(request, WriteSettings)
    assert request.settings[0].sealed == Sealed(label="CP1#0", length=40, form="hex")
    assert vault.get("password", "CP1#0") == KEY.encode()
    told = [word.model_dump_json() for word in [*linked.facts, *linked.events]]
    assert KEY not in "".join([*told, *(str(frame) for frame in linked.frames)])
