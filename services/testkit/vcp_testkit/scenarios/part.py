"""What all parts of a scenario file have in common. Knows no word of it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w-]*$", max_length=40)]
"""Of a value or a charge point."""
Action = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""An OCPP action, or an error code, as the wire spells it."""
Path = Annotated[str, StringConstraints(min_length=1, max_length=300)]
"""Where something stands: names and numbers with points between."""


class Part(BaseModel):
    """A part of a scenario: an unknown field is a mistake, and is named."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)
