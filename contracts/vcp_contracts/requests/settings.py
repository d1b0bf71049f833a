"""Settings read, written and listed."""

from typing import Literal

from pydantic import Field

from vcp_contracts.requests.envelope import Reply, Request
from vcp_contracts.values import SettingName
from vcp_contracts.words import Value


class ReadSettings(Request):
    """Read settings by name; none named: all of them."""

    type: Literal["read_settings"] = "read_settings"
    names: tuple[SettingName, ...] = ()
    attributes: tuple[str, ...] = ()
    """Which attribute of each name (`actual` where shorter)."""


ReadResult = Literal["accepted", "unknown_component", "unknown_variable", "write_only", "no_such_attribute"]


class SettingRead(Value):
    """One setting as read."""

    name: SettingName
    result: ReadResult
    value: str | None = None
    read_only: bool = False


class SettingsRead(Reply):
    """One result for each name, in the order asked; all settings where none was named."""

    type: Literal["settings_read"] = "settings_read"
    settings: tuple[SettingRead, ...]


class Sealed(Value):
    """A secret that the backend wrote: it lies in the vault, and this is all that is told of it."""

    label: str
    length: int = Field(ge=0)
    """In characters."""
    form: Literal["hex", "identifier", "text"]
    """`hex`: hex digits alone; `identifier`: letters, digits and `*-_=:+|@.` alone; `text`: anything else."""


class SettingToWrite(Value):
    """One setting to be written. A secret's `value` is empty; `sealed` says where it lies."""

    name: SettingName
    value: str
    sealed: Sealed | None = None
    attribute: str = "actual"


class WriteSettings(Request):
    """Write settings, each on its own."""

    type: Literal["write_settings"] = "write_settings"
    settings: tuple[SettingToWrite, ...]


class SettingWritten(Value):
    """How one write ended."""

    name: SettingName
    result: Literal[
        "accepted",
        "reboot_required",
        "unknown_component",
        "unknown_variable",
        "read_only",
        "bad_value",
        "no_such_attribute",
    ]
    detail: str | None = None


class SettingsWritten(Reply):
    """One result for each setting, in the order asked."""

    type: Literal["settings_written"] = "settings_written"
    settings: tuple[SettingWritten, ...]


class ListSettings(Request):
    """Report settings in pages of their own messages."""

    type: Literal["list_settings"] = "list_settings"
    report: int
    what: Literal["configuration", "full", "summary"]


class SettingsListed(Reply):
    """Whether the report will come."""

    type: Literal["settings_listed"] = "settings_listed"
    result: Literal["accepted", "rejected", "not_supported", "empty"]
