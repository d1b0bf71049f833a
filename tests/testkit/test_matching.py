"""Wishes held beside payloads: what fits, what doesn't, and in which words that is told."""

import pytest
from vcp_testkit.matching import ABSENT, compare, fits, in_words, look

START = {
    "connectorId": 1,
    "idTag": "CARD1",
    "meterStart": 0,
    "timestamp": "2026-01-01T08:00:00Z",
    "sampled": [{"value": "10.5", "unit": "Wh"}, {"value": "230", "unit": "V"}],
    "nested": {"status": "Accepted"},
    "flag": True,
}


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"idTag": "CARD1", "connectorId": 1},
        {"connectorId": 1.0},
        {"nested": {"status": "Accepted"}},
        {"nested.status": "Accepted"},
        {"sampled.0.unit": "Wh", "sampled.-1.unit": "V"},
        {"sampled": [{"unit": "Wh"}, {"unit": "V"}]},
        {"sampled": {"contains": {"unit": "V", "value": {"at_least": 200, "at_most": 250}}}},
        {"idTag": {"any_of": ["CARD2", "CARD1"]}},
        {"idTag": {"matches": "^CARD"}},
        {"connectorId": {"matches": "^1$"}},
        {"idTag": {"present": True}, "reservationId": {"present": False}},
        {"meterStart": {"at_least": 0}},
        {"idTag": {"not": "CARD2"}},
        {"idTag": {"not": {"matches": "X"}}},
    ],
)
def test_fits(wish):
    assert fits(wish, START)


@pytest.mark.parametrize(
    "wish",
    [
        {"idTag": "card1"},
        {"connectorId": "1"},
        {"flag": 1},
        {"connectorId": True},
        {"sampled": [{"unit": "Wh"}]},
        {"sampled": {"contains": {"unit": "A"}}},
        {"nested": "Accepted"},
        {"nested.reason": "Accepted"},
        {"idTag": {"any_of": ["CARD2"]}},
        {"idTag": {"matches": "^ARD"}},
        {"nested": {"matches": "Acc"}},
        {"idTag": {"present": False}},
        {"reservationId": {"present": True}},
        {"meterStart": {"at_least": 1}},
        {"idTag": {"at_least": 1}},
        {"sampled.²": {"present": True}},
        {"sampled.٠": {"present": True}},
        {"sampled.--1": {"present": True}},
        {"missing": None},
    ],
)
def test_does_not_fit(wish):
    assert not fits(wish, START)


def test_every_wish_is_told_with_its_place():
    held = list(compare({"idTag": "X", "sampled.0": {"unit": {"any_of": ["A", "W"]}}}, START))
    assert [(one.place, one.wished, one.arrived, one.fits) for one in held] == [
        ("idTag", '"X"', "CARD1", False),
        ("sampled.0.unit", 'one of "A", "W"', "Wh", False),
    ]


def test_a_field_whose_name_holds_points_is_found():
    assert look({"a.b": 1, "a": {"b": 2}}, "a.b") == 1
    assert look({"a": [1]}, "a.1") is ABSENT


def test_tests_in_words():
    assert in_words({"present": False}) == "nothing"
    assert in_words({"at_least": 1, "at_most": 2}) == "at least 1 and at most 2"
    assert in_words({"not": {"matches": "x"}}) == "not matching /x/"


@pytest.mark.parametrize("text", ["1_000", "١٢", "nan", "inf", " 12", "12\u00a0", "0x10", ""])
def test_a_text_that_is_no_number_is_neither_more_nor_less(text):
    assert not fits({"value": {"at_least": -1e9}}, {"value": text})
    assert not fits({"value": {"at_most": 1e9}}, {"value": text})


@pytest.mark.parametrize("text", ["12", "-1.5", "1e3", "+5"])
def test_a_number_that_the_wire_writes_as_text_is_compared(text):
    assert fits({"value": {"at_least": -2, "at_most": 1000}}, {"value": text})
