"""Rules as a test says them, beside the rules that they are."""

import json

import httpx
import pytest
from vcp_testkit import absent, any_of, at_least, matches


class Api(list):
    """Takes every rule, and keeps it."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/charge-points/CP001/add-rule"
        self.append(json.loads(request.content)["rule"])
        return httpx.Response(200, json={"status": "done"})


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def charger(client, api):
    return client(api).charge_point("CP001")


async def test_a_reply_in_the_place_of_the_chargers_own(charger, api, said):
    await said(charger.reply_to("RemoteStartTransaction").with_(status="Rejected").named("no").once())
    assert api == [
        {
            "name": "no",
            "when": {"action": "RemoteStartTransaction", "direction": "received", "kind": "call"},
            "then": [{"do": "answer", "payload": {"status": "Rejected"}}],
            "times": 1,
            "after_last": "cycle",
        }
    ]


async def test_a_sequence_of_replies_and_how_often(charger, api, said):
    script = (
        charger.reply_to("Reset")
        .with_(status="Rejected")
        .then()
        .error("InternalError", "later")
        .after(2)
        .never()
    )
    await said(script.times(2))
    [rule] = api
    assert rule["then"] == [
        {"do": "answer", "payload": {"status": "Rejected"}},
        {"do": "fail", "code": "InternalError", "description": "later", "details": {}, "delay_s": 2.0},
        {"do": "drop"},
    ]
    assert (rule["times"], rule["after_last"]) == (6, "cycle")


async def test_what_becomes_of_the_chargers_own_messages(charger, api, said):
    await said(charger.when_sending("Heartbeat").drop().always())
    await said(charger.when_sending("StatusNotification").after(1, up_to=3).seed(7).for_seconds(60))
    await said(
        charger.when_sending("StartTransaction").edit(meterStart=-1, reservationId=None).unchecked().once()
    )
    await said(charger.when_answered("StartTransaction").hold(30).once())
    await said(charger.when_answering("Reset").cut("close", when="after").once())
    await said(charger.when_receiving("Reset").pass_().wrong_id().garble().twice(1).once())
    assert [rule["then"] for rule in api] == [
        [{"do": "drop"}],
        [{"do": "delay", "delay_s": 1.0, "random_s": 2.0}],
        [{"do": "edit", "merge": {"meterStart": -1, "reservationId": None}}],
        [{"do": "hold", "at_most_s": 30.0}],
        [{"do": "cut", "how": "close", "when": "after"}],
        [
            {"do": "pass"},
            {"do": "wrong_id", "id": None},
            {"do": "garble", "text": "[3,"},
            {"do": "twice", "gap_s": 1.0},
        ],
    ]
    drop, late, edit, hold, *_ = api
    assert "times" not in drop
    assert (late["for_s"], late["seed"]) == (60.0, 7)
    assert edit["unchecked"] is True
    assert hold["when"] == {"action": "StartTransaction", "direction": "received", "kind": "result"}


async def test_a_message_by_the_word_that_all_versions_share(charger, api, said):
    await said(charger.reply_to("start_charging").with_(status="Rejected").once())
    assert api[0]["when"] == {"word": "start_charging", "direction": "received", "kind": "call"}


async def test_only_some_messages(charger, api, said):
    script = charger.when_sending("StartTransaction").where(
        {"/idTag": matches("^04")}, connectorId=any_of(1, 2)
    )
    script.where(reservationId=absent, idTagInfo={"status": "Accepted", "a/b": None}).only(nth=3, evse=1)
    await said(script.drop().once())
    [rule] = api
    assert rule["when"] == {
        "action": "StartTransaction",
        "direction": "sent",
        "kind": "call",
        "nth": 3,
        "evse": 1,
        "fields": [
            {"path": "/idTag", "matches": "^04"},
            {"path": "connectorId", "any_of": [1, 2]},
            {"path": "reservationId", "present": False},
            {"path": "/idTagInfo/status", "equals": "Accepted"},
            {"path": "/idTagInfo/a~1b", "any_of": [None]},
        ],
    }


async def test_a_rule_that_can_not_be_is_refused_before_it_is_sent(charger, api):
    with pytest.raises(ValueError, match="meterStart: a rule can't test at_least; use a plain value, any_of"):
        charger.when_sending("StartTransaction").where(meterStart=at_least(1))
    with pytest.raises(ValueError, match="nothing is said of what becomes of the message"):
        charger.reply_to("Reset").once()
    with pytest.raises(ValueError, match="delay_s"):
        charger.reply_to("Reset").with_(status="Accepted").after(-1).once()
    with pytest.raises(ValueError, match="the charger has acted before it answers"):
        charger.when_answering("Reset").edit(status="Rejected").follow("altered").once()
    assert api == []


async def test_a_script_that_was_never_added_is_known(charger, said):
    charger.reply_to("Reset").with_(status="Rejected")
    await said(charger.reply_to("Unlock").with_(status="Unlocked").always())
    assert [script.added for script in charger.begun] == [False, True]
