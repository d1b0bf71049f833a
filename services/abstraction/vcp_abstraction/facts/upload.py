"""Uploads of logs."""

from typing import Literal

from vcp_contracts.requests import UploadLog
from vcp_contracts.values import UploadStage

from vcp_abstraction.facts.kept import Kept
from vcp_abstraction.facts.transfer import Transfer


class Upload(Transfer):
    """An upload of a log that is under way."""

    request: UploadLog
    file: str
    phase: Literal["uploading", "pausing"] = "uploading"


class UploadFacts(Kept):
    """Uploads of logs: the last one's stage, and the one that is under way."""

    stage: UploadStage = "idle"
    request_id: int | None = None
    file: str | None = None
    current: Upload | None = None
