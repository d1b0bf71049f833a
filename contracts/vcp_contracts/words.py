"""What every word has in common: the envelope, and the strictness of its fields."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

SCHEMA_VERSION = 1
"""The version of this vocabulary. It grows when a reader of the old one would misread the new one."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""An id chosen by whoever says the word; unique for ever."""

ChargePointId = Annotated[
    str, StringConstraints(min_length=1, max_length=48, pattern=r"^[^:\x00-\x1f\x7f]+$")
]
"""A charge point's identity as its backend knows it. No colon: it would split Basic credentials."""

UNTIMED = datetime(1, 1, 1, tzinfo=UTC)
"""The `at` of a word whose sender gave none: the reader takes the time of its stream entry."""


class Value(BaseModel):
    """A value inside a word: unknown fields are ignored when read, values never change."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Word(Value):
    """The envelope of every message between services.

    `id` names this message; `cause` is the id of the message that brought it about; `at` is when it was said (UTC).
    """

    id: Id
    charge_point: ChargePointId
    at: AwareDatetime = UNTIMED
    cause: Id | None = None
    schema_version: int = Field(default=SCHEMA_VERSION, ge=1)
