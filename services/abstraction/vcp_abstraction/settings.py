"""The charger's settings: typed reading, and writing under the catalogue's rules. Keeps differences from the defaults."""

import re

from pydantic import Field, field_validator
from vcp_contracts.settings import BY_NAME, PHASES, Setting

from vcp_abstraction.facts.kept import Kept

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]{1,6})?")
"""2.0.1 part 2 §2.1.4: digits of ASCII, no plus sign, no leading zeros, at most six decimal places. 1.6 has no word on
how its values are written, and is held to the same. Other scripts' digits, `1_000` and `1e3` are no numbers there."""

_MANY_DIGITS = 20
"""More digits than any bound has; the rest says nothing new, and takes long to read."""

BLANKS = " \t"
"""What may stand around a value or an item of a list without being a part of it."""

MOST = 2**31 - 1
"""The greatest number of a setting that names no bound of its own: of seconds, more than any clock will see."""


RENAMED = {"SecurityCtrlr.CertificateEntries": "Custom.CertificateStoreMaxLength"}
"""What was kept under another name before: that one is a count now."""


class Settings(Kept):
    """All settings of one charger."""

    values: dict[str, str] = Field(default_factory=dict)
    """Those that differ from their defaults, by full name."""
    waiting: dict[str, str] = Field(default_factory=dict)
    """Those that were written and count from the next restart on."""
    changed: bool = Field(default=False, exclude=True)
    """Since they were last kept."""

    @field_validator("values")
    @classmethod
    def _under_their_names(cls, values: dict[str, str]) -> dict[str, str]:
        return {RENAMED.get(name, name): value for name, value in values.items()}

    def text(self, name: str) -> str:
        """The value of `Component.Variable[instance]`; empty where it is not set."""
        value = self.values.get(name)
        if value is not None:
            return value
        return BY_NAME[name.casefold()].default or ""

    def number(self, name: str) -> int | None:
        """An integer setting; None where it is not set."""
        text = self.text(name)
        return int(text) if text else None

    def seconds(self, name: str) -> int:
        """An integer setting that is always set."""
        return self.number(name) or 0

    def flag(self, name: str) -> bool:
        """A boolean setting."""
        return self.text(name) == "true"

    def members(self, name: str) -> list[str]:
        """A list setting."""
        return _items(self.text(name))

    def measurands(self, name: str) -> list[str]:
        """A list of measurands; none where their component is switched off (2.0.1 SampledDataCtrlr.Enabled)."""
        return self.members(name) if self.flag(f"{name.partition('.')[0]}.Enabled") else []

    def interval_s(self, name: str) -> int:
        """How often something is measured, 0: never; also where its component is switched off."""
        return self.seconds(name) if self.flag(f"{name.partition('.')[0]}.Enabled") else 0

    def put(self, row: Setting, value: str) -> None:
        """Keeps a value that has been found good."""
        if value == row.default:
            self.values.pop(row.name, None)
        else:
            self.values[row.name] = value
        self.waiting.pop(row.name, None)
        self.changed = True

    def put_off(self, row: Setting, value: str) -> None:
        """Keeps a good value for the time after the next restart."""
        self.waiting[row.name] = value
        self.changed = True


def normal(row: Setting, value: str) -> tuple[str | None, str]:
    """The value in its normal form, or None and the rule it breaks."""
    text = value.strip(BLANKS)
    if row.kind == "boolean":
        folded = text.lower() if text.isascii() else text
        return (folded, "") if folded in ("true", "false") else (None, "must be true or false")
    if row.kind == "integer":
        return _integer(row, text)
    if row.kind == "decimal":
        return _decimal(row, text)
    if row.kind in ("member_list", "sequence_list"):
        return _members(row, _in_own_words(row, text))
    if row.kind == "option_list" and row.options and text not in row.options:
        return None, f"must be one of {', '.join(row.options)}"
    if row.kind == "string" and row.maximum is not None and len(value) > row.maximum:
        return None, f"must have at most {row.maximum:.0f} characters"
    return value, ""


def _integer(row: Setting, text: str) -> tuple[str | None, str]:
    if not _INTEGER.fullmatch(text):
        return None, "must be a whole number"
    number = int(text[:_MANY_DIGITS])
    rule = _bounds(row, number)
    return (None, rule) if rule else (str(number), "")


def _decimal(row: Setting, text: str) -> tuple[str | None, str]:
    if not _DECIMAL.fullmatch(text):
        return None, "must be a number with at most six decimal places"
    number = float(text)
    rule = _bounds(row, number)
    return (None, rule) if rule else (text if number else text.lstrip("-"), "")


def _bounds(row: Setting, number: float) -> str:
    if row.minimum is not None and number < row.minimum:
        return f"must be at least {row.minimum:g}"
    most = row.maximum if row.maximum is not None else MOST
    return f"must be at most {most:.0f}" if number > most else ""


def _in_own_words(row: Setting, text: str) -> str:
    """A list as the variable has it, where its key has other words."""
    own = {spelt: word for word, spelt in row.key_words}
    return ",".join(own.get(item.strip(BLANKS), item) for item in text.split(",")) if own else text


def _items(text: str) -> list[str]:
    return [bare for item in text.split(",") if (bare := item.strip(BLANKS))]


def _members(row: Setting, text: str) -> tuple[str | None, str]:
    items = _items(text)
    for item in items:
        if row.options and item not in row.options and not _on_a_phase(row, item):
            return None, f"{item} is not one of {', '.join(row.options)}"
    if len(set(items)) != len(items):
        return None, "each item may be named once"
    return ",".join(items), ""


def _on_a_phase(row: Setting, item: str) -> bool:
    """Whether it is a measurand of the list on one phase, e.g. `Voltage.L1` (1.6 §3.16.1)."""
    measurand, _, phase = item.rpartition(".")
    return measurand in row.options and phase in PHASES.get(measurand, ())
