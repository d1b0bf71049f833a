"""Rules over HTTP: added, looked at, taken away; and what they hold back, released."""

from typing import Any

import httpx
import pytest
from control.played_abstraction import PlayedAbstraction
from vcp_contracts.commands import AddRule, Provision, ReleaseFrame, RemoveRules

REFUSE: dict[str, Any] = {
    "name": "no remote start",
    "when": {"word": "start_charging", "direction": "received"},
    "then": {"do": "answer", "payload": {"status": "Rejected", "note": None}},
}


async def test_a_rule_is_added(api: httpx.AsyncClient, abstraction: PlayedAbstraction) -> None:
    await abstraction.knows("CP001")
    abstraction.answer = lambda command: {"status": "done", "detail": {"standing": "s1", "name": "x"}}
    answer = await api.post("/charge-points/CP001/rules", json=REFUSE)
    assert answer.status_code == 201
    assert answer.headers["location"] == "/charge-points/CP001/rules/no%20remote%20start"
    assert answer.json()["id"] == "s1"
    assert answer.json()["rule"]["then"] == [
        {"do": "answer", "delay_s": 0.0, "random_s": 0.0, "payload": {"status": "Rejected", "note": None}}
    ]
    [command] = abstraction.taken
    assert isinstance(command, AddRule)
    assert command.rule.then[0].payload == {"status": "Rejected", "note": None}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("rule", "field", "reason", "remedy"),
    [
        ({"then": {"do": "drop"}}, "name", "is missing", "give name"),
        ({"name": "r"}, "then", "is missing", "give then"),
        ({**REFUSE, "wen": {}}, "wen", "there is no such field", "did you mean when?"),
        (
            {**REFUSE, "when": {"acton": "Boot"}},
            "when.acton",
            "there is no such field",
            "did you mean action?",
        ),
        (
            {**REFUSE, "then": [{"do": "drop"}, {"do": "answer"}]},
            "then[1].payload",
            "is missing",
            "give then[1].payload",
        ),
        (
            {**REFUSE, "then": {"do": "explode"}},
            "then[0]",
            "there is no deed explode",
            "use one of 'pass', 'drop', 'delay', 'edit', 'hold', 'answer', 'fail', 'twice', 'wrong_id', "
            "'garble', 'cut'",
        ),
        (
            {**REFUSE, "then": {}},
            "then[0]",
            "`do` is missing",
            "name what is to be done in `do`, such as drop",
        ),
        (
            {**REFUSE, "then": {"do": "edit"}},
            "then[0]",
            "give exactly one of merge, patch",
            "correct then[0]",
        ),
        (
            {**REFUSE, "follow": "altered", "when": {"direction": "sent", "kind": "result"}},
            "follow",
            "the charger has acted before it answers; match the received call, or follow the original",
            "correct follow",
        ),
        (
            {**REFUSE, "when": {"fields": [{"path": "idTag", "matches": "("}]}},
            "when.fields[0]",
            "not a regular expression: error: unclosed group",
            "correct when.fields[0]",
        ),
    ],
)
async def test_a_rule_that_is_not_understood_changes_nothing(
    api: httpx.AsyncClient,
    abstraction: PlayedAbstraction,
    rule: dict[str, Any],
    field: str,
    reason: str,
    remedy: str,
) -> None:
    answer = await api.post("/charge-points/CP001/rules", json=rule)
    assert answer.status_code == 422
    told = answer.json()
    assert (told["field"], told["reason"], told["remedy"]) == (field, reason, remedy)
    assert abstraction.taken == []


async def test_a_rule_that_the_charger_refuses_is_a_problem(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    abstraction.answer = lambda command: {
        "status": "rejected",
        "kind": "impossible",
        "field": "rule",
        "reason": "100 rules stand",
        "remedy": "remove_rules first",
    }
    answer = await api.post("/charge-points/CP001/rules", json=REFUSE)
    assert (answer.status_code, answer.json()["field"]) == (409, "rule")


async def test_rules_are_listed_and_looked_at(api: httpx.AsyncClient, abstraction: PlayedAbstraction) -> None:
    assert (await api.get("/charge-points/CP001/rules")).status_code == 404
    await abstraction.knows("CP001")
    assert (await api.get("/charge-points/CP001/rules")).json() == {"items": []}
    missing = await api.get("/charge-points/CP001/rules/a%2Fb")
    assert (missing.status_code, missing.json()["reason"]) == (404, "there is no rule a/b")


async def test_rules_are_taken_away(api: httpx.AsyncClient, abstraction: PlayedAbstraction) -> None:
    assert (await api.delete("/charge-points/CP001/rules/no%20remote%20start")).status_code == 200
    assert (await api.delete("/charge-points/CP001/rules")).status_code == 200
    names = [command.name for command in abstraction.taken if isinstance(command, RemoveRules)]
    assert names == ["no remote start", None]


async def test_taking_away_what_does_not_stand_is_404(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    abstraction.answer = lambda command: {
        "status": "rejected",
        "kind": "impossible",
        "field": "name",
        "reason": "there is no rule x",
        "remedy": "name one that stands: a, b",
    }
    answer = await api.delete("/charge-points/CP001/rules/x")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:vcp:problem:no_such_rule"
    assert answer.json()["remedy"] == "name one that stands: a, b"


async def test_a_message_that_is_held_back_is_released(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    await abstraction.knows("CP001")
    assert (await api.get("/charge-points/CP001/held")).json() == {"items": []}
    await api.post("/charge-points/CP001/held/f1")
    await api.post("/charge-points/CP001/held/f2", json={"payload": {"status": None}})
    await api.post("/charge-points/CP001/held/f3", json={"drop": True})
    released = [command for command in abstraction.taken if isinstance(command, ReleaseFrame)]
    assert [(it.frame, it.payload, it.drop) for it in released] == [
        ("f1", None, False),
        ("f2", {"status": None}, False),
        ("f3", None, True),
    ]


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("held/f1", {"text": "[3,", "drop": True}, "give at most one of payload, text, drop"),
        ("send-raw", {"action": "Heartbeat", "text": "[3,"}, "give exactly one of action, text"),
        ("send-raw", {"text": "[3,", "message_id": "m"}, "payload and message_id go with action"),
        (
            "release-frame",
            {"frame": "f", "text": "x", "drop": True},
            "give at most one of payload, text, drop",
        ),
    ],
)
async def test_fields_that_contradict_each_other_are_422(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, path: str, body: dict[str, Any], reason: str
) -> None:
    answer = await api.post(f"/charge-points/CP001/{path}", json=body)
    assert answer.status_code == 422
    assert answer.json()["reason"].startswith(reason)
    assert abstraction.taken == []


async def test_the_document_shows_what_a_rule_looks_like(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    route = document["paths"]["/charge-points/{id}/rules"]["post"]
    body = route["requestBody"]["content"]["application/json"]["schema"]
    assert "201" in route["responses"]
    assert [example["then"] for example in body["examples"]][-1] == {"do": "drop"}
    held = document["components"]["schemas"]["Release"]["properties"]
    assert "payload" in held


async def test_a_charge_point_is_set_up_with_rules(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    answer = await api.post("/charge-points", json={"id": "CP001", "rules": [REFUSE]})
    assert answer.status_code == 201
    [command] = abstraction.taken
    assert isinstance(command, Provision)
    assert [rule.name for rule in command.rules] == ["no remote start"]
    wrong = await api.post(
        "/charge-points", json={"id": "CP001", "rules": [{**REFUSE, "then": {"do": "answer"}}]}
    )
    assert (wrong.status_code, wrong.json()["field"]) == (422, "rules[0].then[0].payload")
