"""One scenario under way: what is known, what is waited for, what must not be, what goes on beside. Does no step."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vcp_testkit.difference import difference
from vcp_testkit.frames import WireFrame
from vcp_testkit.matching import compare
from vcp_testkit.problems import Problem
from vcp_testkit.scenarios import seeking
from vcp_testkit.scenarios.cast import Cast, Forbidden, Place, Player
from vcp_testkit.scenarios.reading import Read
from vcp_testkit.scenarios.source import spelled
from vcp_testkit.scenarios.stage import Stage
from vcp_testkit.scenarios.telling import StepFailed
from vcp_testkit.scenarios.watching import Control

LOOK_S = 2.0
"""How long one wait for a frame lasts before everything that is forbidden or went wrong is looked at again."""
GLANCE_S = 0.05
"""How often a view that is waited for is looked at."""


@dataclass(frozen=True, slots=True)
class Here:
    """Where in the story a step stands: its charge point, its place in the file, the values of its rounds."""

    charger: str
    player: Player
    place: Place
    own: Mapping[str, Any]


class Story:
    """The state of one scenario. `say` hears each step before it is done."""

    def __init__(self, read: Read, control: Control, stage: Stage, say: Callable[[str], None]) -> None:
        self.read = read
        self.control = control
        self.stage = stage
        self.say = say
        self.cast = Cast(read, control, stage)
        self.rules = 0
        """How many rules were added; an unnamed one is called after its number."""
        self.values: dict[str, Any] = {**read.scenario.values, **stage.values}
        self.values |= {name: {"id": player.id} for name, player in self.cast.players.items()}
        self._errands: set[asyncio.Task[None]] = set()
        self._gone_wrong: StepFailed | None = None

    def known(self, here: Here) -> dict[str, Any]:
        """The values that a step may ask for."""
        return {**self.values, **here.own, "charger": {"id": here.player.id}}

    def keep(self, wish: Any, met: seeking.Met) -> None:
        """Captures what a message was to leave behind. Raises StepFailed."""
        try:
            self.values |= seeking.kept(wish, met)
        except LookupError as nothing:
            raise StepFailed(str(nothing), marked=met.call, frames=[met.call]) from None

    def named(self, failed: StepFailed, place: Place, verb: str) -> StepFailed:
        """The failure, with the step that it belongs to."""
        failed.at(self.read.line(place), f"{spelled(place)}: {verb}")
        return failed

    async def more(self, player: Player, until: float) -> bool:
        """Waits for something new; False when it is past `until` and nothing came.

        Raises StepFailed for what must not be.
        """
        left = until - time.monotonic()
        came = await (player.wire.more(min(left, LOOK_S)) if left > 0 else player.wire.read())
        self.demand_no_errand_failed()
        self.demand_peace(player)
        return came or left > 0

    async def watch(self, player: Player, seconds: float) -> None:
        """Lets time pass, and raises StepFailed for what must not be."""
        until = time.monotonic() + seconds
        while True:
            await self.more(player, until)
            if time.monotonic() >= until:
                return

    async def until_view(self, player: Player, wish: Mapping[str, Any], within: float) -> None:
        """Waits until the charge point's view is as wished. Raises StepFailed."""
        until = time.monotonic() + within
        while True:
            held = list(compare(wish, await self.control.view(player.id)))
            if all(one.fits for one in held):
                return
            self.demand_no_errand_failed()
            if time.monotonic() >= until:
                await player.wire.read()
                raise StepFailed(
                    f"the charge point is not as wished within {within:g} s",
                    difference(held),
                    frames=player.wire.frames,
                )
            await asyncio.sleep(GLANCE_S)

    def demand_peace(self, player: Player) -> None:
        """Nothing that is forbidden came, and the backend kept to OCPP. Raises StepFailed."""
        frames = player.wire.frames
        for forbidden in player.forbidden:
            for frame in frames[forbidden.since :]:
                if seeking.is_meant(forbidden.wish, frame):
                    raise self._unwanted(forbidden, frame, frames)
            forbidden.since = len(frames)
        if self.read.scenario.violations == "fail":
            for frame in frames[player.believed :]:
                if not frame.sent and not frame.valid and not frame.altered:
                    rule = frame.rule or "an invalid message"
                    raise StepFailed(f"the backend breaks OCPP: {rule}", frames=frames, marked=frame)
        player.believed = len(frames)

    def errand(self, work: Callable[[], Awaitable[None]], place: Place, verb: str) -> None:
        """Does something beside the steps; if it fails, so does the scenario."""

        async def run() -> None:
            try:
                await work()
            except (StepFailed, Problem) as wrong:
                failed = wrong if isinstance(wrong, StepFailed) else StepFailed(str(wrong))
                self._gone_wrong = self._gone_wrong or self.named(failed, place, verb)

        task = asyncio.create_task(run())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def demand_no_errand_failed(self) -> None:
        """Raises StepFailed."""
        if self._gone_wrong is not None:
            raise self._gone_wrong

    async def leave(self) -> None:
        """Ends what goes on beside, and takes the charge points away."""
        for errand in self._errands:
            errand.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        await self.cast.leave()

    def _unwanted(self, forbidden: Forbidden, frame: WireFrame, frames: list[WireFrame]) -> StepFailed:
        reason = f"forbidden, and it came: {seeking.in_words(forbidden.wish)}"
        return self.named(StepFailed(reason, frames=frames, marked=frame), forbidden.place, "forbid")
