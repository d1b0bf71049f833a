"""Whether each of the 39 actions of OCPP 1.6 has its stories: a valid message, a broken one, one that must be refused."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from vcp_handler.dialects import ocpp16

FILES = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__))
STORIES = [import_module(f"both_gates.ocpp16.{name}") for name in FILES]


def shown(module: ModuleType, what: str) -> set[str]:
    """The actions that a file's stories show."""
    marks = [mark for each in vars(module).values() for mark in getattr(each, "pytestmark", ())]
    return {name for mark in marks if mark.name == "shows" and mark.args[0] == what for name in mark.args[1:]}


def test_every_action_of_the_dialect_belongs_to_one_file():
    told = [action for module in STORIES for action in module.ACTIONS]
    assert sorted(told) == sorted(ocpp16.DIALECT.known)
    assert len(told) == 39


@pytest.mark.parametrize("module", STORIES, ids=FILES)
def test_every_action_of_a_file_is_shown_in_all_three_ways(module: ModuleType):
    actions = set(module.ACTIONS)
    excused = set(getattr(module, "NO_REFUSAL", {}))
    assert shown(module, "valid") == actions
    assert shown(module, "broken") == actions
    assert shown(module, "refused") == actions - excused
