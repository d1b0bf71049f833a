"""The published JSON Schema of scenario files grows with the contracts: every command is a step of its own."""

from vcp_testkit.scenarios import schema


def test_the_file_is_what_the_words_say():
    assert schema.FILE.read_text() == schema.text(), "python -m vcp_testkit.scenarios.schema writes it anew"
