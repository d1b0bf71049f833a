"""What is said to vendor data."""

from pydantic import Field
from vcp_contracts.commands import AnswerToData

from vcp_abstraction.facts.kept import Kept


class DataAnswers(Kept):
    """What is said to vendor data."""

    answers: list[AnswerToData] = Field(default_factory=list)
