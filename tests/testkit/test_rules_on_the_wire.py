"""Scripts of the test kit against the whole product and a backend: what a rule does is seen on both sides."""

import asyncio

import pytest
import pytest_asyncio
from vcp_backend import Backend, CallFailed, serve_backend
from vcp_testkit import AsyncChargePoint, NotSo, Unmet

pytestmark = pytest.mark.timeout(90)


@pytest_asyncio.fixture
async def backend():
    async with serve_backend() as backend:
        yield backend


@pytest_asyncio.fixture
async def backend_url(backend: Backend) -> str:
    return backend.url


@pytest_asyncio.fixture
async def charger(async_charger: AsyncChargePoint) -> AsyncChargePoint:
    await async_charger.booted()
    return async_charger


async def test_a_reply_is_scripted_and_then_the_charger_is_itself_again(charger, backend):
    remote = {"idTag": "04A1", "connectorId": 1}
    await charger.reply_to("RemoteStartTransaction").with_(status="Rejected").error("InternalError").once()
    assert await backend.call(charger.id, "RemoteStartTransaction", remote) == {"status": "Rejected"}
    with pytest.raises(CallFailed, match="InternalError"):
        await backend.call(charger.id, "RemoteStartTransaction", remote)
    assert (await charger.view())["evses"][0]["transaction"] is None
    assert await backend.call(charger.id, "RemoteStartTransaction", remote) == {"status": "Accepted"}
    assert await charger.rules() == []
    refused = await charger.expect("RemoteStartTransaction", answered={"status": "Rejected"})
    assert (await refused.answer).altered is not None
    await charger.expect("RemoteStartTransaction", error="InternalError")
    await charger.expect("RemoteStartTransaction", answered={"status": "Accepted"})


async def test_a_call_that_is_never_answered(charger, backend):
    await charger.reply_to("GetConfiguration").never().always()
    with pytest.raises(TimeoutError):
        await backend.call(charger.id, "GetConfiguration", {}, timeout=0.3)
    asked = await charger.expect("GetConfiguration")
    charger.wire.patience_s = 0.1
    with pytest.raises(Unmet, match="GetConfiguration was not answered"):
        await asked.answer


async def test_what_the_charger_sends_is_edited(charger, backend):
    await charger.when_sending("StartTransaction").edit(meterStart=77).once()
    await charger.plug_in()
    await charger.present_token("04A1")
    start = await backend.wait_for(charger.id, "StartTransaction")
    assert start.payload["meterStart"] == 77
    await charger.expect("StartTransaction", meterStart=77)


async def test_a_message_is_held_until_it_is_released(charger, backend):
    await charger.when_sending("Heartbeat").hold().once()
    asking = asyncio.create_task(charger.ask("beat"))
    held = await charger.held()
    assert held["action"] == "Heartbeat"
    assert backend.calls(charger.id, "Heartbeat") == []
    await charger.release_frame(held["frame"])
    await asking
    assert len(backend.calls(charger.id, "Heartbeat")) == 1
    with pytest.raises(NotSo):
        await charger.held(within=0)


async def test_a_raw_call_is_sent_and_answered(charger, backend):
    told = await charger.send_raw("DataTransfer", {"vendorId": "com.example"})
    assert told["status"] == "done"
    assert "payload" in str(told["detail"])
    await charger.expect("DataTransfer", direction="sent", vendorId="com.example")


async def test_an_answer_of_the_backend_is_altered_before_the_charger_has_it(charger, backend):
    await charger.when_answered("Authorize").edit(idTagInfo={"status": "Blocked"}).once()
    await charger.plug_in()
    await charger.present_token("04A1")
    await charger.expect("Authorize", idTag="04A1")
    await charger.expect_none("StartTransaction")


@pytest.mark.charger(protocols=["ocpp2.0.1"])
async def test_the_words_of_the_contracts_name_messages_of_all_versions(charger, backend):
    await charger.reply_to("start_charging").with_(status="Rejected").once()
    request = {"idToken": {"idToken": "04A1", "type": "ISO14443"}, "remoteStartId": 1, "evseId": 1}
    assert await backend.call(charger.id, "RequestStartTransaction", request) == {"status": "Rejected"}
    await charger.expect("boot", answered={"status": "Accepted"})
    asked = await charger.expect("start_charging", remoteStartId=1)
    assert asked.action == "RequestStartTransaction"
    [found] = (await charger.messages(word="boot", kind="call"))["items"]
    assert found["action"] == "BootNotification"
