"""The OCPP versions that a charger can speak here: each its dialect, its schemas and its error codes."""

from collections.abc import Mapping
from dataclasses import dataclass

from vcp_contracts.manners import Manners

from vcp_handler.dialects import DIALECTS, ocpp16, ocpp201
from vcp_handler.dialects.table import Dialect
from vcp_handler.validation import Schemas
from vcp_handler.wording import WORDS_16, WORDS_201, ErrorWords


@dataclass(slots=True, frozen=True)
class Version:
    """All that the pipeline needs to speak one version."""

    dialect: Dialect
    schemas: Schemas
    words: ErrorWords


_DETAILS = {
    ocpp16.SUBPROTOCOL: ("v16", WORDS_16),
    ocpp201.SUBPROTOCOL: ("v201", WORDS_201),
}

VERSIONS: Mapping[str, Version] = {
    name: Version(dialect, Schemas(_DETAILS[name][0]), _DETAILS[name][1])
    for name, dialect in DIALECTS.items()
}
"""Subprotocol → version."""


def all_manners() -> dict[str, Manners]:
    """Subprotocol → manners, as HandlerUp announces them."""
    return {name: version.dialect.announced for name, version in VERSIONS.items()}
