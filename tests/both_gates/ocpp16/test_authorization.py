"""Authorize and ClearCache of OCPP 1.6 through both gates.

| action | valid | broken | refused |
| --- | --- | --- | --- |
| Authorize | asked, taken in, cached | an unknown verdict: the offline rules decide | Blocked, Expired, Invalid, ConcurrentTx |
| ClearCache | the next card is asked about | a payload with fields | no cache |
"""

import pytest
from both_gates.wired import Wired, broken
from vcp_contracts import commands as c

ACTIONS = ("Authorize", "ClearCache")

CARD = '[2,"#","Authorize",{"idTag":"CARD1"}]'


def quiet(**settings: str) -> Wired:
    wired = Wired(settings=settings)
    wired.heard()
    return wired


def info(status: str, **more: str):
    return lambda _: {"idTagInfo": {"status": status} | more}


@pytest.mark.shows("valid", "Authorize")
def test_a_card_is_asked_about_and_the_answer_cached():
    wired = quiet(LocalPreAuthorize="true")
    wired.do(c.PresentToken, token="CARD1")
    assert wired.called() == [
        'Authorize {"idTag":"CARD1"}',
        'StatusNotification {"connectorId":1,"errorCode":"NoError","status":"Preparing"}',
    ]
    wired.do(c.PresentToken, token="card1")
    wired.do(c.PresentToken, token="card1")
    assert [call.split()[0] for call in wired.called()] == ["StatusNotification", "StatusNotification"]


@pytest.mark.shows("refused", "Authorize")
@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "ConcurrentTx"])
def test_a_card_that_the_backend_refuses_starts_nothing(status: str):
    wired = quiet()
    wired.answers["Authorize"] = info(status)
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="CARD1")
    assert wired.called() == [
        'StatusNotification {"connectorId":1,"errorCode":"NoError","status":"Preparing"}',
        'Authorize {"idTag":"CARD1"}',
    ]
    assert wired.cp.facts.evses[0].transaction is None


@pytest.mark.shows("broken", "Authorize")
@pytest.mark.parametrize(
    ("answer", "violation"),
    [
        ("{}", "Authorize: idTagInfo: required"),
        (
            '{"idTagInfo":{"status":"Fine"}}',
            "Authorize: idTagInfo.status: enum Accepted, Blocked, Expired, Invalid, ConcurrentTx",
        ),
        (
            '{"idTagInfo":{"status":"Accepted","expiryDate":"never"}}',
            "Authorize: idTagInfo.expiryDate: not a date and time: 'never'",
        ),
        (
            '{"idTagInfo":{"status":"Accepted","parentIdTag":"a group of more than 20"}}',
            "Authorize: idTagInfo.parentIdTag: maxLength 20",
        ),
    ],
)
@pytest.mark.parametrize("unknown", ["true", "false"])
def test_a_verdict_that_can_t_be_read_leaves_it_to_the_offline_rules(
    answer: str, violation: str, unknown: str
):
    wired = quiet(AllowOfflineTxForUnknownId=unknown)
    wired.answers["Authorize"] = broken(answer)
    wired.do(c.PresentToken, token="CARD1")
    assert wired.violations() == [violation]
    assert (wired.cp.facts.evses[0].authorization is not None) == (unknown == "true")
    del wired.answers["Authorize"]
    wired.do(c.PresentToken, token="CARD1")
    assert (wired.cp.facts.evses[0].authorization is not None) == (unknown == "false")


@pytest.mark.shows("valid", "ClearCache")
def test_with_the_cache_cleared_the_next_card_is_asked_about():
    wired = quiet(LocalPreAuthorize="true")
    for _ in range(2):
        wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    assert wired.says('[2,"b1","ClearCache",{}]') == ['[3,"b1",{"status":"Accepted"}]']
    wired.do(c.PresentToken, token="CARD1")
    assert wired.heard()[0] == CARD


@pytest.mark.shows("refused", "ClearCache")
def test_without_a_cache_it_is_rejected():
    """1.6 errata 3.23"""
    assert quiet(AuthorizationCacheEnabled="false").says('[2,"b1","ClearCache",{}]') == [
        '[3,"b1",{"status":"Rejected"}]'
    ]


@pytest.mark.shows("broken", "ClearCache")
def test_a_broken_call_is_an_error_and_clears_nothing():
    wired = quiet(LocalPreAuthorize="true")
    for _ in range(2):
        wired.do(c.PresentToken, token="CARD1")
    wired.heard()
    assert wired.says('[2,"b1","ClearCache",{"all":true}]') == [
        '[4,"b1","FormationViolation","all breaks the rule: not a field of this message",{}]'
    ]
    wired.do(c.PresentToken, token="CARD1")
    assert CARD not in wired.heard()
