"""How the charger's parts behave when something is asked of them."""

from typing import Literal

from pydantic import Field
from vcp_contracts.commands import FirmwareFailure

from vcp_abstraction.facts.kept import Kept


class FirmwareManner(Kept):
    """How updates of the firmware go."""

    download_s: float = 0.0
    verify_s: float = 0.0
    install_s: float = 2.0
    failure: FirmwareFailure = "none"
    version: str = ""


class UploadManner(Kept):
    """How uploads of logs go."""

    upload_s: float = 0.0
    failure: Literal["none", "upload", "permission", "bad_message", "not_supported", "no_log"] = "none"
    method: Literal["put", "post"] = "put"


class Behaviour(Kept):
    """How the charger's parts behave."""

    unlock: Literal["works", "fails"] = "works"
    reset: Literal["works", "refused"] = "works"
    restart_failures: int = 0
    """How many of the next attempts to restart fail."""
    after_power_loss: Literal["end", "resume"] = "end"
    accepts_data_from: list[str] = Field(default_factory=list)
    firmware: FirmwareManner = Field(default_factory=FirmwareManner)
    upload: UploadManner = Field(default_factory=UploadManner)
