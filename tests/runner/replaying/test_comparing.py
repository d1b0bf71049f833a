"""Two answers side by side: which field differs, and that points in time may."""

from typing import Any

import pytest
from vcp_runner.replaying.comparing import Answer, called_otherwise, differences


def lines(then: Any, now: Any) -> list[str]:
    return [it.line for it in differences(Answer("result", then), Answer("result", now))]


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        ({}, {}, []),
        ({"currentTime": "2026-06-01T12:00:00Z"}, {"currentTime": "2027-01-01T00:00:00Z"}, []),
        ({"currentTime": "2026-06-01T12:00:00Z"}, {"currentTime": "soon"}, [
            'currentTime: recorded "2026-06-01T12:00:00Z", now "soon"'
        ]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["a.b: recorded 1, now 2"]),
        ({"a": 1}, {}, ["a: recorded 1, now nothing"]),
        ({}, {"a": [1]}, ["a: recorded nothing, now [1]"]),
        ({"a": [{"b": 1}, 2]}, {"a": [{"b": 3}, 2]}, ["a[0].b: recorded 1, now 3"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a: recorded [1], now [1,2]"]),
    ],
)  # fmt: skip
def test_each_field_that_differs_is_told(then: Any, now: Any, told: list[str]) -> None:
    assert lines(then, now) == told


def test_another_kind_of_answer_is_one_difference() -> None:
    error = Answer("error", {"code": "InternalError", "description": "a"})
    [it] = differences(Answer("result", {}), error)
    assert it.line == 'answer: recorded "a result", now "error InternalError"'
    [it] = differences(Answer("result", {}), Answer("none"))
    assert it.line == 'answer: recorded "a result", now "no answer"'
    assert differences(error, Answer("error", {"code": "InternalError", "description": "b"})) == []
    [it] = differences(error, Answer("error", {"code": "GenericError", "description": "a"}))
    assert it.line == 'code: recorded "InternalError", now "GenericError"'


def test_calls_are_counted() -> None:
    assert called_otherwise({"Reset": 1, "ClearCache": 2}, ["ClearCache", "ClearCache", "Trigger"]) == [
        "Reset: called 1 times in the record, 0 times now",
        "Trigger: called 0 times in the record, 1 times now",
    ]
