"""The chargers file: what it describes, and how a mistake in it is told."""

from pathlib import Path

import pytest
from vcp_control.chargers_file import WrongChargersFile, merged, read_chargers

GOOD = """\
version: 1
defaults:
  url: ws://127.0.0.1:9000/ocpp
  settings: {HeartbeatInterval: "60"}
  labels: {site: north}
charge_points:
  - id: CP001
    vendor: Acme
    labels: {team: a}
  - id: LOAD{n:03}
    count: 3
    online: true
    serial_number: S{n}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chargers.yaml"


def wrong(file: Path, text: str) -> WrongChargersFile:
    file.write_text(text)
    with pytest.raises(WrongChargersFile) as told:
        read_chargers(file)
    return told.value


def test_charge_points_get_the_defaults_and_their_own_fields(file: Path) -> None:
    file.write_text(GOOD)
    first, *_ = read_chargers(file)
    assert first.line == 7
    assert first.charge_point.id == "CP001"
    assert first.charge_point.url == "ws://127.0.0.1:9000/ocpp"
    assert first.charge_point.vendor == "Acme"
    assert first.charge_point.labels == {"site": "north", "team": "a"}


def test_a_count_makes_that_many_with_their_numbers(file: Path) -> None:
    file.write_text(GOOD)
    made = [one.charge_point for one in read_chargers(file)[1:]]
    assert [(one.id, one.serial_number, one.online) for one in made] == [
        ("LOAD001", "S1", True),
        ("LOAD002", "S2", True),
        ("LOAD003", "S3", True),
    ]


@pytest.mark.parametrize("text", ["", "version: 1\n", "charge_points: []\n"])
def test_a_file_without_charge_points_is_fine(file: Path, text: str) -> None:
    file.write_text(text)
    assert read_chargers(file) == []


@pytest.mark.parametrize(
    ("text", "line", "field", "reason"),
    [
        ("charge_points:\n  - id: CP1\n    vendro: Acme\n", 3, "vendro", "there is no such field"),
        ("charge_points:\n  - id: CP1\n  - vendor: Acme\n", 3, "id", "is missing"),
        ("charge_points:\n  - id: 1\n", 2, "id", "must be a valid string"),
        (
            "charge_points:\n  - id: CP1\n    evses:\n      - connectors:\n        - phases: 3\n        - phases: 4\n",
            6,
            "evses[0].connectors[1].phases",
            "must be less than or equal to 3",
        ),
        (
            "defaults:\n  call_timeout_s: 0\ncharge_points:\n  - id: CP1\n",
            2,
            "call_timeout_s",
            "must be greater",
        ),
        ("charge_points:\n  - id: CP1\n\n  - id: CP1\n", 4, "id", "CP1 stands in line 2 already"),
        ("charge_points:\n  - id: CP1\n    count: 2\n", 2, "id", "must hold {n}"),
        ("charge_points:\n  - id: CP{n}\n    count: 0\n", 3, "count", "must be a number from 1"),
        ("chargers: []\n", 1, "chargers", "there is no such field"),
        ("version: 2\n", 1, "version", "must be 1"),
        ("- id: CP1\n", 1, None, "must be"),
        ("charge_points:\n  - {id: CP1\n", 3, None, "is not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_field(
    file: Path, text: str, line: int, field: str | None, reason: str
) -> None:
    told = wrong(file, text)
    assert (told.line, told.field) == (line, field)
    assert reason in str(told)
    assert f"{file}, line {line}: " in str(told)


def test_a_mistake_comes_with_a_remedy_and_without_secrets(file: Path) -> None:
    told = wrong(file, "charge_points:\n  - id: CP1\n    vendro: Acme\n")
    assert str(told) == f"{file}, line 3: vendro: there is no such field. Remedy: did you mean vendor?"
    told = wrong(file, "charge_points:\n  - id: CP1\n    security: {password: [s3cret]}\n")
    assert told.field == "security.password"
    assert "s3cret" not in str(told)


def test_a_file_that_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(WrongChargersFile, match="can not be read"):
        read_chargers(file)


def test_mappings_are_merged_and_lists_replaced() -> None:
    defaults = {"settings": {"a": "1", "b": "2"}, "evses": [1, 2]}
    assert merged(defaults, {"settings": {"b": "3"}, "evses": [4]}) == {
        "settings": {"a": "1", "b": "3"},
        "evses": [4],
    }
