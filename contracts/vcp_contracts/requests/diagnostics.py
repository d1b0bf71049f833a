"""Logs to be uploaded."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from vcp_contracts.requests.envelope import Reply, Request
from vcp_contracts.values import AddressPassword, AddressQuery, FileAddress, LogKind


class UploadLog(Request):
    """Pack a log and upload it."""

    type: Literal["upload_log"] = "upload_log"
    kind: LogKind
    location: FileAddress
    """The folder to put it into."""
    password: AddressPassword | None = None
    """The password that stood in the location."""
    query: AddressQuery | None = None
    """The query that stood in the location."""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    retries: Annotated[int, Field(ge=0)] | None = None
    retry_interval_s: Annotated[int, Field(ge=0)] | None = None
    request_id: int | None = None
    tracked: bool = False
    """Whether every stage is told, with `request_id`."""


class LogUpload(Reply):
    """Whether there is such a log, and under which name it will come."""

    type: Literal["log_upload"] = "log_upload"
    result: Literal["accepted", "rejected", "accepted_canceled"]
    file: str | None = None
