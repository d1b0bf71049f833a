"""What every part of the kept state is."""

from pydantic import BaseModel, PlainSerializer

IN_ORDER = PlainSerializer(sorted, return_type=list[str], when_used="json")
"""For sets: another process has them in another order, and what is kept must be the same byte for byte."""


class Kept(BaseModel):
    """A part of the state."""
