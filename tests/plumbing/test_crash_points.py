import pytest
from vcp_plumbing.crash_points import crash_at
from vcp_plumbing.environment import Environment, WrongSetting


def test_a_process_that_was_told_nothing_passes_every_point():
    deaths: list[str] = []
    passing = crash_at("", die=lambda: deaths.append("dead"))
    passing("read")
    passing("committed")
    assert deaths == []


def test_the_named_point_is_deadly_and_no_other():
    deaths: list[str] = []
    passing = crash_at("decided", die=lambda: deaths.append("dead"))
    passing("read")
    assert deaths == []
    passing("decided")
    assert deaths == ["dead"]


def test_a_number_lets_the_point_be_passed_before_it_is_deadly():
    deaths: list[str] = []
    passing = crash_at("sent:3", die=lambda: deaths.append("dead"))
    passing("sent")
    passing("sent")
    assert deaths == []
    passing("sent")
    assert deaths == ["dead"]


def test_the_environment_names_the_point():
    assert Environment.read("handler", {"VCP_CRASH_AT": "sent:2"}).crash_at == "sent:2"
    assert Environment.read("handler", {}).crash_at == ""


def test_a_point_that_nobody_passes_is_refused():
    with pytest.raises(WrongSetting) as wrong:
        Environment.read("handler", {"VCP_CRASH_AT": "lunch"})
    assert wrong.value.variable == "VCP_CRASH_AT"
