"""The verbs of a scenario, one function each, and steps done one after the other. Keeps no state of its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from vcp_testkit.frames import WireFrame
from vcp_testkit.matching import ABSENT, look
from vcp_testkit.problems import Problem
from vcp_testkit.scenarios import seeking
from vcp_testkit.scenarios.cast import Forbidden, Place, Player
from vcp_testkit.scenarios.command_steps import COMMANDS
from vcp_testkit.scenarios.messages import WITHIN_S
from vcp_testkit.scenarios.operator import OperatorFailed
from vcp_testkit.scenarios.source import spelled
from vcp_testkit.scenarios.story import Here, Story
from vcp_testkit.scenarios.telling import StepFailed
from vcp_testkit.scenarios.values import Unknown, filled
from vcp_testkit.scenarios.words import Step

COMMAND_S = 60.0
"""How long a command may take."""

Verb = Callable[[Story, Here, Any, Step], Awaitable[None]]


async def do_all(
    story: Story, steps: Sequence[Step], charger: str, place: Place, own: Mapping[str, Any]
) -> None:
    """Steps in their order. Raises StepFailed, which names the step."""
    for number, step in enumerate(steps):
        name = step.charger or charger
        await _do(story, step, Here(name, story.cast[name], (*place, number), own))


async def _do(story: Story, step: Step, here: Here) -> None:
    story.say(f"{spelled(here.place)}: {step.verb}")
    try:
        story.demand_no_errand_failed()
        await (_touch if step.verb in COMMANDS else VERBS[step.verb])(story, here, step.body, step)
    except (StepFailed, Unknown, Problem) as wrong:
        failed = (
            wrong if isinstance(wrong, StepFailed) else StepFailed(str(wrong), frames=here.player.wire.frames)
        )
        raise story.named(failed, here.place, step.verb) from None


async def _touch(story: Story, here: Here, body: Any, step: Step) -> None:
    body = filled(body.model_dump(mode="json", exclude_unset=True, warnings=False), story.known(here))
    await story.control.command(here.player.id, step.verb.replace("_", "-"), body, wait_s=COMMAND_S)


async def _expect(story: Story, here: Here, wish: Any, step: Step) -> None:
    player = here.player
    wish = seeking.filled_in(wish, story.known(here))
    until = time.monotonic() + wish.within
    while True:
        seen = seeking.seek(wish, player.wire.frames, player.at)
        if isinstance(seen, seeking.Met):
            story.keep(wish, seen)
            player.at = seen.at + 1
            return
        if isinstance(seen, seeking.Wrong) or not await story.more(player, until):
            raise _unmet(wish, seen, player.wire.frames, wish.within)


async def _in_any_order(story: Story, here: Here, wishes: Any, step: Step) -> None:
    player = here.player
    wishes = [seeking.filled_in(wish, story.known(here)) for wish in wishes]
    within = WITHIN_S if step.within is None else step.within
    until = time.monotonic() + within
    while True:
        found = seeking.seek_all(wishes, player.wire.frames, player.at)
        met = [seen for seen in found if isinstance(seen, seeking.Met)]
        if len(met) == len(wishes):
            for wish, seen in zip(wishes, met, strict=True):
                story.keep(wish, seen)
            player.at = max(seen.at for seen in met) + 1
            return
        lost = [one for one in zip(wishes, found, strict=True) if not isinstance(one[1], seeking.Met)]
        wrong = [one for one in lost if isinstance(one[1], seeking.Wrong)]
        if wrong or not await story.more(player, until):
            raise _unmet(*(wrong or lost)[0], player.wire.frames, within)


async def _forbid(story: Story, here: Here, wish: Any, step: Step) -> None:
    player = here.player
    wish = seeking.filled_in(wish, story.known(here))
    await player.wire.read()
    forbidden = Forbidden(wish, len(player.wire.frames), here.place)
    player.forbidden.append(forbidden)
    if wish.within is not None:
        await story.watch(player, wish.within)
        player.forbidden.remove(forbidden)


async def _wait(story: Story, here: Here, wish: Any, step: Step) -> None:
    player = here.player
    if wish.until is not None:
        await story.until_view(player, filled(wish.until, story.known(here)), wish.within)
        return
    await story.watch(player, wish.seconds)


async def _check(story: Story, here: Here, wish: Any, step: Step) -> None:
    # what a message brings about in the charger comes a moment after the message
    within = WITHIN_S if step.within is None else step.within
    await story.until_view(here.player, filled(wish, story.known(here)), within)


async def _capture(story: Story, here: Here, wish: Any, step: Step) -> None:
    view = await story.control.view(here.player.id)
    for name, path in wish.items():
        value = look(view, path)
        if value is ABSENT:
            raise StepFailed(f"the view has no {path} to keep as {name}")
        story.values[name] = value


async def _advance(story: Story, here: Here, seconds: Any, step: Step) -> None:
    await story.control.command(here.player.id, "advance-clock", {"seconds": seconds}, wait_s=COMMAND_S)


async def _rule(story: Story, here: Here, rule: Any, step: Step) -> None:
    story.rules += 1
    body = rule.model_dump(mode="json", exclude_unset=True, by_alias=True)
    body["name"] = rule.name or f"rule-{story.rules}"
    body = filled(body, story.known(here))
    await story.control.command(here.player.id, "add-rule", {"rule": body}, wait_s=COMMAND_S)


async def _send(story: Story, here: Here, sent: Any, step: Step) -> None:
    body = filled(sent.model_dump(mode="json", exclude_unset=True), story.known(here))
    # only given, so that what is sent next goes out next; whoever wants the answer expects it on the wire
    given = await story.control.command(here.player.id, "send-raw", body, wait_s=0)
    story.errand(lambda: _sent(story, here.player, str(given["command"])), here.place, "send")


async def _sent(story: Story, player: Player, command: str) -> None:
    ended = await story.control.result(player.id, command, wait_s=COMMAND_S)
    if ended is not None and ended.get("status") == "rejected":
        raise StepFailed(f"not sent: {ended.get('reason')}", frames=player.wire.frames)


async def _backend(story: Story, here: Here, wish: Any, step: Step) -> None:
    [(name, payload)] = wish.items()
    payload = filled(payload, story.known(here))
    if not name[:1].isupper():
        # a wish, not a call of OCPP: what follows builds upon it
        await _operate(story, here.player, name, payload)
        return
    # the backend's API may wait for the charge point's answer: what comes on the wire is expected by other steps
    story.errand(lambda: _operate(story, here.player, name, payload), here.place, "backend")


async def _operate(story: Story, player: Player, name: str, payload: Mapping[str, Any]) -> None:
    assert story.stage.operator is not None
    try:
        await story.stage.operator.act(name, player.id, payload)
    except OperatorFailed as failure:
        raise StepFailed(
            f"the operator could not have the backend do {name}: {failure}", frames=player.wire.frames
        ) from None


async def _repeat(story: Story, here: Here, repeat: Any, step: Step) -> None:
    for round in range(1, repeat.times + 1):
        own = {**here.own, "round": round}
        await do_all(story, repeat.steps, here.charger, (*here.place, "repeat", "steps"), own)


async def _parallel(story: Story, here: Here, branches: Any, step: Step) -> None:
    doing = [
        asyncio.create_task(do_all(story, steps, charger, (*here.place, "parallel", name), here.own))
        for name, steps in branches.items()
        for charger in (story.cast.players if name == "all" else [name])
    ]
    try:
        await asyncio.gather(*doing)
    finally:
        for one in doing:
            one.cancel()
        await asyncio.gather(*doing, return_exceptions=True)


VERBS: Final[Mapping[str, Verb]] = {
    "expect": _expect,
    "in_any_order": _in_any_order,
    "forbid": _forbid,
    "wait": _wait,
    "check": _check,
    "capture": _capture,
    "advance": _advance,
    "rule": _rule,
    "send": _send,
    "backend": _backend,
    "repeat": _repeat,
    "parallel": _parallel,
}
"""All that a step can be besides a command."""


def _unmet(wish: Any, seen: Any, frames: Sequence[WireFrame], within: float) -> StepFailed:
    if isinstance(seen, seeking.Wrong):
        reason = f"the answer is not as expected: {seeking.in_words(wish)}"
        return StepFailed(reason, seeking.shown(seen), frames=frames, marked=seen.answer)
    reason = f"did not come within {within:g} s: {seeking.in_words(wish)}"
    return StepFailed(reason, seeking.shown(seen), frames=frames, marked=seen.nearest)
