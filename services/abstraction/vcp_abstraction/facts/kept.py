"""What every part of the kept state is."""

from pydantic import BaseModel


class Kept(BaseModel):
    """A part of the state."""
