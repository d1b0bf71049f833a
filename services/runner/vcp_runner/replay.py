"""`vcp replay`: a recorded session, played again by a charge point of ours. Reads, plays and compares nothing itself."""

import math
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from vcp_testkit.asking import Json
from vcp_testkit.charge_point import AsyncChargePoint
from vcp_testkit.client import AsyncClient

from vcp_runner.check import demand_new, link
from vcp_runner.connect import Connection, configuration_of
from vcp_runner.leaving import Ending, Exit
from vcp_runner.replaying.comparing import Compared, called_otherwise
from vcp_runner.replaying.playing import Manner, Player
from vcp_runner.replaying.recording import Recording, read_recording
from vcp_runner.replaying.score import Score, rules_of, score_of
from vcp_runner.screen import Screen
from vcp_runner.stack import Plan, running_stack

MOST_FRAMES = 1_000
_NUMBER = re.compile(r"([0-9]+(\.[0-9]*)?|\.[0-9]+)(e-?[0-9]+)?")


class BadSpeed(Ending):
    """The speed is no number above 0."""

    code = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a replay: every answer that is known from the record, and the backend's own calls."""

    compared: list[Compared]
    called: list[str]
    """Which actions the backend called more or less often."""

    @property
    def otherwise(self) -> list[Compared]:
        """The calls that were answered otherwise."""
        return [one for one in self.compared if one.differences]


async def replay(file: Path, connection: Connection, manner: Manner, plan: Plan, screen: Screen) -> int:
    """0: the backend answered as in the record; 1: it did not. Raises BadRecording, NoLink, Interrupted."""
    recording = read_recording(file)
    screen.say(_told(recording, connection))
    async with running_stack(plan, log=screen.log, say=screen.say) as stack, stack.client() as client:
        outcome = await played(recording, connection, manner, client, stack.keys, screen)
    _show(outcome, screen)
    return Exit.FAILED if outcome.otherwise else Exit.OK


async def played(
    recording: Recording,
    connection: Connection,
    manner: Manner,
    client: AsyncClient,
    keys: Path | None,
    screen: Screen,
) -> Outcome:
    """Plays it by a charge point that is taken away again. Raises NoLink, Interrupted, Problem."""
    score = score_of(recording)
    cp = client.charge_point(connection.target.identity)
    await demand_new(cp)
    await cp.configure({**configuration_of(connection, keys)})
    try:
        for rule in rules_of(score, datetime.now(UTC).isoformat(timespec="milliseconds")):
            await cp.add_rule(rule)
        before = str((await cp.messages(limit=1))["next"])
        await link(cp, connection)
        compared = await Player(cp, manner).play(score, lambda one: _tell(one, screen))
        return Outcome(compared, await _called(cp, score, before))
    finally:
        await cp.retire()


def speed_of(text: str) -> float | None:
    """`2`, `0.5`; `max`: None. Raises BadSpeed."""
    if text == "max":
        return None
    speed = float(text) if _NUMBER.fullmatch(text) else 0.0
    if not 0 < speed < math.inf:
        raise BadSpeed(f"--speed: {text} is no speed: use a number above 0, or max")
    return speed


async def _called(cp: AsyncChargePoint, score: Score, before: str) -> list[str]:
    """What is otherwise about the backend's own calls."""
    now: list[str] = []
    after = before
    while True:
        page: Json = await cp.messages(direction="received", kind="call", after=after, limit=MOST_FRAMES)
        now += [str(frame.get("action")) for frame in page["items"]]
        if len(page["items"]) < MOST_FRAMES:
            break
        after = page["next"]
    return called_otherwise({action: len(given) for action, given in score.answers.items()}, now)


def _told(recording: Recording, connection: Connection) -> str:
    target = connection.target
    skipped = f", {recording.skipped} lines without a whole frame left out" if recording.skipped else ""
    return f"replaying {len(recording.messages)} frames{skipped} as charge point {target.identity} at {target.url} …"


def _tell(one: Compared, screen: Screen) -> None:
    if screen.json:
        return
    mark = "✗" if one.differences else "✓"
    screen.result(f"{mark} {one.number:>4}  {one.at_s:>8.1f} s  {one.action}")
    for difference in one.differences:
        screen.result(f"{'':22}{difference.line}")


def _show(outcome: Outcome, screen: Screen) -> None:
    for line in outcome.called if not screen.json else ():
        screen.result(f"· {line}")
    answers, otherwise = len(outcome.compared), len(outcome.otherwise)
    screen.result(
        f"\n{answers} answers compared, {otherwise} otherwise than recorded",
        compared=answers,
        otherwise=[asdict(one) for one in outcome.otherwise],
        called_otherwise=outcome.called,
    )
