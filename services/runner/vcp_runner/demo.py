"""`vcp demo`: a whole charging session, told on the wire, with nothing else running. Knows no service's insides."""

import asyncio
from collections import Counter
from collections.abc import Callable

from vcp_backend.server import Backend, serve_backend

from vcp_runner.client import ControlClient, Json, Problem
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
    ):
        await client.configure(IDENTITY, {"url": backend.url, "protocols": ["ocpp1.6"], "settings": SETTINGS})
        async with Watch(client, IDENTITY, screen.event) as watch:
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
    screen.step(f"{IDENTITY} goes online: it boots")
    await client.command(IDENTITY, "set-ev", EV)
    await client.command(IDENTITY, "go-online")
    await watch.seen(is_event("registered", verdict="accepted"), "an accepted boot")
    await watch.seen(answered("StatusNotification"), "the first status")

    screen.step("a cable is plugged in")
    mark = len(watch.events)
    await client.command(IDENTITY, "plug-in", {"evse": 1})
    await watch.seen(answered("StatusNotification"), "the status after plugging in", after=mark)

    screen.step("a card is presented: the session starts and energy flows")
    mark = len(watch.events)
    await client.command(IDENTITY, "present-token", {"token": "CARD1", "evse": 1})
    await watch.seen(answered("StartTransaction"), "the start of the transaction")
    for _ in range(READINGS):
        reading = await watch.seen(answered("MeterValues"), "a meter reading", after=mark)
        mark = watch.events.index(reading) + 1

    screen.step("the backend stops the session")
    mark = len(watch.events)
    await stop_from_backend(backend)
    await watch.seen(answered("StopTransaction"), "the end of the transaction", after=mark)

    screen.step("the cable is unplugged")
    mark = len(watch.events)
    await client.command(IDENTITY, "unplug", {"evse": 1})
    await watch.seen(answered("StatusNotification"), "the status after unplugging", after=mark)


def answered(action: str) -> Callable[[Json], bool]:
    """Matches the backend's answer to an action of the charge point."""
    return is_frame("received", "result", action)


async def stop_from_backend(backend: Backend) -> None:
    """The backend's part of the story: it stops the transaction that it last heard of."""
    transaction = backend.calls(IDENTITY, "MeterValues")[-1].payload["transactionId"]
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
