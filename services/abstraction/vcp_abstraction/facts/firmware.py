"""The firmware, and an update of it that is under way."""

from typing import Literal

from vcp_contracts.requests import UpdateFirmware
from vcp_contracts.values import FirmwareStage

from vcp_abstraction.facts.kept import Kept
from vcp_abstraction.facts.transfer import Transfer


class Update(Transfer):
    """An update of the firmware that is under way."""

    request: UpdateFirmware
    phase: Literal[
        "scheduled", "downloading", "pausing", "verifying", "dated", "waiting", "installing", "rebooting"
    ]
    """`pausing`: before it is fetched again; `dated`: until the installation's date; `waiting`: for sessions."""

    @property
    def unstoppable(self) -> bool:
        """Whether it is too late to give it up."""
        return self.phase in ("installing", "rebooting")

    @property
    def closes(self) -> bool:
        """Whether it wants the EVSEs for itself."""
        return self.phase in ("waiting", "installing", "rebooting")


class Checking(Kept):
    """A request for signed firmware whose certificate is being checked before it is answered."""

    request: UpdateFirmware
    chore: str


class FirmwareFacts(Kept):
    """The firmware."""

    version: str | None = None
    """What an update has installed; None: what the configuration says."""
    stage: FirmwareStage = "idle"
    request_id: int | None = None
    update: Update | None = None
    checking: Checking | None = None
