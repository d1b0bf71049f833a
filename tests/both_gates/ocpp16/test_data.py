"""DataTransfer of OCPP 1.6, both ways, through both gates.

| action | valid | broken | refused |
| --- | --- | --- | --- |
| DataTransfer | said, heard, answered as a user sets it | either way | unknown vendor, unknown message |
"""

import pytest
from both_gates.wired import Wired, broken
from vcp_contracts import commands as c

ACTIONS = ("DataTransfer",)


def quiet() -> Wired:
    wired = Wired()
    wired.heard()
    return wired


@pytest.mark.shows("valid", "DataTransfer")
def test_the_charger_passes_data_and_the_answer_is_the_command_s_result():
    wired = quiet()
    wired.answers["DataTransfer"] = lambda _: {"status": "Accepted", "data": "42"}
    result = wired.do(c.SendData, vendor="com.acme", message="m", content={"a": 1})
    assert wired.heard() == [
        '[2,"#","DataTransfer",{"vendorId":"com.acme","messageId":"m","data":"{\\"a\\":1}"}]'
    ]
    assert result is not None
    assert result.detail["status"] == "accepted"
    assert result.detail["content"] == "42"


@pytest.mark.shows("valid", "DataTransfer")
@pytest.mark.shows("refused", "DataTransfer")
def test_the_backend_s_data_are_answered_as_a_user_has_set_it():
    wired = quiet()
    unknown = wired.says('[2,"b1","DataTransfer",{"vendorId":"com.acme","messageId":"m"}]')
    assert unknown == ['[3,"b1",{"status":"UnknownVendorId"}]']
    answer = c.AnswerToData(vendor="com.acme", message="m", status="accepted", content="yes")
    wired.do(c.SetBehaviour, data_answers=(answer,))
    assert wired.says('[2,"b2","DataTransfer",{"vendorId":"com.acme","messageId":"m"}]') == [
        '[3,"b2",{"status":"Accepted","data":"yes"}]'
    ]
    assert wired.says('[2,"b3","DataTransfer",{"vendorId":"com.acme","messageId":"other"}]') == [
        '[3,"b3",{"status":"UnknownMessageId"}]'
    ]


@pytest.mark.shows("broken", "DataTransfer")
def test_a_broken_answer_is_the_command_s_result():
    wired = quiet()
    wired.answers["DataTransfer"] = broken('{"status":"Fine"}')
    result = wired.do(c.SendData, vendor="com.acme")
    assert wired.violations() == [
        "DataTransfer: status: enum Accepted, Rejected, UnknownMessageId, UnknownVendorId"
    ]
    assert result is not None
    assert result.detail["outcome"] == "misanswered"


@pytest.mark.shows("broken", "DataTransfer")
@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ("{}", '"ProtocolError","vendorId breaks the rule: required"'),
        ('{"vendorId":"v","data":{}}', '"TypeConstraintViolation","data breaks the rule: type string"'),
    ],
)
def test_a_broken_call_is_an_error(payload: str, error: str):
    assert quiet().says(f'[2,"b1","DataTransfer",{payload}]') == [f'[4,"b1",{error},{{}}]']
