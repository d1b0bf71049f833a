"""Who may charge, and who is asked, in the order of 1.6 §3.5 and §4.1, on real frames."""

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c


def wired_with(**settings: str) -> Wired:
    wired = Wired(settings=settings)
    wired.do(c.PlugIn)
    wired.heard()
    return wired


def listed(wired: Wired, status: str = "Accepted", more: str = "") -> None:
    entry = f'{{"idTag":"CARD1","idTagInfo":{{"status":"{status}"{more}}}}}'
    wired.says(
        f'[2,"b0","SendLocalList",{{"listVersion":1,"updateType":"Full","localAuthorizationList":[{entry}]}}]'
    )


def charges(wired: Wired) -> bool:
    wired.do(c.PresentToken, token="CARD1")
    return wired.cp.facts.evses[0].transaction is not None


def asked(wired: Wired) -> int:
    return sum(text.startswith("Authorize") for text in wired.called())


@pytest.mark.parametrize(("pre", "asks"), [("true", 0), ("false", 1)])
def test_a_listed_card_is_asked_about_unless_local_pre_authorize_says_not_to(pre: str, asks: int):
    wired = wired_with(LocalPreAuthorize=pre)
    listed(wired)
    assert charges(wired)
    assert asked(wired) == asks


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid"])
def test_a_bad_entry_is_asked_about_while_online_and_the_backend_decides(status: str):
    wired = wired_with(LocalPreAuthorize="true")
    listed(wired, status)
    assert charges(wired)
    assert asked(wired) == 1


def test_an_entry_that_has_expired_is_asked_about():
    wired = wired_with(LocalPreAuthorize="true")
    listed(wired, more=',"expiryDate":"2026-06-01T12:00:30Z"')
    wired.wait(31)
    wired.heard()
    assert charges(wired)
    assert asked(wired) == 1


def test_a_cached_refusal_is_asked_about_again():
    wired = wired_with(LocalPreAuthorize="true")
    wired.answers["Authorize"] = lambda _: {"idTagInfo": {"status": "Blocked"}}
    assert not charges(wired)
    wired.answers = {}
    assert charges(wired)
    assert asked(wired) == 2


@pytest.mark.parametrize(
    ("status", "local", "unknown", "charging"),
    [
        ("Accepted", "true", "false", True),
        ("Accepted", "false", "false", False),
        ("Blocked", "true", "true", False),
        ("Expired", "true", "true", False),
        ("Invalid", "false", "true", False),
        (None, "true", "false", False),
        (None, "true", "true", True),
        (None, "false", "true", True),
    ],
)
def test_offline_list_and_settings_decide(status: str | None, local: str, unknown: str, charging: bool):
    wired = wired_with(LocalAuthorizeOffline=local, AllowOfflineTxForUnknownId=unknown)
    if status is not None:
        listed(wired, status)
    wired.lose()
    assert charges(wired) == charging


def test_offline_an_expired_entry_is_refused_even_where_unknown_cards_may_charge():
    wired = wired_with(AllowOfflineTxForUnknownId="true")
    listed(wired, more=',"expiryDate":"2026-06-01T12:00:30Z"')
    wired.lose()
    wired.wait(31)
    assert not charges(wired)


@pytest.mark.parametrize("unknown", ["true", "false"])
def test_without_an_answer_in_time_the_offline_rules_decide(unknown: str):
    wired = wired_with(AllowOfflineTxForUnknownId=unknown, ConnectionTimeOut="0")
    wired.answers["Authorize"] = None
    assert not charges(wired)
    wired.wait(31)
    assert (wired.cp.facts.evses[0].transaction is not None) == (unknown == "true")


def test_the_card_that_started_stops_unasked_and_another_of_its_group_after_asking():
    """1.6 §4.1: the parents must be equal, and both known"""
    wired = wired_with()
    wired.answers["Authorize"] = lambda p: {
        "idTagInfo": {"status": "Accepted", "parentIdTag": p["idTag"][:3]}
    }
    assert charges(wired)
    wired.heard()
    wired.do(c.PresentToken, token="OTHER")
    assert asked(wired) == 1
    assert wired.cp.facts.evses[0].transaction is not None
    wired.do(c.PresentToken, token="CAR2")
    stop = wired.last("StopTransaction")
    assert (stop["idTag"], stop["reason"]) == ("CAR2", "Local")


