"""Cursors: what is written is read again, and nothing else is."""

import pytest
from vcp_control.cursor import Cursor, UnreadableCursor, order


def test_a_cursor_is_short_and_comes_back_whole() -> None:
    cursor = Cursor("8f3a", {0: "1714564800000-0", 15: "1714564800123-41", 7: "0-0"})
    assert str(cursor) == "8f3a~0.lvnrm2o0.0_f.lvnrm2rf.15"
    assert Cursor.parse(str(cursor)) == Cursor("8f3a", {0: "1714564800000-0", 15: "1714564800123-41"})


def test_the_beginning_of_a_world_is_its_name_alone() -> None:
    assert str(Cursor("8f3a", {})) == "8f3a~"
    assert Cursor.parse("8f3a~") == Cursor("8f3a", {})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        "~",
        "8f3a~1",
        "8f3a~1.2",
        "8f3a~1.2.3.4",
        "8f3a~1.-2.3",
        "8f3a~ü.1.1",
        "8f3a~+1.1.1",
        "8f3a~1. 1.1",
        "8f3a~1.1.١",
        "8f3a~1.1.1\n",
    ],
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(UnreadableCursor):
        Cursor.parse(text)


def test_stream_ids_are_compared_as_numbers() -> None:
    assert order("9-10") < order("10-9") < order("10-10")
