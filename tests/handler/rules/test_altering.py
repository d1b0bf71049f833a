"""Payloads changed by a merge patch (RFC 7396) or a JSON patch (RFC 6902)."""

from typing import Any

import pytest
from vcp_contracts.rules import Edit
from vcp_handler.rules.altering import Unalterable, edited


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        # RFC 7396 appendix A, as far as both are objects.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge(before: dict[str, Any], change: dict[str, Any], after: dict[str, Any]) -> None:
    kept = repr(before)
    assert edited(before, Edit(merge=change)) == after
    assert repr(before) == kept


@pytest.mark.parametrize(
    ("steps", "after"),
    [
        ([{"op": "add", "path": "/b", "value": 2}], {"a": [1], "b": 2}),
        ([{"op": "add", "path": "/a/-", "value": 2}], {"a": [1, 2]}),
        ([{"op": "remove", "path": "/a/0"}], {"a": []}),
        ([{"op": "move", "from": "/a", "path": "/b"}], {"b": [1]}),
        ([{"op": "test", "path": "/a/0", "value": 1}, {"op": "replace", "path": "/a", "value": 0}], {"a": 0}),
        ([{"op": "replace", "path": "", "value": {}}], {}),
    ],
)
def test_a_patch(steps: list[dict[str, Any]], after: dict[str, Any]) -> None:
    before: dict[str, Any] = {"a": [1]}
    assert edited(before, Edit(patch=tuple(steps))) == after
    assert before == {"a": [1]}


@pytest.mark.parametrize(
    "steps",
    [
        [{"op": "add", "path": "/b", "value": 2}, {"op": "remove", "path": "/c"}],
        [{"op": "test", "path": "/a", "value": 1}],
        [{"op": "add", "path": "/x/y", "value": 1}],
        [{"op": "add", "path": "/a/7", "value": 1}],
        [{"op": "add", "path": "/a/x", "value": 1}],
        [{"op": "move", "from": "/a", "path": "/a/0"}],
        [{"op": "add", "path": "/~2", "value": 1}],
        [{"op": "replace", "path": "", "value": [1]}],
        [{"op": "remove", "path": ""}],
        [{"op": "copy", "from": "", "path": "/a/-"}] * 60,
    ],
)
def test_a_patch_that_can_not_be_applied_says_which_step(steps: list[dict[str, Any]]) -> None:
    before: dict[str, Any] = {"a": [1]}
    with pytest.raises(Unalterable, match=r"^patch"):
        edited(before, Edit(patch=tuple(steps)))
    assert before == {"a": [1]}
