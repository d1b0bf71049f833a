"""The published JSON Schema: equal to the words, and of one mind with the reader."""

import jsonschema
import pytest
import yaml
from vcp_testkit.scenarios import schema
from vcp_testkit.scenarios.reading import read_text

VALID = """\
given: {settings: {HeartbeatInterval: "60"}}
steps:
  - plug_in
  - plug_in: 1
  - unplug: {evse: "${round}"}
  - wait: 1s
  - wait: {until: {link.state: up}}
  - in_any_order: [{sent: Heartbeat}, {received: Reset, error: any}]
  - repeat: {times: 2, steps: [go_offline, {advance: 10m}]}
  - parallel: {all: [{ask: beat}]}
  - rule: {when: {action: Heartbeat}, then: {do: drop}}
  - send: {action: Heartbeat, payload: {}}
"""


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema.schema())


def test_it_takes_what_the_reader_takes():
    read_text("x.yaml", VALID)
    jsonschema.validate(yaml.safe_load(VALID), schema.schema())


@pytest.mark.parametrize(
    "steps", ["[plugin]", "[{plugin: 1}]", "[{expect: {send: A}}]", "[{plug_in: {evse: 0}}]", "[]"]
)
def test_it_refuses_what_the_reader_refuses(steps):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(f"steps: {steps}"), schema.schema())
