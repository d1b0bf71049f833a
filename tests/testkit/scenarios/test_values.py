"""Values put into what a scenario says."""

import pytest
from vcp_testkit.scenarios.durations import seconds
from vcp_testkit.scenarios.values import Unknown, filled, names_in

KNOWN = {"tx": 7, "token": "CARD1", "charger": {"id": "CP1"}, "flag": True}


def test_a_value_alone_keeps_its_type():
    assert filled({"transactionId": "${tx}", "on": "${flag}"}, KNOWN) == {"transactionId": 7, "on": True}


def test_values_stand_within_texts_and_deeper():
    said = filled(["${charger.id}/${token}", {"a": {"b": "${tx}-${flag}"}}], KNOWN)
    assert said == ["CP1/CARD1", {"a": {"b": "7-true"}}]


def test_nothing_is_evaluated():
    assert filled("${1+1} $token ${} {{token}}", KNOWN) == "${1+1} $token ${} {{token}}"


def test_an_unknown_value_is_an_error_and_an_optional_one_is_left_out():
    with pytest.raises(Unknown, match=r"\$\{nope\.id\} is not known here; known: charger, flag, token, tx"):
        filled("${nope.id}", KNOWN)
    assert filled({"a": "${nope?}", "b": 1}, KNOWN) == {"b": 1}


def test_names_are_found():
    assert names_in({"a": ["${x.y} ${z}"], "b": 1}) == {"x", "z"}


@pytest.mark.parametrize(("written", "meant"), [("500ms", 0.5), ("2m", 120), ("1.5h", 5400), ("7d", 604800)])
def test_durations(written, meant):
    assert seconds(written) == meant


@pytest.mark.parametrize("written", ["٥s", "1_0s", "1e3s", "+5s", "nan", "5 s s", "5ſ", ""])
def test_what_is_no_duration(written):
    with pytest.raises(ValueError, match="write a number of seconds"):
        seconds(written)
