"""ReserveNow and CancelReservation of OCPP 1.6 through both gates.

| action | valid | broken | refused |
| --- | --- | --- | --- |
| ReserveNow | kept, used, expired | no expiry | occupied, faulted, unavailable, past, unknown connector |
| CancelReservation | free again | id is a text | unknown |
"""

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c

ACTIONS = ("ReserveNow", "CancelReservation")

LATER = "2026-06-01T12:10:00Z"


def quiet(**configuration) -> Wired:
    wired = Wired(**configuration)
    wired.heard()
    return wired


def reserve(wired: Wired, connector: int = 1, token: str = "CARD1", number: int = 4, until: str = LATER):
    fields = f'"connectorId":{connector},"expiryDate":"{until}","idTag":"{token}","reservationId":{number}'
    return wired.says(f'[2,"b1","ReserveNow",{{{fields}}}]')


def answered(status: str) -> str:
    return f'[3,"b1",{{"status":"{status}"}}]'


def status(word: str, time: str = "12:00:00") -> str:
    return (
        f'[2,"#","StatusNotification",{{"connectorId":1,"errorCode":"NoError","status":"{word}",'
        f'"timestamp":"2026-06-01T{time}Z"}}]'
    )


@pytest.mark.shows("valid", "ReserveNow")
def test_a_reserved_connector_serves_its_card_alone_and_the_number_is_told():
    wired = quiet()
    assert reserve(wired) == [answered("Accepted"), status("Reserved")]
    wired.answers["Authorize"] = lambda _: {"idTagInfo": {"status": "Accepted"}}
    wired.do(c.PresentToken, token="OTHER")
    assert wired.statuses() == ["Available", "Reserved"]
    wired.do(c.PresentToken, token="CARD1")
    wired.do(c.PlugIn)
    assert wired.last("StartTransaction")["reservationId"] == 4
    assert wired.cp.facts.reservations == []


@pytest.mark.shows("valid", "ReserveNow")
def test_a_reservation_ends_with_its_time():
    wired = quiet()
    reserve(wired)
    wired.wait(600)
    assert wired.heard() == [status("Available", "12:10:00")]


@pytest.mark.shows("valid", "CancelReservation")
def test_a_cancelled_reservation_frees_the_connector():
    wired = quiet()
    reserve(wired)
    assert wired.says('[2,"b1","CancelReservation",{"reservationId":4}]') == [
        answered("Accepted"),
        status("Available"),
    ]


@pytest.mark.shows("refused", "CancelReservation")
def test_an_unknown_reservation_can_t_be_cancelled():
    assert quiet().says('[2,"b1","CancelReservation",{"reservationId":4}]') == [answered("Rejected")]


@pytest.mark.shows("refused", "ReserveNow")
def test_what_can_t_be_kept_free_is_refused_with_the_reason():
    """1.6 §5.13"""
    wired = quiet(evses=({}, {}, {}, {}))
    wired.do(c.PlugIn, evse=1)
    wired.do(c.RaiseFault, evse=2, kind="ground_failure")
    wired.says('[2,"b0","ChangeAvailability",{"connectorId":3,"type":"Inoperative"}]')
    wired.heard()
    assert reserve(wired, 1) == [answered("Occupied")]
    assert reserve(wired, 2) == [answered("Faulted")]
    assert reserve(wired, 3) == [answered("Unavailable")]
    assert reserve(wired, 5) == [answered("Rejected")]
    assert reserve(wired, 4, until="2026-06-01T11:59:59Z") == [answered("Rejected")]
    assert reserve(wired, 4)[0] == answered("Accepted")
    assert reserve(wired, 4, token="OTHER", number=5) == [answered("Occupied")]
    assert reserve(wired, 0, token="OTHER", number=5) == [answered("Occupied")]
    # the same number replaces it
    assert reserve(wired, 4, token="OTHER", number=4)[0] == answered("Accepted")


BROKEN = {
    "ReserveNow": (
        '{"connectorId":1,"idTag":"CARD1","reservationId":4}',
        "ProtocolError",
        "expiryDate breaks the rule: required",
    ),
    "CancelReservation": (
        '{"reservationId":"4"}',
        "TypeConstraintViolation",
        "reservationId breaks the rule: type integer",
    ),
}


@pytest.mark.shows("broken", *BROKEN)
@pytest.mark.parametrize("action", BROKEN)
def test_a_broken_call_is_an_error_and_changes_nothing(action: str):
    payload, code, text = BROKEN[action]
    wired = quiet()
    reserve(wired, number=3)
    before = wired.cp.facts
    assert wired.says(f'[2,"b1","{action}",{payload}]') == [f'[4,"b1","{code}","{text}",{{}}]']
    assert wired.cp.facts == before
