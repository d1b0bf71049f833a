"""A charge point as a person describes it: its id, its configuration, and a password, which goes into the vault alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import ConfigDict, Field, SecretStr, ValidationError
from vcp_contracts.commands import Provision
from vcp_contracts.configuration import ChargePointConfiguration, SecurityConfiguration
from vcp_contracts.rules import MOST_RULES, Rule
from vcp_contracts.words import ChargePointId
from vcp_plumbing.vault import Vault, VaultUnsafe

from vcp_control.problems import Problem, wrong_fields

_HEX = "hex:"
_FIELD = "security.password"

WITH_PASSWORD = (1, 2)
"""The security profiles that show a password whatever else is said."""


class SecurityDescription(SecurityConfiguration):
    """How the charger shows who it is."""

    password: Annotated[
        SecretStr | None,
        Field(
            min_length=1,
            max_length=256,
            description="Goes into the vault, never further. `hex:00ff…`: bytes.",
        ),
    ] = None


class ChargePointDescription(ChargePointConfiguration):
    """A charger: its id and how it is set up."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "CP001",
                    "url": "ws://127.0.0.1:9000/ocpp",
                    "protocols": ["ocpp1.6"],
                    "labels": {"team": "billing"},
                    "online": True,
                }
            ]
        }
    )

    id: ChargePointId
    security: SecurityDescription = SecurityDescription()
    rules: Annotated[
        tuple[Rule, ...],
        Field(
            max_length=MOST_RULES,
            description="Those that stand from its first connection on; looked at only when it is set up first.",
        ),
    ] = ()


@asynccontextmanager
async def provision(
    described: ChargePointDescription, vault: Vault | None, *, id: str
) -> AsyncIterator[Provision]:
    """The command that sets the charger up, for a block that gives it; its password is in the vault by then.

    When the block raises Problem or ValueError the command was refused, and the vault is as it was before. Raises Problem
    422 when the description contradicts itself, or there is no vault to put the password into; 409 where that is unfit.
    """
    given = {
        name: getattr(described, name) for name in described.model_fields_set - {"id", "security", "rules"}
    }
    try:
        configuration = ChargePointConfiguration.model_validate({**given, "security": _security(described)})
    except ValidationError as wrong:
        raise wrong_fields(wrong.errors(include_url=False, include_input=False)) from None
    command = Provision(id=id, charge_point=described.id, configuration=configuration, rules=described.rules)
    if described.security.password is None:
        yield command
        return
    secret = _bytes_of(described.security.password.get_secret_value())
    label = described.security.password_label or described.id
    before = await asyncio.to_thread(_store, vault, label, secret)
    try:
        yield command
    except (Problem, ValueError):
        assert vault is not None
        await asyncio.to_thread(_take_back, vault, label, secret, before)
        raise


def _security(described: ChargePointDescription) -> dict[str, object]:
    security = described.security
    given = {name: getattr(security, name) for name in security.model_fields_set - {"password"}}
    if security.password is not None:
        given.setdefault("basic", True)
        if not given["basic"] and security.profile not in WITH_PASSWORD:
            raise Problem(
                422,
                "bad_field",
                "a password is given, and the charger would never show it",
                field="security.basic",
                remedy="leave basic out, or leave the password out",
            )
    return given


def _bytes_of(password: str) -> bytes:
    if not password.startswith(_HEX):
        return password.encode()
    try:
        return bytes.fromhex(password[len(_HEX) :])
    except ValueError:
        raise Problem(
            422,
            "bad_field",
            "says hex: and is not",
            field=_FIELD,
            remedy="write an even number of hex digits after hex:",
        ) from None


def _store(vault: Vault | None, label: str, secret: bytes) -> bytes | None:
    """Puts a password into the vault; returns the one that lay there before."""
    if vault is None:
        raise Problem(
            422,
            "no_vault",
            "there is no directory to keep passwords in",
            field=_FIELD,
            remedy="start the services with VCP_KEYS naming a directory that only their user can read",
        )
    try:
        before = vault.get("password", label)
        vault.put("password", label, secret)
    except VaultUnsafe as unsafe:
        raise Problem(
            409, "vault_unsafe", str(unsafe), field=_FIELD, remedy="mend the directory of keys"
        ) from None
    except ValueError as unreadable:
        raise Problem(
            409, "vault_unsafe", str(unreadable), field=_FIELD, remedy="take that file away"
        ) from None
    except OSError as broken:
        raise Problem(
            409,
            "vault_unwritable",
            f"the directory of keys can not be used: {broken.strerror}",
            field=_FIELD,
            remedy="let VCP_KEYS name a directory that this service's user can write, with room in it",
        ) from None
    return before


def _take_back(vault: Vault, label: str, secret: bytes, before: bytes | None) -> None:
    """The vault is as it was before, unless somebody else has put another password there meanwhile."""
    if vault.get("password", label) != secret:
        return
    if before is None:
        vault.remove("password", label)
    else:
        vault.put("password", label, before)
