"""The settings that every process reads from its environment. Knows names, rules and remedies; opens nothing."""

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from vcp_contracts.streams import PARTITIONS

from vcp_plumbing import crash_points

CANNOT_SET_UP = 4
"""Exit code of a service: settings or broker are such that starting again would not help."""

_REMEDIES = {
    "REDIS_URL": "write redis://host:6379/0, rediss://host:6379/0 or unix:///path/to/socket",
    "VCP_PARTITIONS": "leave it out (16), or give every process of one world the same number from 1 to 100",
    "VCP_OWNER": "leave it out, or use letters, digits, dots, dashes and underscores only, 64 at most",
    "VCP_LOG_LEVEL": "use debug, info, warning or error",
    "VCP_LOG_FORMAT": "use json or console",
    "VCP_HEALTH_HOST": "use an address of this machine, such as 127.0.0.1 or 0.0.0.0",
    "VCP_HEALTH_PORT": "use a free port from 1 to 65535, or 0 for no health server",
    "VCP_FRAMES_KEPT": "use a whole number from 1 to 1000000",
    "VCP_EVENTS_KEPT": "use a whole number from 100 to 10000000",
    "VCP_KEEP_INPUT": "use true or false",
    "VCP_KEYS": "name a directory that only this user can read",
    "VCP_CRASH_AT": "leave it out; it is for tests that kill: read, decided, committed, sent or answered, and :nth",
    "VCP_API_TOKEN": "use at least 8 characters, or leave it out to serve 127.0.0.1 only",
}


class WrongSetting(ValueError):
    """An environment variable has a value that its rule forbids."""

    def __init__(self, variable: str, rule: str) -> None:
        self.variable = variable
        self.rule = rule
        self.remedy = _REMEDIES[variable]
        super().__init__(f"{variable} is wrong: {rule}. Remedy: {self.remedy}.")


class Environment(BaseModel):
    """What one process was told by its environment. Build it with `read`."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    service: str
    """Which service this process is: `abstraction`, `handler`, `control`."""
    redis_url: str = Field("redis://127.0.0.1:6379/0", alias="REDIS_URL", repr=False)
    """Where the broker is. May carry a password: log `redis_url_masked` instead."""
    partitions: int = Field(PARTITIONS, alias="VCP_PARTITIONS", ge=1, le=100)
    owner: str = Field("", alias="VCP_OWNER", pattern=r"^[A-Za-z0-9._-]{0,64}$")
    """The name under which this start of the process owns partitions; random unless given."""
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", alias="VCP_LOG_LEVEL")
    log_format: Literal["json", "console"] = Field("json", alias="VCP_LOG_FORMAT")
    health_host: str = Field("127.0.0.1", alias="VCP_HEALTH_HOST", min_length=1)
    health_port: int = Field(0, alias="VCP_HEALTH_PORT", ge=0, le=65535)
    """0: no health server."""
    frames_kept: int = Field(1_000, alias="VCP_FRAMES_KEPT", ge=1, le=1_000_000)
    """How many frames of the wire record are kept for each charge point."""
    events_kept: int = Field(100_000, alias="VCP_EVENTS_KEPT", ge=100, le=10_000_000)
    """About how many events are kept for each partition."""
    keep_input: bool = Field(False, alias="VCP_KEEP_INPUT")
    """True: what was read stays in `in`, so that a test can replay it."""
    keys: Path | None = Field(None, alias="VCP_KEYS")
    """The directory of keys and passwords, readable by its owner only."""
    crash_at: str = Field("", alias="VCP_CRASH_AT", pattern=crash_points.PATTERN)
    """Where this process is to kill itself, so that a test can show what survives."""
    api_token: SecretStr | None = Field(None, alias="VCP_API_TOKEN", min_length=8)

    @field_validator("redis_url")
    @classmethod
    def _speaks_to_redis(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("redis", "rediss", "unix"):
            raise ValueError("it starts with redis://, rediss:// or unix://")
        if parts.scheme == "unix" and not parts.path:
            raise ValueError("a unix URL names the path of a socket")
        return url

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _in_any_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @classmethod
    def read(cls, service: str, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings of `service`. An empty variable counts as absent.

        Raises `WrongSetting` for the first variable whose value breaks its rule.
        """
        given = os.environ if environ is None else environ
        named = {name: given[name] for name in _REMEDIES if given.get(name)}
        named.setdefault("VCP_OWNER", f"{service}-{secrets.token_hex(4)}")
        try:
            return cls.model_validate({"service": service, **named})
        except ValidationError as wrong:
            first = wrong.errors(include_url=False, include_input=False)[0]
            rule = re.sub(r"^Value error, ", "", first["msg"])
            raise WrongSetting(str(first["loc"][0]), rule) from None

    @property
    def redis_url_masked(self) -> str:
        """`redis_url` with any password replaced, fit for a log."""
        return masked(self.redis_url)


def masked(url: str) -> str:
    """The same URL with the password of its authority and of its query replaced by `***`."""
    parts = urlsplit(url)
    where = parts.netloc
    if parts.password is not None:
        who, _, host = where.rpartition("@")
        where = f"{who.partition(':')[0]}:***@{host}"
    query = [(key, "***" if key == "password" else value) for key, value in parse_qsl(parts.query)]
    return urlunsplit(parts._replace(netloc=where, query=urlencode(query, safe="*")))
