"""A command that is refused has changed nothing: every command, at chargers in many states, a while after they came there."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from abstraction.story import NOON, SPOKEN, Story
from vcp_abstraction.charger import Charger, Surroundings
from vcp_abstraction.decide import COMMANDS, decide
from vcp_abstraction.sections import MODELS, write
from vcp_abstraction.view import view_of
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import ChargePointConfiguration, EvseConfiguration
from vcp_contracts.link import FrameHeld
from vcp_contracts.rules import HeldFrame, Rule

TWO = (EvseConfiguration(),) * 2
URL = "ws://backend/ocpp"
AROUND = Surroundings(nonce="m", manners=SPOKEN, handler="h")


def set_up(**fields: Any) -> dict[str, Any]:
    return {"configuration": ChargePointConfiguration(**{"url": URL, "protocols": ("three",)} | fields)}


def rule(name: str = "r", evse: int = 1, **more: Any) -> Rule:
    when = {"state": {"evse": evse, "transaction": True}}
    return Rule.model_validate({"name": name, "when": when, "then": {"do": "drop"}} | more)


PLACES = [{}, {"evse": 2}, {"evse": 3}, {"evse": 1, "connector": 2}]
CASES: dict[type[c.Command], list[dict[str, Any]]] = {
    c.Provision: [
        set_up(),
        set_up(evses=TWO, settings={"NoSuchSetting": "1"}),
        set_up(settings={"HeartbeatInterval": "soon"}),
        set_up(settings={"AuthorizationKey": "secret secret secret"}),
        set_up(settings={"ConnectorPhaseRotation": "9.RST"}),
        set_up(clock={"start": "1066-10-14T09:00:00Z"}),
        set_up(security={"profile": 3}),
        set_up(model="Other"),
    ],
    c.PowerOn: [{}],
    c.PowerOff: [{}],
    c.PowerCycle: [{}],
    c.GoOnline: [{}],
    c.GoOffline: [{}, {"how": "refuse", "seconds": 5.0}],
    c.PlugIn: [*PLACES, {"end": "ev"}, {"end": "station"}],
    c.Unplug: [*PLACES, {"end": "ev"}, {"end": "station"}, {"end": "station", "force": True}],
    c.PresentToken: [
        {"token": "A"},
        {"token": "B"},
        {"token": "B", "evse": 1},
        {"token": "B", "evse": 3},
        {"token": "a token that is longer than any of this protocol's"},
    ],
    c.PutToken: [
        {"where": where, "token": token} for where in ("list", "cache") for token in ("A", "X", "Y")
    ],
    c.RemoveToken: [
        {"where": where, **which} for where in ("list", "cache") for which in ({}, {"token": "Q"})
    ],
    c.PressStart: [{}, {"evse": 2}, {"evse": 3}],
    c.PressStop: [{}, {"evse": 2}, {"evse": 3}],
    c.PressEmergency: [{}],
    c.SetEv: [*PLACES, {"power_w": 1.0, "current_a": 1.0}],
    c.LimitGrid: [{}, {"evse": 3}, {"current_a": 6.0}, {"current_a": 6.0, "power_w": 9.0}],
    c.SetMeter: [{"register_wh": 0.0}, {"register_wh": 1e9, "evse": 3}, {"register_wh": 1e9}],
    c.RaiseFault: [
        {},
        {"evse": 1},
        {"evse": 1, "kind": "ev_communication_error"},
        {"kind": "ev_communication_error"},
        {"evse": 3},
        {"evse": 1, "connector": 2},
    ],
    c.ClearFault: [{}, {"evse": 1}, {"evse": 3}, {"evse": 1, "connector": 2}],
    c.RaiseSecurityEvent: [{}, {"tell": "by_rule"}],
    c.RenewCertificate: [{}],
    c.WriteSetting: [
        {"name": "NoSuchSetting", "value": "1"},
        {"name": "HeartbeatInterval", "value": "soon"},
        {"name": "AuthorizationKey", "value": "x"},
        {"name": "ConnectorPhaseRotation", "value": "9.RST"},
        {"name": "NumberOfConnectors", "value": "9"},
    ],
    c.MeterNow: [{}, {"evse": 3}],
    c.Ask: [
        {"word": "boot"},
        {"word": "beat"},
        {"word": "status", "evse": 3},
        {"word": "meter"},
        {"word": "meter", "evse": 3},
        {"word": "authorize"},
    ],
    c.SendData: [{"vendor": "com.acme"}],
    c.SetBehaviour: [{"unlock": "fails"}],
    c.SetClock: [{"time": "1066-10-14T09:00:00Z", "speed": 2.0, "source": "own"}],
    c.AdvanceClock: [{"seconds": 1.0}, {"seconds": 7_200.0}],
    c.AddRule: [{"rule": rule(evse=3)}, {"rule": rule(evse=1)}],
    c.RemoveRules: [{"name": "none"}, {}],
    c.ReleaseFrame: [{"frame": "f0"}, {"frame": "f1"}],
    c.SetGates: [{"handler": "open"}],
    c.ClaimStatus: [{"status": "charging"}],
    c.ClaimTransaction: [{"phase": "started"}, {"phase": "ended"}],
    c.SendRaw: [{"action": "Heartbeat"}, {"text": "[3,", "unchecked": True}],
    c.Retire: [{}],
}
NEVER_REFUSED = {c.Retire, c.PowerCycle, c.SetBehaviour, c.SetGates, c.RaiseSecurityEvent}
"""They can always be carried out at a charger that is there, with these protocols."""


def blank() -> Charger:
    return Charger("CP001")


def after(
    *steps: tuple[Any, dict[str, Any]], style: str = "three", begins: bool = True, **more: Any
) -> Charger:
    story = Story(style, evses=TWO, **more)
    if begins:
        story.online()
    for kind, fields in steps:
        if issubclass(kind, c.Command):
            story.do(kind, **fields)
        else:
            story.request(kind, **fields)
        story.answer_all()
    return story.cp


CHARGING = ((c.PlugIn, {}), (c.PresentToken, {"token": "A", "evse": 1}))


def asking(style: str) -> Charger:
    """Somebody waits for the verdict on his token, and much is queued behind that."""
    story = Story(style, evses=TWO).online()
    story.do(c.PlugIn, evse=1)
    story.do(c.PresentToken, token="B", evse=1)
    story.do(c.RaiseFault, evse=2)
    return story.cp


def holding(style: str) -> Charger:
    """A rule holds a message back, and somebody has let it go."""
    story = Story(style, evses=TWO).online()
    story.do(c.AddRule, rule=rule())
    held = {"direction": "received", "kind": "call", "text": "[2]", "until": NOON + timedelta(hours=1)}
    story.hear(FrameHeld(**story.fact(), held=HeldFrame(frame="f1", rule="r", **held)))
    story.do(c.ReleaseFrame, frame="f1")
    return story.cp


def booting(style: str) -> Charger:
    story = Story(style, evses=TWO)
    story.do(c.GoOnline)
    story.link_up()
    return story.cp


def set_aside(style: str) -> Charger:
    cp = after(*CHARGING, style=style)
    cp.quarantine()
    return cp


def about_to_restart(style: str) -> Charger:
    """A restart waits for an answer; its patience is at its end when the command comes."""
    story = Story(style, evses=TWO).online()
    for step in CHARGING:
        story.do(step[0], **step[1])
        story.answer_all()
    story.request(r.Reset, when="now", restart="application")
    return story.cp


STATES: dict[str, Callable[[str], Charger]] = {
    "offline": lambda style: after(style=style, begins=False),
    "idle": lambda style: after(style=style),
    "charging": lambda style: after(*CHARGING, style=style),
    "charging, nothing to read": lambda style: after(
        *CHARGING, (c.WriteSetting, {"name": "MeterValuesAlignedData", "value": ""}), style=style
    ),
    "charging at the clock's end": lambda style: after(
        *CHARGING, (c.SetClock, {"time": "2999-12-31T23:00:00Z", "source": "own"}), style=style
    ),
    "faulted": lambda style: after((c.RaiseFault, {}), (c.RaiseFault, {"evse": 1}), style=style),
    "without power": lambda style: after(*CHARGING, (c.PowerOff, {}), style=style),
    "without a backend": lambda style: after(style=style, url=None, begins=False),
    "full of tokens": lambda style: after(
        (c.PutToken, {"where": "list", "token": "A"}),
        style=style,
        settings={"LocalAuthListMaxLength": "1", "AuthorizationCacheEnabled": "false"},
    ),
    "without smart charging": lambda style: after(
        *CHARGING, style=style, settings={"SmartChargingCtrlr.Enabled": "false"}
    ),
    "asking": asking,
    "booting": booting,
    "holding": holding,
    "set aside": set_aside,
    "about to restart": about_to_restart,
}


def whole(cp: Charger) -> tuple[dict[str, bytes], dict[int, Any], bytes]:
    return write(cp, set(MODELS)), dict(cp.queue), view_of(cp) if cp.exists else b""


def copied(cp: Charger) -> Charger:
    twin = Charger.load(
        "CP001", {name: body for name, body in write(cp, set(MODELS)).items() if body != b"null"}, {}
    )
    twin.queue = dict(cp.queue)
    return twin


def refused(cp: Charger, cases: Iterable[tuple[type[c.Command], dict[str, Any]]]) -> set[type[c.Command]]:
    """Gives each command to a copy of the charger, a while later. Which kinds were refused, and changed nothing."""
    kinds = set()
    for kind, fields in cases:
        twin = copied(cp) if cp.exists else blank()
        before = whole(twin)
        command = kind(id="x", charge_point="CP001", **fields)
        decision = decide(twin, command, NOON + timedelta(seconds=25), AROUND)
        if [result.status for result in decision.results] != ["rejected"]:
            continue
        kinds.add(kind)
        assert whole(twin) == before, command
        assert (decision.to_handler, decision.to_chores, decision.events) == ([], [], []), command
        [result] = decision.results
        assert result.reason
    return kinds


def every_case() -> list[tuple[type[c.Command], dict[str, Any]]]:
    return [(kind, fields) for kind, cases in CASES.items() for fields in cases]


@pytest.mark.parametrize("style", ["three", "stream"])
def test_whatever_is_refused_has_changed_nothing(style):
    kinds: set[type[c.Command]] = set()
    for state in STATES.values():
        kinds |= refused(state(style), every_case())
    assert set(COMMANDS) == set(CASES)
    assert set(CASES) - kinds == NEVER_REFUSED


def test_a_charger_that_is_not_there_refuses_all_but_being_set_up():
    kinds = refused(blank(), every_case())
    assert kinds == set(CASES)


class TestAQuarantine:
    def test_is_not_lifted_by_a_set_up_that_is_refused(self):
        story = Story(evses=TWO).online()
        story.do(c.PlugIn, evse=1)
        story.do(c.PresentToken, token="T", evse=1)
        story.answer_all()
        story.cp.quarantine()
        fewer = story.cp.configuration.model_copy(update={"evses": TWO[:1]})
        assert story.do(c.Provision, configuration=fewer).status == "rejected"
        assert story.cp.facts.quarantined

    @pytest.mark.parametrize(
        ("command", "fields"),
        [
            (c.Provision, set_up(evses=TWO)),
            (c.Provision, set_up(model="Other")),
            (c.PowerOn, {}),
            (c.PowerCycle, {}),
        ],
    )
    def test_is_lifted_by_a_set_up_and_by_power(self, command, fields):
        story = Story(evses=TWO)
        story.cp.quarantine()
        assert story.do(command, **fields).status == "done"
        assert not story.cp.facts.quarantined


def test_an_earlier_configuration_that_is_no_longer_good_does_not_stop_the_next_one():
    """Settings may have got narrower bounds since it was kept."""
    story = Story()
    old = story.cp.configuration.model_copy(update={"settings": {"HeartbeatInterval": "soon", "Gone": "1"}})
    story.cp.setup.configuration = old
    story.cp.touch("setup")
    new = old.model_copy(update={"settings": {"HeartbeatInterval": "60"}})
    assert story.do(c.Provision, configuration=new).status == "done"
    assert story.cp.settings.text("OCPPCommCtrlr.HeartbeatInterval") == "60"
