"""Updates of the firmware."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from vcp_contracts.requests.envelope import Reply, Request
from vcp_contracts.values import AddressPassword, AddressQuery, FileAddress, Signing


class UpdateFirmware(Request):
    """Fetch new firmware and install it."""

    type: Literal["update_firmware"] = "update_firmware"
    location: FileAddress
    """Where the file is."""
    password: AddressPassword | None = None
    """The password that stood in the location."""
    query: AddressQuery | None = None
    """The query that stood in the location."""
    retrieve_at: AwareDatetime
    install_at: AwareDatetime | None = None
    """Not before this; None: as soon as may be."""
    retries: Annotated[int, Field(ge=0)] | None = None
    """How often a failed download is tried again."""
    retry_interval_s: Annotated[int, Field(ge=0)] | None = None
    request_id: int | None = None
    tracked: bool = False
    """Whether every stage is told, with `request_id`; and whether this can be refused."""
    signing: Signing | None = None


class FirmwareUpdate(Reply):
    """Whether it will be fetched and installed."""

    type: Literal["firmware_update"] = "firmware_update"
    result: Literal["accepted", "rejected", "accepted_canceled", "invalid_certificate", "revoked_certificate"]
