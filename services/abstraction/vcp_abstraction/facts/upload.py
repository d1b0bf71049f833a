"""Uploads of logs."""

from datetime import datetime
from typing import Literal

from pydantic import Field
from vcp_contracts.chores import ChoreFailed, FileStored
from vcp_contracts.requests import UploadLog
from vcp_contracts.values import UploadStage

from vcp_abstraction.facts.kept import Kept


class Upload(Kept):
    """An upload of a log that is under way."""

    request: UploadLog
    file: str
    phase: Literal["uploading", "pausing"] = "uploading"
    due: datetime | None = None
    not_before: datetime | None = None
    chore: str | None = None
    result: FileStored | ChoreFailed | None = Field(default=None, discriminator="type")
    tries_left: int = 0


class UploadFacts(Kept):
    """Uploads of logs: the last one's stage, and the one that is under way."""

    stage: UploadStage = "idle"
    request_id: int | None = None
    file: str | None = None
    current: Upload | None = None
