"""What a test may expect of the wire: in order, in any order, not at all; and how a failure reads."""

import pytest
from testkit.played_wire import PlayedWire
from vcp_testkit import Unmet, absent, any_of, at_least, containing, matches, message, other_than, present

BOOT = '→ [2,"b1","BootNotification",{"chargePointVendor":"VCP","chargePointModel":"Virtual"}]'
BOOTED = '← [3,"b1",{"status":"Accepted","interval":300,"currentTime":"2026-03-01T12:00:00Z"}]'
BEAT = '→ [2,"h1","Heartbeat",{}]'
START = '→ [2,"s1","StartTransaction",{"connectorId":1,"idTag":"04A1","meterStart":0,"timestamp":"2026-03-01T12:00:00Z"}]'
STARTED = '← [3,"s1",{"transactionId":7,"idTagInfo":{"status":"Accepted"}}]'
REFUSED = '← [3,"s1",{"transactionId":7,"idTagInfo":{"status":"Blocked"}}]'
BROKEN = '← [4,"s1","InternalError","no such table",{}]'
REMOTE = '← [2,"1","RemoteStartTransaction",{"idTag":"04A1","connectorId":1}]'
TOOK = '→ [3,"1",{"status":"Accepted"}]'


async def test_each_expectation_begins_after_the_last_one(client, said):
    charger = client(PlayedWire(BOOT, BOOTED, BEAT, START, STARTED)).charge_point("CP001")
    boot = await said(charger.expect("BootNotification", chargePointVendor="VCP"))
    start = await said(charger.expect("StartTransaction", idTag="04A1", connectorId=1))
    assert boot.payload["chargePointModel"] == "Virtual"
    assert start.payload["meterStart"] == 0
    assert (await said(start.answer)).payload["transactionId"] == 7
    with pytest.raises(Unmet):  # it lies before the last one
        await said(charger.expect("Heartbeat", within=0))


async def test_what_has_not_come_is_waited_for(client, said):
    api = PlayedWire(BOOT, later=(BOOTED, START, STARTED))
    charger = client(api).charge_point("CP001")
    start = await said(charger.expect("StartTransaction"))
    assert start.message_id == "s1"
    assert (await said(start.answer)).payload["idTagInfo"] == {"status": "Accepted"}
    assert api.waited == 3


async def test_a_call_of_the_backend_is_expected_by_its_name_too(client, said):
    charger = client(PlayedWire(BOOT, BOOTED, REMOTE, TOOK)).charge_point("CP001")
    remote = await said(charger.expect("RemoteStartTransaction", answered={"status": "Accepted"}))
    assert repr(remote) == "<received RemoteStartTransaction {'idTag': '04A1', 'connectorId': 1}>"
    with pytest.raises(Unmet):
        await said(charger.expect("RemoteStartTransaction", direction="sent", within=0))


async def test_fields_may_be_wished_for_in_many_ways(client, said):
    charger = client(PlayedWire(START, STARTED)).charge_point("CP001")
    await said(
        charger.expect(
            "StartTransaction",
            {"timestamp": matches(r"^2026-")},
            idTag=any_of("04A1", "04A2"),
            meterStart=at_least(0),
            connectorId=other_than(2),
            reservationId=absent,
            answered={"idTagInfo": {"status": present, "parentIdTag": absent}},
        )
    )
    sampled = '→ [2,"m1","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"t","sampledValue":[{"value":"7.5"}]}]}]'
    charger = client(PlayedWire(sampled)).charge_point("CP001")
    await said(
        charger.expect(
            "MeterValues", meterValue=containing({"sampledValue": containing({"value": at_least(7)})})
        )
    )


async def test_messages_in_any_order(client, said):
    beat = '→ [2,"h2","Heartbeat",{}]'
    charger = client(PlayedWire(BEAT, BOOT, BOOTED, later=(START, beat))).charge_point("CP001")
    start, boot = await said(
        charger.expect_in_any_order(message("StartTransaction", idTag="04A1"), "BootNotification")
    )
    assert (start.message_id, boot.message_id) == ("s1", "b1")
    assert (await said(charger.expect("Heartbeat"))).message_id == "h2"


async def test_what_must_not_come(client, said):
    charger = client(PlayedWire(BOOT, BOOTED)).charge_point("CP001")
    await said(charger.expect_none("StartTransaction", within=0))
    charger = client(PlayedWire(BOOT, BOOTED, later=(START,))).charge_point("CP001")
    await said(charger.expect_none("StartTransaction", idTag="other", within=0.01))
    with pytest.raises(
        Unmet, match=r'not expected, and it came: sent StartTransaction with {"idTag":"04A1"}'
    ):
        await said(charger.expect_none("StartTransaction", idTag="04A1", within=0.01))


async def test_a_failure_shows_the_difference_and_the_wire(client, said):
    charger = client(PlayedWire(BOOT, BOOTED, START, STARTED)).charge_point("CP001")
    with pytest.raises(Unmet) as failure:
        await said(charger.expect("StartTransaction", idTag="CARD1", connectorId=1, within=0))
    assert str(failure.value) == WRONG_TOKEN


WRONG_TOKEN = """\
did not come within 0 s: sent StartTransaction with {"idTag":"CARD1","connectorId":1}
nearest: 12:00:00.000 → s1      StartTransaction               {"connectorId":1,"idTag":"04A1","meterStart":0,"timestamp":"2026-03-01T12:00:00Z"}
     field        expected  arrived
  ✗  idTag        "CARD1"   "04A1"
  ✓  connectorId  1         1
the wire of CP001 (→ sent by the charge point, ← received):
  12:00:00.000 → b1      BootNotification               {"chargePointVendor":"VCP","chargePointModel":"Virtual"}
  12:00:00.000 ← b1      BootNotification answer        {"status":"Accepted","interval":300,"currentTime":"2026-03-01T12:00:00Z"}
▶ 12:00:00.000 → s1      StartTransaction               {"connectorId":1,"idTag":"04A1","meterStart":0,"timestamp":"2026-03-01T12:00:00Z"}
  12:00:00.000 ← s1      StartTransaction answer        {"transactionId":7,"idTagInfo":{"status":"Accepted"}}"""


async def test_an_answer_that_is_not_as_expected_is_told_at_once(client, said):
    api = PlayedWire(START, REFUSED)
    charger = client(api).charge_point("CP001")
    wish = {"idTagInfo": {"status": "Accepted"}}
    with pytest.raises(
        Unmet, match="the answer is not as expected: sent StartTransaction, answered"
    ) as failure:
        await said(charger.expect("StartTransaction", answered=wish, within=60))
    assert '"Accepted"' in str(failure.value)
    assert '"Blocked"' in str(failure.value)
    charger = client(PlayedWire(START, BROKEN)).charge_point("CP001")
    await said(charger.expect("StartTransaction", error="InternalError"))


async def test_a_call_that_is_never_answered(client, said):
    charger = client(PlayedWire(START, later=())).charge_point("CP001")
    start = await said(charger.expect("StartTransaction"))
    charger.wire.patience_s = 0.0
    with pytest.raises(Unmet, match="StartTransaction was not answered within"):
        await said(start.answer)


async def test_a_wish_that_is_none_is_refused(client, said):
    charger = client(PlayedWire(START)).charge_point("CP001")
    with pytest.raises(ValueError, match="matches"):
        await said(charger.expect("StartTransaction", idTag=matches("(")))
