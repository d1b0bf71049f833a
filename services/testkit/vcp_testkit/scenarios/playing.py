"""One scenario, played from its beginning to its end, and how it ended. Does no step itself."""

import time
from collections.abc import Callable
from dataclasses import replace

from vcp_testkit.scenarios.doing import do_all
from vcp_testkit.scenarios.reading import Read
from vcp_testkit.scenarios.stage import Stage, not_possible
from vcp_testkit.scenarios.story import Story
from vcp_testkit.scenarios.telling import Failure, StepFailed, Told
from vcp_testkit.scenarios.watching import Control


async def play(
    read: Read, control: Control, stage: Stage, *, say: Callable[[str], None] = lambda step: None
) -> Told:
    """Plays a scenario and cleans up; how it ended. `say` hears each step before it is done.

    Raises what a control API that does not answer makes its client raise.
    """
    missing = not_possible(read.scenario, stage)
    if missing:
        return Told(read.name, read.file, "skipped", reason=missing)
    began = time.monotonic()
    story = Story(read, control, stage, say)
    told = Told(read.name, read.file, "passed", charge_points=story.cast.ids)
    try:
        await _play(story)
    except StepFailed as failed:
        unlinked = await story.cast.unlinked()
        told = replace(
            told,
            outcome="failed",
            reason=unlinked or failed.reason,
            failure=Failure.of(failed, unlinked),
            connected=not unlinked,
        )
    finally:
        await story.leave()
    return replace(told, seconds=time.monotonic() - began)


async def _play(story: Story) -> None:
    await story.cast.set_up(story.values)
    await do_all(story, story.read.scenario.steps, story.cast.first, ("steps",), {})
    for player in story.cast:
        await player.wire.read()
        story.demand_peace(player)
    story.demand_no_errand_failed()
