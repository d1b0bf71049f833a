"""A transfer of a file that is under way, as far as downloads and uploads are alike."""

from datetime import datetime

from pydantic import Field
from vcp_contracts.chores import ChoreFailed, FileFetched, FileStored

from vcp_abstraction.facts.kept import Kept


class Transfer(Kept):
    """A file that is fetched or stored."""

    due: datetime | None = None
    """When the phase is over by itself."""
    not_before: datetime | None = None
    """When the try may be over."""
    chore: str | None = None
    """The chore that does it."""
    result: FileFetched | FileStored | ChoreFailed | None = Field(default=None, discriminator="type")
    tries_left: int = 0
