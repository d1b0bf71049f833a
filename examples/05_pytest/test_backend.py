"""A backend's tests with chargers that are not there: `pytest examples/05_pytest`. With Docker: `--vcp container`."""

import httpx
import pytest
from vcp_testkit import AsyncChargePoint, ChargePoint, present

HEARTBEAT_S = 300


def test_a_charger_boots(charger: ChargePoint) -> None:
    charger.expect("BootNotification", answered={"status": "Accepted", "interval": HEARTBEAT_S})
    charger.expect("StatusNotification", connectorId=1, status="Available")


def test_a_session_by_card(charger: ChargePoint) -> None:
    charger.plug_in()
    charger.present_token("04A1B2C3")
    charger.expect("Authorize", idTag="04A1B2C3", answered={"idTagInfo": {"status": "Accepted"}})
    start = charger.expect("StartTransaction", idTag="04A1B2C3", answered={"transactionId": present})
    charger.press_stop()
    charger.expect("StopTransaction", transactionId=start.answer.payload["transactionId"], reason="Local")


def test_a_strange_card_starts_nothing(charger: ChargePoint) -> None:
    charger.plug_in()
    charger.present_token("STOLEN")
    charger.expect("Authorize", answered={"idTagInfo": {"status": "Invalid"}})
    charger.expect_none("StartTransaction")


def test_an_operator_starts_a_session(charger: ChargePoint, backend: str) -> None:
    charger.plug_in()
    charger.expect("StatusNotification", status="Preparing")
    started = httpx.post(
        f"{backend}/stations/{charger.id}/start", params={"token": "04A1B2C3"}, trust_env=False
    )
    assert started.json() == {"status": "started"}
    charger.expect_in_any_order("RemoteStartTransaction", "StartTransaction")


@pytest.mark.charger(protocols=["ocpp1.6"], model="Wall 1", online=False)
async def test_the_network_is_gone_while_a_car_charges(async_charger: AsyncChargePoint) -> None:
    await async_charger.go_online()
    await async_charger.booted()
    await async_charger.plug_in()
    await async_charger.present_token("04A1B2C3")
    await async_charger.expect("StartTransaction", answered={"transactionId": present})
    await async_charger.go_offline("reset")
    await async_charger.press_stop()
    await async_charger.go_online()
    await async_charger.expect("StopTransaction", reason="Local", within=15)
