"""What the control API alone reads from its environment. Knows names, rules and remedies; opens nothing."""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

_REMEDIES = {
    "VCP_API_HOST": "use an address of this machine, such as 127.0.0.1 or 0.0.0.0",
    "VCP_API_PORT": "use a free port from 1 to 65535, or 0 for any free one",
    "VCP_API_OPEN": "use 1 or 0",
    "VCP_API_HOSTS": "list host names with commas between, such as vcp.example.com,tools.example.com",
    "VCP_API_TOKEN": "use at least 8 characters, or leave it out to serve 127.0.0.1 only",
    "VCP_API_PORT_FILE": "name a file that this user can write",
    "VCP_CHARGERS": "name a YAML file that this user can read",
}


class WrongApiSetting(ValueError):
    """An environment variable of the control API has a value that its rule forbids."""

    def __init__(self, variable: str, rule: str, remedy: str | None = None) -> None:
        self.variable = variable
        self.rule = rule
        self.remedy = remedy or _REMEDIES[variable]
        super().__init__(f"{variable}: {rule}. Remedy: {self.remedy}.")


class ApiSettings(BaseModel):
    """Where the API is served, and to whom. Build it with `read`."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    host: str = Field("127.0.0.1", alias="VCP_API_HOST", min_length=1)
    port: int = Field(8080, alias="VCP_API_PORT", ge=0, le=65535)
    """0: any free port."""
    open: bool = Field(False, alias="VCP_API_OPEN")
    """Whether the API may be served beyond this machine without a token."""
    hosts: tuple[str, ...] = Field((), alias="VCP_API_HOSTS")
    """Host names, besides local ones, under which browsers may use the API without a token."""
    token: SecretStr | None = Field(None, alias="VCP_API_TOKEN", min_length=8)
    port_file: Path | None = Field(None, alias="VCP_API_PORT_FILE")
    """Where to write the port once the API is served."""
    chargers: Path | None = Field(None, alias="VCP_CHARGERS")
    """The chargers file."""

    @field_validator("hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(name.strip().lower() for name in value.split(",") if name.strip())

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings. An empty variable counts as absent.

        Raises `WrongApiSetting` for a value that breaks its rule, and when the API would be open to other machines
        without a token.
        """
        given = os.environ if environ is None else environ
        try:
            settings = cls.model_validate({name: given[name] for name in _REMEDIES if given.get(name)})
        except ValidationError as wrong:
            first = wrong.errors(include_url=False, include_input=False)[0]
            raise WrongApiSetting(str(first["loc"][0]), first["msg"]) from None
        if settings.token is None and not settings.open and not is_loopback(settings.host):
            raise WrongApiSetting(
                "VCP_API_HOST",
                f"{settings.host} can be reached by other machines, and no token protects the API",
                "set VCP_API_TOKEN, or VCP_API_OPEN=1 to let everybody in, or VCP_API_HOST=127.0.0.1",
            )
        return settings


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens on `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
