"""`vcp demo`: a whole charging session, told on the wire, with nothing else running. Knows no service's insides."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from vcp_testkit.asking import Json
from vcp_testkit.client import AsyncClient
from vcp_testkit.problems import Problem, Unreachable

from vcp_runner import hints
from vcp_runner.call import NoDesk, ask_desk
from vcp_runner.leaving import Exit
from vcp_runner.ports import preferred_port
from vcp_runner.screen import FRAMES, Screen
from vcp_runner.stack import Plan, Stack, running_stack
from vcp_runner.story import VERSIONS, Version, WentWrong, configuration, tell
from vcp_runner.target import BadTarget, subprotocol_of
from vcp_runner.watch import NotSeen, Watch

BACKEND_PORT = 9000


async def demo(plan: Plan, screen: Screen, *, once: bool, protocols: Sequence[str] = ()) -> int:
    """Tells the story for each of `protocols` (default: all), then stays up until cancelled, unless `once`.

    0 if each went as it should.
    """
    wanted = [version for version in VERSIONS if not protocols or version.protocol in protocols]
    screen.say("starting a broker, the services and an example backend …")
    plan = replace(plan, backend_port=preferred_port(BACKEND_PORT))
    async with (
        running_stack(plan, log=screen.log, say=screen.say) as stack,
        stack.client() as client,
        AsyncExitStack() as watches,
    ):
        seen: list[Watch] = []
        for version in wanted:
            try:
                seen.append(await watches.enter_async_context(await _set_up(version, client, stack, screen)))
                await _tell(version, client, stack, seen[-1], screen)
            except (NoDesk, NotSeen, Problem, Unreachable, WentWrong) as broken:
                screen.say(f"the story broke off: {broken}")
                return Exit.FAILED
        code = verdict([event for watch in seen for event in watch.events], screen)
        if not once:
            screen.result(_goodbye(stack, wanted[0].identity), api=stack.api_url, backend=stack.backend_url)
            await asyncio.Event().wait()
        return code


def protocols_of(versions: Iterable[str]) -> list[str]:
    """The subprotocols of the versions asked for. Raises BadTarget for one that the story is not told in."""
    told = {version.protocol: version.name for version in VERSIONS}
    wanted = [subprotocol_of(version) for version in versions]
    if unknown := [one for one in wanted if one not in told]:
        raise BadTarget(f"the demo does not speak {unknown[0]}: use {' or '.join(told.values())}")
    return wanted


async def _set_up(version: Version, client: AsyncClient, stack: Stack, screen: Screen) -> Watch:
    await client.configure(version.identity, configuration(version, f"{stack.backend_url}/ocpp"))
    return Watch(client, version.identity, screen.event)


async def _tell(version: Version, client: AsyncClient, stack: Stack, watch: Watch, screen: Screen) -> None:
    async def backend(action: str, payload: Json) -> Json:
        return await ask_desk(str(stack.backend_url), version.identity, action, payload)

    await tell(version, client, backend, watch, screen.step)


def verdict(events: Sequence[Json], screen: Screen) -> int:
    """Whether every frame passed both gates; says so."""
    frames = [event for event in events if event.get("type") in FRAMES]
    invalid = [frame for frame in frames if not frame.get("valid")]
    count = Counter(str(frame["type"]) for frame in frames)
    screen.result(
        f"\n{count['frame_sent']} frames sent, {count['frame_received']} received, {len(invalid)} invalid",
        sent=count["frame_sent"],
        received=count["frame_received"],
        invalid=len(invalid),
    )
    return Exit.FAILED if invalid or not frames else Exit.OK


def _goodbye(stack: Stack, identity: str) -> str:
    api, backend = stack.api_url, str(stack.backend_url)
    return (
        f"\ncontrol API  {api}    example backend  {backend}\n"
        f"three things to try in another terminal; this one goes on showing the wire:\n"
        f"  {hints.touch(api, identity, 'plug-in', {'evse': 1})}\n"
        f"  {hints.touch(api, identity, 'present-token', {'token': '04D4C5B6'})}\n"
        f"  {hints.call(backend, identity, 'TriggerMessage', {'requestedMessage': 'MeterValues'})}\n"
        f"stop with Ctrl-C"
    )
