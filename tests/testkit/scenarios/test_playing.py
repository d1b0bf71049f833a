"""Scenarios played against a control API that is acted here: what is asked of it, and what is made of the wire."""

import asyncio
from typing import Any

import httpx
import orjson
from vcp_testkit.problems import Problem
from vcp_testkit.scenarios.operator import Operator, OperatorFailed, OperatorFile
from vcp_testkit.scenarios.playing import play
from vcp_testkit.scenarios.reading import read_text
from vcp_testkit.scenarios.stage import Stage
from vcp_testkit.scenarios.telling import Told


class Acted:
    """A control API whose charge points say what the test lets them say."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.wires: dict[str, list[dict]] = {}
        self.after: dict[str, list[tuple]] = {}
        self.results: dict[str, dict] = {}
        self.view_of: dict[str, Any] = {"link": {"state": "up"}}
        self.news = asyncio.Event()

    def frame(self, id: str, sent: bool, message: list | str, action: str | None = None, **more: Any) -> None:
        wire = self.wires.setdefault(id, [])
        kinds = {2: "call", 3: "result", 4: "error"}
        kind = kinds[message[0]] if isinstance(message, list) else "broken"
        wire.append(
            {
                "cursor": str(len(wire) + 1),
                "at": "2026-01-01T00:00:00Z",
                "type": "frame_sent" if sent else "frame_received",
                "kind": kind,
                "action": message[2] if kind == "call" else action,
                "message_id": message[1] if kind != "broken" else None,
                "text": orjson.dumps(message).decode() if isinstance(message, list) else message,
                "valid": kind != "broken",
                **more,
            }
        )
        self.news.set()

    async def configure(self, charge_point, configuration):
        self.asked.append(("configure", charge_point, configuration))
        self.say(charge_point, "configure")
        return {}

    async def command(self, charge_point, verb, body=None, *, wait_s=15.0):
        self.asked.append((verb, charge_point, body))
        if verb == "unplug":
            raise Problem(409, {"field": "evse", "reason": "no cable is in"})
        self.say(charge_point, verb)
        return (
            {"status": "done"} if wait_s else {"status": "pending", "command": f"command-{len(self.asked)}"}
        )

    async def result(self, charge_point, command, *, wait_s=15.0):
        self.asked.append(("result", charge_point, command))
        return self.results.get(command)

    def say(self, charge_point: str, verb: str) -> None:
        for sent, message, *more in self.after.get(verb, []):
            self.frame(charge_point, sent, message, **(more[0] if more else {}))

    async def view(self, charge_point):
        return {"id": charge_point, **self.view_of}

    async def walk(self, steps):
        answer = None
        while True:
            try:
                ask = steps.send(answer)
            except StopIteration as end:
                return end.value
            answer = await self.answer(ask.path, ask.params)

    async def answer(self, path: str, params: dict) -> httpx.Response:
        charge_point, after = path.split("/")[2], params["after"]
        waits = path.endswith("/wait")
        try:
            async with asyncio.timeout(float(params["timeout"]) if waits else None):
                while not (items := self.wires.get(charge_point, [])[int(after) :]) and waits:
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            return httpx.Response(504, json={"reason": "no such message"})
        page = {"items": items, "next": items[-1]["cursor"] if items else after}
        return httpx.Response(200, json=items[0] if waits else page)

    async def retire(self, charge_point):
        self.asked.append(("retire", charge_point))


async def played(control: Acted, steps: str, *, head: str = "", **stage: Any) -> Told:
    read = read_text("story.yaml", f"{head}\nsteps:\n{steps}")
    return await play(read, control, Stage(backend="ws://backend/ocpp", identities=["CP1", "CP2"], **stage))


BOOT = (True, [2, "1", "BootNotification", {"chargePointVendor": "VCP"}])
ACCEPTED = (False, [3, "1", {"status": "Accepted", "interval": 7}])


async def test_a_charge_point_is_set_up_touched_and_taken_away():
    control = Acted()
    told = await played(
        control,
        "  - plug_in: 2\n  - present_token: ${card}\n  - advance: 1m\n  - go_offline\n",
        head="values: {card: CARD1}\ngiven: {preset: two_connectors, labels: {a: b}}",
        labels={"run": "7"},
        values={"card": "CARD9"},
    )
    assert told.outcome == "passed"
    assert control.asked == [
        (
            "configure",
            "CP1",
            {"url": "ws://backend/ocpp", "online": True, "labels": {"a": "b", "run": "7"}, "evses": [{}, {}]},
        ),
        ("plug-in", "CP1", {"evse": 2}),
        ("present-token", "CP1", {"token": "CARD9"}),
        ("advance-clock", "CP1", {"seconds": 60.0}),
        ("go-offline", "CP1", {}),
        ("retire", "CP1"),
    ]


async def test_an_expectation_waits_and_keeps_values():
    control = Acted()
    control.after = {"configure": [BOOT, ACCEPTED], "ask": [(True, [2, "2", "Heartbeat", {"n": 7}])]}
    told = await played(
        control,
        "  - expect: {sent: BootNotification, answer: {status: Accepted}, capture: {n: answer.interval}}\n"
        "  - ask: beat\n"
        '  - expect: {sent: Heartbeat, with: {n: "${n}"}}\n',
    )
    assert told.outcome == "passed", told.failure


async def test_a_wrong_answer_is_told_beside_the_expected_one():
    control = Acted()
    control.after = {"configure": [BOOT, ACCEPTED]}
    told = await played(
        control, "  - expect: {sent: BootNotification, answer: {status: Pending}, within: 60}\n"
    )
    assert (told.outcome, told.failure.line) == ("failed", 3)
    assert told.failure.text("story.yaml").splitlines() == [
        "story.yaml:3: steps[1]: expect",
        'the answer is not as expected: sent BootNotification, answered {"status":"Pending"}',
        'nearest: 00:00:00.000 ← 1       ? answer                       {"status":"Accepted","interval":7}',
        "     field          expected   arrived",
        '  ✗  answer.status  "Pending"  "Accepted"',
        "the wire (→ sent by the charge point, ← received):",
        '  00:00:00.000 → 1       BootNotification               {"chargePointVendor":"VCP"}',
        '▶ 00:00:00.000 ← 1       ? answer                       {"status":"Accepted","interval":7}',
    ]


async def test_messages_are_expected_in_order_unless_said_otherwise():
    control = Acted()
    control.after = {"configure": [(True, [2, "1", "A", {}]), (True, [2, "2", "B", {}])]}
    told = await played(control, "  - expect: {sent: B}\n  - expect: {sent: A, within: 0}\n")
    assert "use in_any_order" in told.failure.detail
    told = await played(control, "  - in_any_order: [{sent: B}, {sent: A}]\n")
    assert told.outcome == "passed"


async def test_each_wish_in_any_order_has_a_message_of_its_own():
    control = Acted()
    control.after = {"configure": [(True, [2, "1", "A", {"n": 1}]), (True, [2, "2", "A", {"n": 2}])]}
    steps = "  - in_any_order: [{sent: A}, {sent: A, with: {n: 1}}%s]\n    within: 0\n"
    assert (await played(control, steps % "")).outcome == "passed"
    control = Acted()
    control.after = {"configure": [(True, [2, "1", "A", {"n": 1}]), (True, [2, "2", "A", {"n": 2}])]}
    assert (await played(control, steps % ", {sent: A}")).outcome == "failed"


async def test_what_is_forbidden_fails_whenever_it_comes():
    control = Acted()
    control.after = {"plug-in": [(True, [2, "9", "StopTransaction", {}])]}
    told = await played(control, "  - forbid: {sent: StopTransaction}\n  - plug_in\n  - wait: 0\n")
    assert (told.failure.line, told.reason) == (3, "forbidden, and it came: sent StopTransaction")
    told = await played(control, "  - plug_in\n  - forbid: {sent: StopTransaction, within: 0}\n")
    assert told.outcome == "passed"


async def test_a_backend_that_breaks_ocpp_fails_unless_that_is_allowed():
    control = Acted()
    control.after = {"plug-in": [(False, "[3,", {"rule": "not_json"})]}
    told = await played(control, "  - plug_in\n  - wait: 0\n")
    assert told.reason == "the backend breaks OCPP: not_json"
    assert (await played(control, "  - plug_in\n  - wait: 0\n", head="violations: allow")).outcome == "passed"
    control.after = {"plug-in": [(False, "[3,", {"rule": "not_json", "rule_applied": "rule-1"})]}
    control.wires.clear()
    assert (await played(control, "  - plug_in\n  - wait: 0\n")).outcome == "passed"


async def test_a_refused_command_names_its_step():
    told = await played(Acted(), "  - plug_in\n  - unplug\n")
    assert (told.failure.line, told.failure.step) == (4, "steps[2]: unplug")
    assert told.reason == "409: evse: no cable is in"


async def test_the_view_is_waited_for_and_checked():
    control = Acted()
    assert (await played(control, "  - check: {link.state: up}\n")).outcome == "passed"
    told = await played(control, "  - check: {link.state: down}\n    within: 0\n")
    assert '✗  link.state  "down"    "up"' in told.failure.detail


async def test_rounds_are_counted_and_rules_are_named():
    control = Acted()
    told = await played(
        control,
        "  - repeat: {times: 2, steps: [{plug_in: '${round}'}]}\n"
        "  - rule: {when: {action: Heartbeat}, then: {do: drop}}\n",
    )
    assert told.outcome == "passed", told.failure
    assert [one[2] for one in control.asked if one[0] == "plug-in"] == [{"evse": 1}, {"evse": 2}]
    [(_, _, body)] = [one for one in control.asked if one[0] == "add-rule"]
    assert body == {"rule": {"name": "rule-1", "when": {"action": "Heartbeat"}, "then": [{"do": "drop"}]}}


async def test_what_is_sent_is_given_in_order_and_its_answer_is_expected_like_any():
    control = Acted()
    control.after = {"send-raw": [(True, [2, "7", "Brew", {}]), (False, [4, "7", "NotImplemented", "", {}])]}
    told = await played(
        control,
        "  - send: {text: '[2,'}\n"
        "  - send: {action: Brew, payload: {cups: 1}, unchecked: true}\n"
        "  - expect: {sent: Brew, error: [NotSupported, NotImplemented]}\n",
    )
    assert told.outcome == "passed", told.failure
    assert [one[2] for one in control.asked if one[0] == "send-raw"] == [
        {"text": "[2,"},
        {"action": "Brew", "payload": {"cups": 1}, "unchecked": True},
    ]


async def test_what_could_not_be_sent_fails_the_scenario():
    control = Acted()
    control.results = {"command-2": {"status": "rejected", "reason": "there is no link"}}
    told = await played(control, "  - send: {action: Heartbeat}\n  - wait: 10ms\n  - wait: 10ms\n")
    assert (told.failure.line, told.reason) == (3, "not sent: there is no link")


async def test_charge_points_act_in_parallel():
    control = Acted()
    told = await played(
        control,
        "  - parallel: {all: [plug_in], b: [{present_token: '${charger.id}'}]}\n  - {charger: b, go_offline: close}\n",
        head="chargers: {a: {}, b: {}}",
    )
    assert told.outcome == "passed"
    assert sorted(one[:2] for one in control.asked if one[0] == "plug-in") == [
        ("plug-in", "CP1"),
        ("plug-in", "CP2"),
    ]
    assert ("present-token", "CP2", {"token": "CP2"}) in control.asked
    assert ("go-offline", "CP2", {"how": "close"}) in control.asked


OPERATOR = OperatorFile.model_validate(
    {
        "url": "${backend.http}/api",
        "headers": {"X-Who": "${charger}"},
        "calls": {
            "RemoteStartTransaction": {
                "post": "/start/${charger}",
                "json": {"tag": "${payload.idTag}", "evse": "${payload.connectorId?}"},
            },
            "boot_verdict": {"put": "https://other/boots", "json": "${payload}"},
        },
    }
)


async def test_the_operator_has_the_backend_act():
    sent: list[tuple[Any, ...]] = []

    async def send(*request: Any) -> str:
        sent.append(request)
        return ""

    told = await played(
        Acted(),
        "  - backend: {boot_verdict: {status: Pending}}\n"
        "  - backend: {RemoteStartTransaction: {idTag: A}}\n"
        "  - wait: 10ms\n",
        operator=Operator(OPERATOR, "wss://backend:9/ocpp", send),
    )
    assert told.outcome == "passed"
    who = {"X-Who": "CP1"}
    assert sent == [
        ("put", "https://other/boots", who, {"status": "Pending"}, None),
        ("post", "https://backend:9/api/start/CP1", who, {"tag": "A"}, None),
    ]


async def test_an_operator_that_fails_fails_the_scenario_and_one_who_cannot_skips_it():
    async def send(*request: Any) -> str:
        raise OperatorFailed("POST https://backend/api: 404 no such charger")

    operator = Operator(OPERATOR, "ws://backend/ocpp", send)
    told = await played(
        Acted(),
        "  - backend: {RemoteStartTransaction: {idTag: A}}\n  - expect: {received: RemoteStartTransaction}\n",
        operator=operator,
    )
    assert told.reason.endswith("RemoteStartTransaction: POST https://backend/api: 404 no such charger")
    assert told.failure.line == 3
    told = await played(Acted(), "  - backend: {Reset: {type: Soft}}\n", operator=operator)
    assert (told.outcome, told.reason) == (
        "skipped",
        "the operator file does not say how the backend does Reset",
    )


async def test_a_charge_point_is_taken_away_after_a_failure_too():
    control = Acted()
    await played(control, "  - unplug\n")
    assert control.asked[-1] == ("retire", "CP1")


async def test_what_needs_a_value_is_skipped_without_it():
    head = "needs: [firmware]"
    steps = "  - send: {action: A, payload: {at: '${firmware}'}}\n"
    told = await played(Acted(), steps, head=head)
    assert (told.outcome, told.reason) == ("skipped", "needs firmware: give it with --set firmware=…")
    assert (await played(Acted(), steps, head=head, values={"firmware": "x"})).outcome == "passed"


async def test_without_a_link_that_is_what_is_told():
    control = Acted()
    control.view_of = {"link": {"wanted": True, "state": "connecting", "last_failure": "refused"}}
    told = await played(control, "  - expect: {sent: BootNotification, within: 0}\n")
    assert (told.outcome, told.connected) == ("failed", False)
    assert told.reason == "no charge point could connect to ws://backend/ocpp: refused"
