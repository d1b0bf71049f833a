"""`vcp demo`: a whole charging session, told on the wire, with nothing else running. Knows no service's insides."""

import asyncio
from collections import Counter

from vcp_backend.server import Backend, serve_backend

from vcp_runner.client import ControlClient, Problem
from vcp_runner.leaving import Exit
from vcp_runner.ports import preferred_port
from vcp_runner.screen import FRAMES, Screen
from vcp_runner.stack import Plan, running_stack
from vcp_runner.watch import NotSeen, Watch, is_event, is_frame

IDENTITY = "CP001"
BACKEND_PORT = 9000
READINGS = 3
"""How many meter values the backend waits for before it stops the session."""

EV = {"evse": 1, "power_w": 11_000, "soc_percent": 40, "battery_wh": 60_000}
SETTINGS = {
    "MeterValueSampleInterval": "1",
    "MeterValuesSampledData": "Energy.Active.Import.Register,Power.Active.Import,SoC",
}


async def demo(plan: Plan, screen: Screen, *, once: bool) -> int:
    """Tells the story, then stays up until cancelled, unless `once`. 0 if the story went as it should."""
    async with (
        serve_backend(port=preferred_port(BACKEND_PORT)) as backend,
        running_stack(plan, log=screen.log, say=screen.say) as stack,
        stack.client() as client,
        Watch(client, IDENTITY, screen.event) as watch,
    ):
        try:
            await tell(client, backend, watch, screen)
        except (NotSeen, Problem, TimeoutError) as broken:
            screen.say(f"the story broke off: {broken}")
            return Exit.FAILED
        code = verdict(watch, screen)
        if not once:
            screen.result(_goodbye(stack.api_url, backend.url), api=stack.api_url, backend=backend.url)
            await asyncio.Event().wait()
        return code


async def tell(client: ControlClient, backend: Backend, watch: Watch, screen: Screen) -> None:
    """The story: boot, plug in, card, charging, the backend stops it, unplug. Raises NotSeen, Problem, TimeoutError."""
    screen.step(f"{IDENTITY} is set up and goes online: it boots")
    await client.configure(IDENTITY, {"url": backend.url, "protocols": ["ocpp1.6"], "settings": SETTINGS})
    await client.command(IDENTITY, "set-ev", EV)
    await client.command(IDENTITY, "go-online")
    await watch.seen(is_event("registered", verdict="accepted"), "an accepted boot")
    await watch.seen(is_frame("received", "result", "StatusNotification"), "the first status")

    screen.step("a cable is plugged in")
    mark = len(watch.events)
    await client.command(IDENTITY, "plug-in", {"evse": 1})
    await watch.seen(
        is_frame("received", "result", "StatusNotification"), "the status after plugging in", after=mark
    )

    screen.step("a card is presented: the session starts and energy flows")
    await client.command(IDENTITY, "present-token", {"token": "CARD1", "evse": 1})
    await watch.seen(is_frame("received", "result", "StartTransaction"), "the start of the transaction")
    transaction = await metered(backend)

    screen.step("the backend stops the session")
    mark = len(watch.events)
    await stop_from_backend(backend, transaction)
    await watch.seen(
        is_frame("received", "result", "StopTransaction"), "the end of the transaction", after=mark
    )

    screen.step("the cable is unplugged")
    await client.command(IDENTITY, "unplug", {"evse": 1})
    await watch.seen(
        is_event("status_changed", fine="available"), "the connector's being available", after=mark
    )
    await asyncio.wait_for(_quiet(client), timeout=10)


async def metered(backend: Backend) -> object:
    """Waits until the backend has had enough readings of the session; the transaction's number there."""
    number: object = None
    seen = 0
    for _ in range(READINGS):
        call = await backend.wait_for(IDENTITY, "MeterValues", after=seen, timeout=20)
        seen, number = call.seq, call.payload["transactionId"]
    return number


async def stop_from_backend(backend: Backend, transaction: object) -> None:
    """The backend's part of the story."""
    await backend.call(IDENTITY, "RemoteStopTransaction", {"transactionId": transaction})


def verdict(watch: Watch, screen: Screen) -> int:
    """Whether every frame passed both gates; says so."""
    frames = [event for event in watch.events if event.get("type") in FRAMES]
    invalid = [frame for frame in frames if not frame.get("valid")]
    count = Counter(str(frame["type"]) for frame in frames)
    screen.result(
        f"\n{count['frame_sent']} frames sent, {count['frame_received']} received, {len(invalid)} invalid",
        sent=count["frame_sent"],
        received=count["frame_received"],
        invalid=len(invalid),
    )
    return Exit.FAILED if invalid or not frames else Exit.OK


async def _quiet(client: ControlClient) -> None:
    """Waits until the charger has nothing left to send."""
    while True:
        queue = (await client.view(IDENTITY))["queue"]
        if not queue.get("in_flight") and not any(
            queue[lane] for lane in ("boot", "express", "transactions")
        ):
            return
        await asyncio.sleep(0.05)


def _goodbye(api: str, backend: str) -> str:
    post = f"curl -X POST -H 'content-type: application/json' {api}/charge-points"
    return (
        f"\ncontrol API  {api}    backend  {backend}\n"
        f"try:\n"
        f"  curl {api}/charge-points/{IDENTITY}\n"
        f"  {post}/{IDENTITY}/plug-in -d '{{\"evse\": 1}}'\n"
        f'  {post}/{IDENTITY}/present-token -d \'{{"token": "CARD2"}}\'\n'
        f"stop with Ctrl-C"
    )
