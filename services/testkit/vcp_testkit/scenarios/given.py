"""The charge points that a scenario has, as its file describes them. Sets up none."""

from collections.abc import Mapping
from typing import Any, Final, Literal, Self

from pydantic import model_validator
from vcp_contracts.configuration import ChargePointConfiguration, SecurityConfiguration


class GivenSecurity(SecurityConfiguration):
    """How the charge point shows who it is."""

    password: str | None = None
    """Goes into the vault, never further."""


Preset = Literal["one_connector", "two_connectors", "dc"]


class Given(ChargePointConfiguration):
    """A charge point as `POST /charge-points` takes it. The backend's address, an id and labels are added."""

    id: str | None = None
    """Its identity; by default one that was never used."""
    preset: Preset | None = None
    """Hardware with a name, in place of `evses`."""
    online: bool = True
    security: GivenSecurity = GivenSecurity()

    @model_validator(mode="after")
    def _url_without_secrets(self) -> Self:
        # the url comes later, with the backend
        if self.preset is not None and "evses" in self.model_fields_set:
            raise ValueError("give at most one of preset, evses")
        return self

    def body(self) -> dict[str, Any]:
        """What goes to the control API, without id, url and labels of the run."""
        body = self.model_dump(mode="json", exclude_unset=True, exclude={"id", "preset"})
        if self.preset is not None:
            body["evses"] = PRESETS[self.preset]
        return {"online": True, **body}


PRESETS: Final[Mapping[Preset, list[dict[str, Any]]]] = {
    "one_connector": [{}],
    "two_connectors": [{}, {}],
    "dc": [
        {"connectors": [{"type": "cCCS2", "fixed_cable": True, "max_current_a": 200.0, "voltage_v": 400.0}]}
    ],
}
