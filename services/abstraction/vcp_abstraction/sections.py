"""The sections of a charger's state: each is kept by itself, so that only what has changed is written.

One line in `Sections` is one section: its name, in the store and on the charger, and its model.
"""

from dataclasses import dataclass, field, fields

from pydantic_core import to_json

from vcp_abstraction.facts.charger import Facts, Setup
from vcp_abstraction.facts.data import DataAnswers
from vcp_abstraction.facts.kept import Kept
from vcp_abstraction.facts.profiles import Profiles
from vcp_abstraction.facts.rules import Rules
from vcp_abstraction.facts.security import Certificates
from vcp_abstraction.facts.tokens import TokenList, Tokens
from vcp_abstraction.facts.transactions import EndSamples
from vcp_abstraction.settings import Settings


@dataclass(slots=True)
class Sections:
    """What is kept of a charger, apart from its queue."""

    setup: Setup | None = field(default=None, metadata={"model": Setup})
    """None: there is no such charger."""
    facts: Facts = field(default_factory=Facts)
    settings: Settings = field(default_factory=Settings)
    tokens: Tokens = field(default_factory=Tokens)
    end_samples: EndSamples = field(default_factory=EndSamples)
    profiles: Profiles = field(default_factory=Profiles)
    token_list: TokenList = field(default_factory=TokenList)
    data_answers: DataAnswers = field(default_factory=DataAnswers)
    certificates: Certificates = field(default_factory=Certificates)
    rules: Rules | None = field(default=None, metadata={"model": Rules})
    """None: nobody has ever laid a hand on its messages."""


MODELS: dict[str, type[Kept]] = {
    each.name: each.metadata["model"] if each.metadata else each.default_factory  # type: ignore[misc]
    for each in fields(Sections)
}

WITH_NULLS = frozenset({"setup", "data_answers"})
"""Sections that hold JSON of others, in which null is not the same as nothing."""


def read(into: Sections, kept: dict[str, bytes]) -> None:
    """Takes in the sections as they were kept; raises pydantic's ValidationError for one that can't be read."""
    for name, model in MODELS.items():
        if name in kept:
            setattr(into, name, model.model_validate_json(kept[name]))


def write(of: Sections, names: set[str]) -> dict[str, bytes]:
    """The sections of these names, as they are kept."""
    return {
        name: to_json(getattr(of, name), exclude_none=name not in WITH_NULLS)
        for name in MODELS
        if name in names
    }
