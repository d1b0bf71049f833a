"""GetLocalListVersion and SendLocalList of OCPP 1.6 through both gates.

| action | valid | broken | refused |
| --- | --- | --- | --- |
| GetLocalListVersion | empty, filled | a field too many | -1: switched off |
| SendLocalList | full, differential | unknown update type | old version, twice the same, switched off |
"""

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

ACTIONS = ("GetLocalListVersion", "SendLocalList")


def quiet(**settings: str) -> Wired:
    wired = Wired(settings={"LocalPreAuthorize": "true"} | settings)
    wired.heard()
    return wired


def send(wired: Wired, version: int, update: str, *entries: str) -> str:
    listed = f',"localAuthorizationList":[{",".join(entries)}]' if entries else ""
    payload = f'{{"listVersion":{version},"updateType":"{update}"{listed}}}'
    [answer] = wired.says(f'[2,"b1","SendLocalList",{payload}]')
    return answer


def entry(token: str, status: str = "Accepted") -> str:
    return f'{{"idTag":"{token}","idTagInfo":{{"status":"{status}"}}}}'


def version(wired: Wired) -> str:
    [answer] = wired.says('[2,"b9","GetLocalListVersion",{}]')
    return answer


@pytest.mark.shows("valid", "SendLocalList", "GetLocalListVersion")
def test_a_listed_card_charges_unasked_and_a_blocked_one_does_not():
    wired = quiet()
    assert version(wired) == '[3,"b9",{"listVersion":0}]'
    assert (
        send(wired, 7, "Full", entry("CARD1"), entry("CARD2", "Blocked")) == '[3,"b1",{"status":"Accepted"}]'
    )
    assert version(wired) == '[3,"b9",{"listVersion":7}]'
    wired.do(c.PlugIn)
    wired.heard()
    wired.do(c.PresentToken, token="card1")
    assert [call.split()[0] for call in wired.called()] == ["StatusNotification", "StartTransaction"]


@pytest.mark.shows("valid", "SendLocalList")
def test_a_differential_update_adds_changes_and_deletes():
    wired = quiet()
    send(wired, 1, "Full", entry("CARD1"), entry("CARD2"))
    update = [entry("CARD1", "Blocked"), '{"idTag":"CARD2"}', entry("CARD3")]
    assert send(wired, 2, "Differential", *update) == '[3,"b1",{"status":"Accepted"}]'
    kept = {e.token.value: e.info.status for e in wired.cp.token_list.entries.values()}
    assert kept == {"CARD1": "blocked", "CARD3": "accepted"}
    assert send(wired, 3, "Full") == '[3,"b1",{"status":"Accepted"}]'
    assert version(wired) == '[3,"b9",{"listVersion":0}]'


@pytest.mark.shows("refused", "SendLocalList")
@pytest.mark.parametrize(
    ("number", "update", "entries", "status"),
    [
        (1, "Differential", [entry("CARD2")], "VersionMismatch"),
        (0, "Full", [entry("CARD2")], "Failed"),
        (-1, "Full", [entry("CARD2")], "Failed"),
        (2, "Full", [entry("CARD2"), entry("card2")], "Failed"),
        (2, "Full", ['{"idTag":"CARD2"}'], "Failed"),
        (2, "Full", [entry(f"CARD{n}") for n in range(101)], "Failed"),
    ],
)
def test_an_update_that_can_t_be_taken_changes_nothing(
    number: int, update: str, entries: list[str], status: str
):
    wired = quiet()
    send(wired, 1, "Full", entry("CARD1"))
    assert send(wired, number, update, *entries) == f'[3,"b1",{{"status":"{status}"}}]'
    assert next(iter(wired.cp.token_list.entries.values())).token.value == "CARD1"
    assert version(wired) == '[3,"b9",{"listVersion":1}]'


@pytest.mark.shows("refused", "SendLocalList", "GetLocalListVersion")
def test_without_a_list_nothing_is_taken():
    wired = quiet(LocalAuthListEnabled="false")
    assert send(wired, 1, "Full", entry("CARD1")) == '[3,"b1",{"status":"NotSupported"}]'
    assert version(wired) == '[3,"b9",{"listVersion":-1}]'


BROKEN = {
    "GetLocalListVersion": (
        '{"all":true}',
        "FormationViolation",
        "all breaks the rule: not a field of this message",
    ),
    "SendLocalList": (
        '{"listVersion":2,"updateType":"Partial"}',
        "PropertyConstraintViolation",
        "updateType breaks the rule: enum Differential, Full",
    ),
}


@pytest.mark.shows("broken", *BROKEN)
@pytest.mark.parametrize("action", BROKEN)
def test_a_broken_call_is_an_error_and_changes_nothing(action: str):
    payload, code, text = BROKEN[action]
    wired = quiet()
    before = wired.cp.facts
    assert wired.says(f'[2,"b1","{action}",{payload}]') == [f'[4,"b1","{code}","{text}",{{}}]']
    assert wired.cp.facts == before
    assert wired.cp.token_list.entries == {}


def test_an_entry_whose_date_is_none_spoils_the_whole_update():
    wired = quiet()
    spoilt = '{"idTag":"CARD2","idTagInfo":{"status":"Accepted","expiryDate":"never"}}'
    assert send(wired, 1, "Full", entry("CARD1"), spoilt).startswith(
        '[4,"b1","PropertyConstraintViolation","'
    )
    assert wired.cp.token_list.entries == {}