def test_a_card_of_the_group_that_is_blocked_does_not_stop():
    wired = wired_with()
    wired.answers["Authorize"] = lambda _: {"idTagInfo": {"status": "Accepted", "parentIdTag": "G"}}
    assert charges(wired)
    wired.answers["Authorize"] = lambda _: {"idTagInfo": {"status": "Blocked", "parentIdTag": "G"}}
    wired.do(c.PresentToken, token="CAR2")
    assert wired.cp.facts.evses[0].transaction is not None


def test_every_answer_about_a_card_is_cached():
    """1.6 §3.5.1: of Authorize, StartTransaction and StopTransaction"""
    wired = wired_with(LocalPreAuthorize="true")
    wired.answers["StartTransaction"] = lambda _: {
        "idTagInfo": {"status": "Accepted", "parentIdTag": "G"},
        "transactionId": 5,
    }
    assert charges(wired)
    [kept] = wired.cp.tokens.cache.values()
    assert kept.info.group is not None
    assert kept.info.group.value == "G"
    wired.answers["StopTransaction"] = lambda _: {"idTagInfo": {"status": "Expired"}}
    wired.do(c.PresentToken, token="CARD1")
    [kept] = wired.cp.tokens.cache.values()
    assert kept.info.status == "expired"


def test_what_is_listed_is_not_cached():
    wired = wired_with()
    listed(wired)
    charges(wired)
    assert wired.cp.tokens.cache == {}


def test_a_verdict_against_the_list_is_told_on_connector_0():
    wired = wired_with(LocalPreAuthorize="true")
    listed(wired)
    wired.answers["StartTransaction"] = lambda _: {"idTagInfo": {"status": "Blocked"}, "transactionId": 5}
    charges(wired)
    assert 'StatusNotification {"connectorId":0,"errorCode":"LocalListConflict","status":"Available"}' in (
        wired.called()
    )


def test_a_remote_start_is_asked_about_where_the_setting_says_so():
    wired = wired_with(AuthorizeRemoteTxRequests="true", LocalPreAuthorize="true")
    listed(wired, "Accepted")
    assert wired.says('[2,"b1","RemoteStartTransaction",{"idTag":"CARD1"}]')[0] == (
        '[3,"b1",{"status":"Accepted"}]'
    )
    assert asked(wired) == 0
    assert wired.cp.facts.evses[0].transaction is not None
    other = wired_with(AuthorizeRemoteTxRequests="true")
    other.answers["Authorize"] = lambda _: {"idTagInfo": {"status": "Invalid"}}
    other.says('[2,"b1","RemoteStartTransaction",{"idTag":"CARD2"}]')
    assert other.cp.facts.evses[0].transaction is None


def test_energy_for_a_refused_card_ends_at_its_limit():
    """MaxEnergyOnInvalidId"""
    wired = wired_with(
        StopTransactionOnInvalidId="false", MaxEnergyOnInvalidId="100", MeterValueSampleInterval="0"
    )
    wired.answers["StartTransaction"] = lambda _: {"idTagInfo": {"status": "Invalid"}, "transactionId": 5}
    charges(wired)
    assert wired.cp.facts.evses[0].power_w > 0
    wired.wait(3600)
    assert round(wired.cp.facts.evses[0].register_wh) == 100
    assert wired.statuses() == ["Available", "SuspendedEVSE"]


def test_the_cable_of_a_refused_card_stays_locked_until_the_card_is_shown_again():
    """1.6 errata 3.17"""
    wired = wired_with()
    wired.answers["StartTransaction"] = lambda _: {"idTagInfo": {"status": "Invalid"}, "transactionId": 5}
    charges(wired)
    connector = wired.cp.facts.evses[0].connectors[0]
    assert connector.locked
    wired.do(c.PresentToken, token="CARD1")
    assert not wired.cp.facts.evses[0].connectors[0].locked
