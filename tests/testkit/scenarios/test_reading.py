"""Scenario files: what is understood, and what is told about one that can't be, with its line."""

import pytest
from vcp_testkit.scenarios.reading import read_text
from vcp_testkit.scenarios.source import Wrong

GOOD = """\
name: A card starts a session
values: {token: CARD1}
given: {protocols: [ocpp1.6], preset: two_connectors}
steps:
  - expect: {sent: BootNotification, answer: {status: Accepted}}
  - plug_in
  - plug_in: 2
  - present_token: {token: "${token}", evse: "${evse}"}
  - expect:
      sent: StartTransaction
      with: {idTag: "${token}"}
      capture: {tx: answer.transactionId, evse: payload.connectorId}
      within: 500ms
  - in_any_order: [{sent: MeterValues}, {sent: StatusNotification}]
    within: 5
  - forbid: {sent: StopTransaction}
  - wait: 1s
  - check: {link.state: up}
  - advance: 1h
  - repeat: {times: 2, steps: [{ask: beat}]}
  - backend: {RemoteStopTransaction: {transactionId: "${tx}"}}
"""


def wrong(text: str) -> str:
    with pytest.raises(Wrong) as error:
        read_text("x.yaml", text)
    return str(error.value)


def test_a_scenario_is_read():
    read = read_text("stories/first.yaml", GOOD)
    steps = read.scenario.steps
    assert read.name == "A card starts a session"
    assert [step.verb for step in steps][:4] == ["expect", "plug_in", "plug_in", "present_token"]
    assert (steps[1].body.evse, steps[2].body.evse) == (1, 2)
    assert steps[3].body.evse == "${evse}"
    assert steps[4].body.within == 0.5
    assert steps[9].body == 3600
    assert read.scenario.wishes == {"RemoteStopTransaction"}
    assert read.line(("steps", 3)) == 8
    assert read.scenario.cast["charger"].body()["online"] is True


def test_values_are_plain_as_on_the_wire():
    read = read_text(
        "x.yaml",
        "values: {a: on, b: 0401, c: 12:30, d: 2026-01-01, e: 1, f: 1.5, g: true, h: null, i: 04A1, j: yes}\n"
        "steps: [go_online]",
    )
    assert read.scenario.values == {
        "a": "on",
        "b": "0401",
        "c": "12:30",
        "d": "2026-01-01",
        "e": 1,
        "f": 1.5,
        "g": True,
        "h": None,
        "i": "04A1",
        "j": "yes",
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "steps:\n  - plugin: 1\n",
            "x.yaml:2:5: steps[1].plugin: there is no such step (did you mean plug_in?)",
        ),
        (
            "steps:\n  - plug_in: {ewse: 1}\n",
            "x.yaml:2:15: steps[1].plug_in.ewse: there is no such field here (did you mean evse?)",
        ),
        (
            "steps:\n  - plug_in: {evse: 0}\n",
            "x.yaml:2:15: steps[1].plug_in.evse: input should be greater than or equal to 1, not 0",
        ),
        (
            "steps:\n  - expect: {send: Heartbeat}\n",
            "x.yaml:2:14: steps[1].expect.send: there is no such field here (did you mean sent?)",
        ),
        (
            "steps:\n  - expect: {within: 1}\n",
            "x.yaml:2:5: steps[1].expect: give exactly one of sent, received",
        ),
        (
            "steps:\n  - go_online\n  - {plug_in: 1, unplug: 1}\n",
            "x.yaml:3:5: steps[2]: a step has exactly one verb, this one has plug_in, unplug",
        ),
        (
            "steps:\n  - wait: soon\n",
            "x.yaml:2:5: steps[1].wait.seconds: write a number of seconds, or 500ms, 5s, 10m, 2h, 7d, not 'soon'",
        ),
        ("name: x\n", "x.yaml:1:1: steps: is missing (add it)"),
        ("- go_online\n", "x.yaml:1:1: a scenario is a mapping (begin with steps:)"),
        ("steps: [go_online\n", "x.yaml:2:1: is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: &x 1\nsteps: [*x]\n", "x.yaml:2:9: is not YAML: an alias (*) is not taken here; write it out"),
        ("steps: [go_online]\nsteps: [go_online]\n", "x.yaml:2:1: steps stands here twice (leave one out)"),
        (
            "values: {token: A}\nsteps:\n  - present_token: ${tokn}\n",
            "x.yaml:3:5: steps[1].present_token: ${tokn} is not known (did you mean ${token}?)",
        ),
        (
            "chargers: {a: {}, b: {}}\nsteps:\n  - {charger: c, plug_in: 1}\n",
            "x.yaml:3:6: steps[1].charger: there is no charge point c (there is a, b)",
        ),
        (
            "steps:\n  - expect: {sent: A, with: {b: {matches: '('}}}\n",
            "x.yaml:2:23: steps[1].expect.with: matches: no regular expression: "
            "missing ), unterminated subpattern at position 0",
        ),
        (
            "steps:\n  - rule: {then: {do: dorp}}\n",
            "x.yaml:2:12: steps[1].rule.then[1]: dorp is none of 'pass', 'drop', ",
        ),
        ("steps: [!!python/object/apply:os.system [ls]]\n", "x.yaml:1:9: steps[1]: "),
    ],
)
def test_what_is_wrong_is_told_with_line_field_rule_and_remedy(text, told):
    assert wrong(text).startswith(told)


def test_a_file_is_bounded():
    assert "longer than" in wrong("a" * 1_000_001)
    assert "nested deeper" in wrong("a: " + "[" * 60 + "]" * 60)
    assert "more than 50,000 values" in wrong("steps: [" + "1," * 50_001 + "]")
