"""An operator has the backend call a charger."""

import asyncio

from vcp_backend.desk import order


def desk_of(backend) -> str:
    return backend.url.removesuffix("/ocpp")


async def test_a_call_reaches_the_charger_and_its_answer_the_operator(host, dial):
    backend = await host()
    charger = await dial(backend, "CP001")
    await backend.wait_connected("CP001")
    asking = asyncio.create_task(order(desk_of(backend), "CP001", "ClearCache", {}))
    kind, message_id, action, payload = await charger.receive()
    assert (kind, action, payload) == (2, "ClearCache", {})
    await charger.send(3, message_id, {"status": "Accepted"})
    assert await asking == {"result": {"status": "Accepted"}}


async def test_an_error_of_the_charger_reaches_the_operator(host, dial):
    backend = await host()
    charger = await dial(backend, "CP001")
    await backend.wait_connected("CP001")
    asking = asyncio.create_task(order(desk_of(backend), "CP001", "ReserveNow", {}))
    _, message_id, *_ = await charger.receive()
    await charger.send(4, message_id, "NotSupported", "no reservations here", {})
    assert await asking == {"error": "NotSupported", "description": "no reservations here"}


async def test_a_charger_without_a_link_and_an_order_without_a_charger_are_told_so(host):
    backend = await host()
    assert (await order(desk_of(backend), "CP404", "ClearCache", {}))["error"] == "NotConnected"
    assert backend.identities == set()


async def test_an_operator_may_leave_before_his_order_is_carried_out(host, dial, caplog):
    backend = await host()
    charger = await dial(backend, "CP001")
    await backend.wait_connected("CP001")
    asking = asyncio.create_task(order(desk_of(backend), "CP001", "ClearCache", {}))
    _, message_id, *_ = await charger.receive()
    asking.cancel()
    await asyncio.wait([asking])
    await charger.send(3, message_id, {"status": "Accepted"})
    assert await order(desk_of(backend), "CP404", "ClearCache", {}) != {}
    assert not caplog.records


async def test_wishes_change_what_the_backend_thinks(host, dial):
    backend = await host()
    charger = await dial(backend, "CP001")
    desk = desk_of(backend)
    wish = {"status": "Pending", "interval": 7}
    assert await order(desk, "CP001", "boot_verdict", wish) == {"result": {}}
    boot = {"chargePointVendor": "Acme", "chargePointModel": "One"}
    assert [(await charger.ask(n, "BootNotification", boot))[2]["status"] for n in "12"] == [
        "Pending",
        "Accepted",
    ]
    wish = {"token": "CARD9", "status": "Blocked", "parent": "GROUP"}
    assert await order(desk, "CP001", "token_verdict", wish) == {"result": {}}
    answer = await charger.ask("3", "Authorize", {"idTag": "card9"})
    assert answer[2] == {"idTagInfo": {"status": "Blocked", "parentIdTag": "GROUP"}}


async def test_a_wish_without_what_it_needs_is_told_so(host):
    backend = await host()
    assert (await order(desk_of(backend), "CP001", "token_verdict", {}))["error"] == "BadOrder"
