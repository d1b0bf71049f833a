"""The AsyncAPI document shows every stream as it is: keys, words, directions."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from vcp_contracts import streams
from vcp_plumbing.door import Refused, route
from vcp_plumbing.reader import Entry
from vcp_runner.asyncapi import CHANNELS, FILE, document, text

REMEDY = "run `python -m vcp_runner.asyncapi` and commit docs/asyncapi.json"
DOCUMENT: dict[str, Any] = document()
EVENT = {"type": "gap", "id": "n-1", "charge_point": "CP001", "after": "1-0", "first": "2-0"}
FRAME = {
    "type": "frame_sent", "id": "n-2", "charge_point": "CP001", "link": "h/1", "kind": "call", "valid": True,
    "text": '[2,"1","Heartbeat",{}]',
}  # fmt: skip


def payload(channel: str) -> jsonschema_rs.Validator:
    """What validates the entries of a channel."""
    [message] = DOCUMENT["channels"][channel]["messages"].values()
    schema = follow(follow(message["$ref"])["payload"]["$ref"])
    return jsonschema_rs.validator_for(schema | {"components": DOCUMENT["components"]})


def follow(ref: str) -> Any:
    """What a reference within the document points to."""
    part: Any = DOCUMENT
    for name in ref.removeprefix("#/").split("/"):
        part = part[name]
    return part


def refs(part: Any) -> Iterator[str]:
    """All references in a part of the document."""
    if isinstance(part, dict):
        yield from ([part["$ref"]] if "$ref" in part else [])
        for inner in part.values():
            yield from refs(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from refs(inner)


def test_the_file_is_up_to_date() -> None:
    kept = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    assert kept == text(), f"{FILE.name} is stale: {REMEDY}"


def test_every_reference_leads_somewhere() -> None:
    for ref in set(refs(DOCUMENT)):
        assert follow(ref) is not None, ref  # {} is the schema of any JSON


def test_the_product_receives_commands_and_sends_what_happened() -> None:
    actions = {name: operation["action"] for name, operation in DOCUMENT["operations"].items()}
    assert actions == {
        "door": "receive",
        "in": "receive",
        "out": "send",
        "chores": "send",
        "events": "send",
        "frames": "send",
        "dead": "send",
        "door_dead": "send",
    }


def test_an_address_with_its_parameters_filled_in_is_the_key_of_the_stream() -> None:
    tag = DOCUMENT["channels"]["in"]["parameters"]["partition"]["enum"][7]
    for name, key in {
        "in": streams.inbox(7),
        "out": streams.outbox(7),
        "events": streams.events(7),
        "frames": streams.frames(7, "CP042"),
        "dead": streams.dead(7),
        "door": streams.DOOR,
        "door_dead": streams.DOOR_DEAD,
    }.items():
        address = DOCUMENT["channels"][name]["address"]
        assert address.replace("{partition}", tag).replace("{charge_point}", "CP042") == key


def test_every_channel_names_the_parameters_of_its_address() -> None:
    for name, channel in DOCUMENT["channels"].items():
        for parameter in ("partition", "charge_point"):
            assert (f"{{{parameter}}}" in channel["address"]) == (
                parameter in channel.get("parameters", {})
            ), name


@pytest.mark.parametrize(
    ("channel", "entry"),
    [
        ("door", {"type": "plug_in", "charge_point": "CP001"}),
        ("in", {"type": "plug_in", "charge_point": "CP001"}),
        ("events", EVENT),
        ("frames", FRAME),
        ("events", FRAME),
        ("out", {"type": "beat", "id": "n-3", "charge_point": "CP001"}),
        ("dead", {"entry": "1-0", "charge_point": None, "reason": "not JSON", "body": "{"}),
    ],
)
def test_an_entry_of_a_channel_is_described_by_it(channel: str, entry: dict[str, Any]) -> None:
    payload(channel).validate(entry)


def test_a_command_with_an_unknown_field_is_not_described() -> None:
    assert not payload("door").is_valid({"type": "plug_in", "charge_point": "CP001", "evze": 1})
    assert not payload("door").is_valid(EVENT)


def test_data_for_the_backend_and_data_from_it_are_two_words() -> None:
    ours = {"type": "pass_data", "id": "n-4", "charge_point": "CP001", "vendor": "com.acme"}
    theirs = {**ours, "link": "h/1", "n": 3, "message_id": "19"}
    payload("out").validate(ours)
    payload("in").validate(theirs)
    assert not payload("in").is_valid(ours)


def test_what_the_door_could_not_pass_on_is_described() -> None:
    refused = route(Entry("1-0", {b"__data__": b'{"type":"plug_in"}'}), streams.PARTITIONS)
    assert isinstance(refused, Refused)
    payload("door_dead").validate(json.loads(refused.body))


def test_every_channel_says_what_it_is_for() -> None:
    for name, channel in DOCUMENT["channels"].items():
        assert channel["description"] == CHANNELS[name].description
