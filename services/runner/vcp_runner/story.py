"""A charging session as it is told by the demo: each touch, and what is waited for on the wire. Starts nothing."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from vcp_testkit.asking import Json
from vcp_testkit.client import AsyncClient

from vcp_runner.leaving import Ending
from vcp_runner.watch import Watch, is_event, is_frame

EV = {"evse": 1, "power_w": 11_000, "soc_percent": 40, "battery_wh": 60_000}
SETTINGS = {
    "SampledDataCtrlr.TxUpdatedInterval": "1",
    "SampledDataCtrlr.TxUpdatedMeasurands": "Energy.Active.Import.Register,Power.Active.Import",
}

Order = Callable[[str, Json], Awaitable[Json]]
"""Has the backend call the charge point: an action and its payload → `result`, or `error` and `description`."""


class WentWrong(Ending):
    """The backend's part of the story did not go as it should."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """How one version of OCPP words the story. What is matched are calls of the charge point."""

    name: str
    identity: str
    protocol: str
    started: Callable[[Json], bool]
    transaction: Callable[[Any, Any], object]
    """Reads the transaction's name from the call that starts it and its answer."""
    reading: Callable[[Json], bool]
    readings: int
    ended: Callable[[Json], bool]
    stop: str
    """The action by which the backend stops a session."""


def says(action: str, part: str = "") -> Callable[[Json], bool]:
    """Matches a call of the charge point that has `part` in it."""
    sent = is_frame("sent", "call", action)
    return lambda frame: sent(frame) and part in frame["text"]


VERSIONS = (
    Version(
        name="1.6",
        identity="CP001",
        protocol="ocpp1.6",
        started=says("StartTransaction"),
        transaction=lambda call, answer: answer[2]["transactionId"],
        reading=says("MeterValues"),
        readings=3,
        ended=says("StopTransaction"),
        stop="RemoteStopTransaction",
    ),
    Version(
        name="2.0.1",
        identity="CP002",
        protocol="ocpp2.0.1",
        started=says("TransactionEvent", '"eventType":"Started"'),
        transaction=lambda call, answer: call[3]["transactionInfo"]["transactionId"],
        reading=says("TransactionEvent", '"triggerReason":"MeterValuePeriodic"'),
        readings=1,
        ended=says("TransactionEvent", '"eventType":"Ended"'),
        stop="RequestStopTransaction",
    ),
)


def configuration(version: Version, backend_url: str) -> Json:
    """The charge point that the story is about."""
    return {"url": backend_url, "protocols": [version.protocol], "settings": SETTINGS}


async def tell(
    version: Version, client: AsyncClient, order: Order, watch: Watch, step: Callable[[str], None]
) -> None:
    """Boot, cable, card, charging, stopped by the backend, network lost, cable out, network back.

    Raises NotSeen, Problem, Unreachable or WentWrong where it breaks off.
    """

    async def touch(verb: str, **fields: Any) -> int:
        mark = len(watch.events)
        await client.command(version.identity, verb, fields)
        return mark

    async def told(wanted: Callable[[Json], bool], what: str, *, after: int = 0) -> tuple[Json, Json]:
        call = await watch.seen(wanted, what, after=after)
        answer = await watch.seen(is_answer_to(call), f"an answer to {what}", after=after)
        return call, answer

    status = says("StatusNotification", '"connectorId":1')

    step(f"{version.identity} goes online with OCPP {version.name}: it boots")
    await touch("set-ev", **EV)
    await touch("go-online")
    await watch.seen(is_event("registered", verdict="accepted"), "an accepted boot")
    await told(status, "the first status")

    step("a cable is plugged in")
    mark = await touch("plug-in", evse=1)
    await told(status, "the status after plugging in", after=mark)

    step("a card is presented: the session starts and energy flows")
    mark = await touch("present-token", token="04A1B2C3", evse=1)
    start = await told(version.started, "the start of the transaction", after=mark)
    for _ in range(version.readings):
        _, answer = await told(version.reading, "a meter reading", after=mark)
        mark = watch.events.index(answer) + 1

    step("the backend stops the session")
    mark = len(watch.events)
    transaction = version.transaction(*(json.loads(frame["text"]) for frame in start))
    answer = await order(version.stop, {"transactionId": transaction})
    if answer.get("result") != {"status": "Accepted"}:
        raise WentWrong(f"the backend's {version.stop} was answered with {answer}")
    await told(version.ended, "the end of the transaction", after=mark)

    step("the network is lost; meanwhile the cable is pulled out")
    mark = await touch("go-offline", how="reset")
    await watch.seen(is_event("link_changed", state="down"), "the loss of the link", after=mark)
    await touch("unplug", evse=1)

    step("the network is back: the backend hears what it missed")
    mark = await touch("go-online")
    await told(status, "the status after coming back", after=mark)


def is_answer_to(call: Json) -> Callable[[Json], bool]:
    """Matches the backend's answer to a call."""
    return lambda event: (
        event.get("type") == "frame_received"
        and event.get("kind") in ("result", "error")
        and event.get("message_id") == call["message_id"]
    )
