"""The sections of a charger's state: each is kept by itself, so that only what has changed is written.

One line here is one section: its name, in the store and on the charger, and its model.
"""

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from typing import Any

from pydantic_core import to_json

from vcp_abstraction.facts import (
    Certificates,
    DataAnswers,
    EndSamples,
    Facts,
    Kept,
    Profiles,
    Setup,
    TokenList,
    Tokens,
)
from vcp_abstraction.settings import Settings


def _section(model: type[Kept], default: Callable[[], Any] | None = None, *, nulls: bool = False) -> Any:
    """`default`: what it is before anything was kept, the model's own defaults if not given. `nulls`: whether values
    that are None are kept too, as they mean something to its reader."""
    return field(default_factory=default or model, metadata={"model": model, "nulls": nulls})


@dataclass(slots=True)
class Sections:
    """What is kept of a charger, apart from its queue."""

    setup: Setup | None = _section(Setup, lambda: None, nulls=True)
    """None: there is no such charger."""
    facts: Facts = _section(Facts)
    settings: Settings = _section(Settings)
    tokens: Tokens = _section(Tokens)
    end_samples: EndSamples = _section(EndSamples)
    profiles: Profiles = _section(Profiles)
    token_list: TokenList = _section(TokenList)
    data_answers: DataAnswers = _section(DataAnswers, nulls=True)
    certificates: Certificates = _section(Certificates)


_BY_NAME: dict[str, Field[Any]] = {each.name: each for each in fields(Sections)}


def read(into: Sections, kept: dict[str, bytes]) -> None:
    """Takes in the sections as they were kept; raises pydantic's ValidationError for one that can't be read."""
    for name, section in _BY_NAME.items():
        if name in kept:
            setattr(into, name, section.metadata["model"].model_validate_json(kept[name]))


def write(of: Sections, names: set[str]) -> dict[str, bytes]:
    """The sections of these names, as they are kept."""
    return {
        name: to_json(getattr(of, name), exclude_none=not section.metadata["nulls"])
        for name, section in _BY_NAME.items()
        if name in names
    }
