"""The table of all streams: nothing is written that nobody may read, and what is read somebody writes."""

from vcp_contracts.channels import CHANNELS


def test_every_inner_stream_has_a_writer():
    assert {name for name, channel in CHANNELS.items() if not (channel.written_by or channel.open)} == set()


def test_what_no_service_reads_is_for_the_world():
    assert {name for name, channel in CHANNELS.items() if not channel.read_by} == {
        "events", "frames", "dead", "door_dead",
    }  # fmt: skip


def test_each_stream_that_is_read_has_one_kind_of_reader():
    assert {name: set(channel.read_by) for name, channel in CHANNELS.items() if channel.read_by} == {
        "door": {"abstraction"}, "in": {"abstraction"}, "out": {"handler"}, "chores": {"chores"},
    }  # fmt: skip
