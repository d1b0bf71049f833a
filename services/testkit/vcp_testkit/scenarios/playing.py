"""One scenario, played: its charge points are set up, its steps done, its expectations held. Knows no transport."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from vcp_testkit.difference import difference
from vcp_testkit.frames import WireFrame
from vcp_testkit.matching import ABSENT, compare, look
from vcp_testkit.problems import Problem
from vcp_testkit.scenarios import seeking
from vcp_testkit.scenarios.operator import Operator, OperatorFailed
from vcp_testkit.scenarios.reading import Read
from vcp_testkit.scenarios.source import spelled
from vcp_testkit.scenarios.telling import Failure, StepFailed, Told
from vcp_testkit.scenarios.values import Unknown, filled
from vcp_testkit.scenarios.watching import Control, Wire
from vcp_testkit.scenarios.words import COMMANDS, WITHIN_S, Forbid, Step

LOOK_S = 2.0
"""How long one wait for a frame lasts before everything that is forbidden or went wrong is looked at again."""
GLANCE_S = 0.05
"""How often a view that is waited for is looked at."""
COMMAND_S = 60.0
"""How long a command may take."""

Place = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where scenarios are played: the backend, who makes it act, what is given from outside."""

    backend: str
    operator: Operator | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    identities: Sequence[str] = ()
    """Identities that the backend knows, in the order in which they are handed out; none: ones never used before."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """Configuration that every charge point gets unless its scenario says otherwise."""


@dataclass
class _Forbidden:
    wish: Forbid
    since: int
    place: Place


@dataclass
class _Player:
    """One charge point of the scenario, its wire, and how far expectations have come on it."""

    id: str
    wire: Wire
    at: int = 0
    forbidden: list[_Forbidden] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Here:
    """Where in the story a step stands: its charge point, its place in the file, the values of its rounds."""

    charger: str
    player: _Player
    place: Place
    own: Mapping[str, Any]


Verb = Callable[[_Here, Any, Step], Awaitable[None]]


async def play(
    read: Read, control: Control, stage: Stage, *, say: Callable[[str], None] = lambda step: None
) -> Told:
    """Plays a scenario to its end and cleans up; how it ended. `say` hears each step before it is done.

    Raises what a control API that does not answer makes its client raise.
    """
    missing = _not_possible(read, stage)
    if missing:
        return Told(read.name, read.file, "skipped", reason=missing)
    began = time.monotonic()
    playing = _Playing(read, control, stage, say)
    failed: StepFailed | None = None
    try:
        await playing.all()
    except StepFailed as wrong:
        failed = wrong
    finally:
        await playing.leave()
    seconds = time.monotonic() - began
    ids = tuple(playing.ids)
    if failed is None:
        return Told(read.name, read.file, "passed", seconds, charge_points=ids)
    failure = Failure.of(failed)
    return Told(read.name, read.file, "failed", seconds, failed.reason, failure, ids)


def _not_possible(read: Read, stage: Stage) -> str:
    wishes = sorted(read.scenario.wishes)
    if wishes and stage.operator is None:
        return f"the backend must do {', '.join(wishes)}: say how with an operator file"
    cannot = [wish for wish in wishes if stage.operator is not None and not stage.operator.can(wish)]
    if cannot:
        return f"the operator file does not say how the backend does {', '.join(cannot)}"
    if stage.identities and len(read.scenario.cast) > len(stage.identities):
        return f"needs {len(read.scenario.cast)} identities that the backend knows"
    return ""


class _Playing:
    """The state of one scenario under way."""

    def __init__(self, read: Read, control: Control, stage: Stage, say: Callable[[str], None]) -> None:
        self._read = read
        self._control = control
        self._stage = stage
        self._say = say
        self._errands: set[asyncio.Task[None]] = set()
        self._gone_wrong: StepFailed | None = None
        self._rules = 0
        nonce = secrets.token_hex(4)
        self.ids = [
            given.id or (stage.identities[number] if stage.identities else f"vcp-{nonce}-{number + 1}")
            for number, given in enumerate(read.scenario.cast.values())
        ]
        self._players = {
            name: _Player(id, Wire(control, id))
            for name, id in zip(read.scenario.cast, self.ids, strict=True)
        }
        self._values: dict[str, Any] = {**read.scenario.values, **stage.values}
        self._values |= {name: {"id": player.id} for name, player in self._players.items()}
        self._verbs: dict[str, Verb] = {
            "expect": self._expect,
            "in_any_order": self._in_any_order,
            "forbid": self._forbid,
            "wait": self._wait,
            "check": self._check,
            "capture": self._capture,
            "advance": self._advance,
            "rule": self._rule,
            "send": self._send,
            "backend": self._backend,
            "repeat": self._repeat,
            "parallel": self._parallel,
        }

    async def all(self) -> None:
        """The whole story. Raises StepFailed."""
        await self._set_up()
        first = next(iter(self._players))
        await self._steps(self._read.scenario.steps, first, ("steps",), {})
        for player in self._players.values():
            await player.wire.read()
            self._demand_peace(player)

    async def leave(self) -> None:
        """Takes the charge points away; one that is gone already is no matter."""
        for errand in self._errands:
            errand.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        for player in self._players.values():
            with suppress(Problem):
                await self._control.retire(player.id)

    async def _set_up(self) -> None:
        for (name, given), player in zip(
            self._read.scenario.cast.items(), self._players.values(), strict=True
        ):
            place: Place = ("chargers", name) if self._read.scenario.chargers else ("given",)
            body = {"url": self._stage.backend, **self._stage.given, **given.body()}
            labels = {**body.get("labels", {}), **self._stage.labels}
            try:
                body = filled({**body, "labels": labels}, {**self._values, "charger": {"id": player.id}})
                await self._control.configure(player.id, body)
            except (Unknown, Problem) as refused:
                wrong = StepFailed(f"the charge point can't be set up: {refused}")
                wrong.at(self._read.line(place), "given")
                raise wrong from None

    async def _steps(self, steps: Sequence[Step], charger: str, place: Place, own: Mapping[str, Any]) -> None:
        for number, step in enumerate(steps):
            name = step.charger or charger
            await self._step(step, _Here(name, self._players[name], (*place, number), own))

    async def _step(self, step: Step, here: _Here) -> None:
        self._say(f"{spelled(here.place)}: {step.verb}")
        try:
            self._demand_no_errand_failed()
            if step.verb in COMMANDS:
                await self._touch(here, step.body, step)
            else:
                await self._verbs[step.verb](here, step.body, step)
        except StepFailed as failed:
            failed.at(self._read.line(here.place), f"{spelled(here.place)}: {step.verb}")
            raise
        except (Unknown, Problem) as refused:
            wrong = StepFailed(str(refused), frames=here.player.wire.frames)
            wrong.at(self._read.line(here.place), f"{spelled(here.place)}: {step.verb}")
            raise wrong from None

    async def _touch(self, here: _Here, body: Any, step: Step) -> None:
        body = filled(body.model_dump(mode="json", exclude_unset=True, warnings=False), self._known(here))
        await self._control.command(here.player.id, step.verb.replace("_", "-"), body, wait_s=COMMAND_S)

    async def _expect(self, here: _Here, wish: Any, step: Step) -> None:
        player = here.player
        wish = seeking.filled_in(wish, self._known(here))
        until = time.monotonic() + wish.within
        while True:
            seen = seeking.seek(wish, player.wire.frames, player.at)
            if isinstance(seen, seeking.Met):
                self._keep(wish, seen)
                player.at = seen.at + 1
                return
            if isinstance(seen, seeking.Wrong) or not await self._more(player, until):
                raise _unmet(wish, seen, player.wire.frames, wish.within)

    async def _in_any_order(self, here: _Here, wishes: Any, step: Step) -> None:
        player = here.player
        wishes = [seeking.filled_in(wish, self._known(here)) for wish in wishes]
        within = WITHIN_S if step.within is None else step.within
        until = time.monotonic() + within
        while True:
            found = seeking.seek_all(wishes, player.wire.frames, player.at)
            met = [seen for seen in found if isinstance(seen, seeking.Met)]
            if len(met) == len(wishes):
                for wish, seen in zip(wishes, met, strict=True):
                    self._keep(wish, seen)
                player.at = max(seen.at for seen in met) + 1
                return
            lost = next(
                (one for one in zip(wishes, found, strict=True) if isinstance(one[1], seeking.Wrong)), None
            )
            if lost is not None or not await self._more(player, until):
                lost = lost or next(
                    one for one in zip(wishes, found, strict=True) if not isinstance(one[1], seeking.Met)
                )
                raise _unmet(lost[0], lost[1], player.wire.frames, within)

    async def _forbid(self, here: _Here, wish: Any, step: Step) -> None:
        player = here.player
        wish = seeking.filled_in(wish, self._known(here))
        await player.wire.read()
        forbidden = _Forbidden(wish, len(player.wire.frames), here.place)
        player.forbidden.append(forbidden)
        if wish.within is not None:
            await self._watch(player, wish.within)
            player.forbidden.remove(forbidden)

    async def _wait(self, here: _Here, wish: Any, step: Step) -> None:
        player = here.player
        if wish.until is not None:
            await self._until_view(player, filled(wish.until, self._known(here)), wish.within)
            return
        await self._watch(player, wish.seconds)

    async def _check(self, here: _Here, wish: Any, step: Step) -> None:
        # what a message brings about in the charger comes a moment after the message
        within = WITHIN_S if step.within is None else step.within
        await self._until_view(here.player, filled(wish, self._known(here)), within)

    async def _capture(self, here: _Here, wish: Any, step: Step) -> None:
        view = await self._control.view(here.player.id)
        for name, path in wish.items():
            value = look(view, path)
            if value is ABSENT:
                raise StepFailed(f"the view has no {path} to keep as {name}")
            self._values[name] = value

    async def _advance(self, here: _Here, seconds: Any, step: Step) -> None:
        await self._control.command(here.player.id, "advance-clock", {"seconds": seconds}, wait_s=COMMAND_S)

    async def _rule(self, here: _Here, rule: Any, step: Step) -> None:
        self._rules += 1
        body = rule.model_dump(mode="json", exclude_unset=True, by_alias=True)
        body["name"] = rule.name or f"rule-{self._rules}"
        body = filled(body, self._known(here))
        await self._control.command(here.player.id, "add-rule", {"rule": body}, wait_s=COMMAND_S)

    async def _send(self, here: _Here, sent: Any, step: Step) -> None:
        body = filled(sent.model_dump(mode="json", exclude_unset=True), self._known(here))
        # only given, so that what is sent next goes out next; whoever wants the answer expects it on the wire
        given = await self._control.command(here.player.id, "send-raw", body, wait_s=0)
        self._errand(lambda: self._sent(here.player, str(given["command"])), here.place, "send")

    async def _sent(self, player: _Player, command: str) -> None:
        ended = await self._control.result(player.id, command, wait_s=COMMAND_S)
        if ended is not None and ended.get("status") == "rejected":
            raise StepFailed(f"not sent: {ended.get('reason')}", frames=player.wire.frames)

    async def _backend(self, here: _Here, wish: Any, step: Step) -> None:
        [(name, payload)] = wish.items()
        payload = filled(payload, self._known(here))
        if not name[:1].isupper():
            # a wish, not a call of OCPP: what follows builds upon it
            await self._operate(here.player, name, payload)
            return
        # the backend's API may wait for the charge point's answer: what comes on the wire is expected by other steps
        self._errand(lambda: self._operate(here.player, name, payload), here.place, "backend")

    async def _operate(self, player: _Player, name: str, payload: Mapping[str, Any]) -> None:
        assert self._stage.operator is not None
        try:
            await self._stage.operator.act(name, player.id, payload)
        except OperatorFailed as failure:
            raise StepFailed(
                f"the operator could not have the backend do {name}: {failure}", frames=player.wire.frames
            ) from None

    async def _repeat(self, here: _Here, repeat: Any, step: Step) -> None:
        for round in range(1, repeat.times + 1):
            own = {**here.own, "round": round}
            await self._steps(repeat.steps, here.charger, (*here.place, "repeat", "steps"), own)

    async def _parallel(self, here: _Here, branches: Any, step: Step) -> None:
        doing = [
            asyncio.create_task(self._steps(steps, charger, (*here.place, "parallel", name), here.own))
            for name, steps in branches.items()
            for charger in (self._players if name == "all" else [name])
        ]
        try:
            await asyncio.gather(*doing)
        finally:
            for one in doing:
                one.cancel()
            await asyncio.gather(*doing, return_exceptions=True)

    async def _more(self, player: _Player, until: float) -> bool:
        """Waits for something new; False when it is past `until` and nothing came. Raises StepFailed for what must
        not be."""
        left = until - time.monotonic()
        came = await (player.wire.more(min(left, LOOK_S)) if left > 0 else player.wire.read())
        self._demand_no_errand_failed()
        self._demand_peace(player)
        return came or left > 0

    async def _watch(self, player: _Player, seconds: float) -> None:
        """Lets time pass, and raises StepFailed for what must not be."""
        until = time.monotonic() + seconds
        while True:
            await self._more(player, until)
            if time.monotonic() >= until:
                return

    async def _until_view(self, player: _Player, wish: Mapping[str, Any], within: float) -> None:
        until = time.monotonic() + within
        while True:
            held = list(compare(wish, await self._control.view(player.id)))
            if all(one.fits for one in held):
                return
            self._demand_no_errand_failed()
            if time.monotonic() >= until:
                await player.wire.read()
                raise StepFailed(
                    f"the charge point is not as wished within {within:g} s",
                    difference(held),
                    frames=player.wire.frames,
                )
            await asyncio.sleep(GLANCE_S)

    def _demand_peace(self, player: _Player) -> None:
        """Nothing that is forbidden came, and the backend kept to OCPP. Raises StepFailed."""
        for forbidden in player.forbidden:
            for frame in player.wire.frames[forbidden.since :]:
                if seeking.is_meant(forbidden.wish, frame):
                    raise self._unwanted(forbidden, player, frame)
        if self._read.scenario.violations == "fail":
            for frame in player.wire.frames:
                if not frame.sent and not frame.valid and not frame.altered:
                    raise StepFailed(
                        f"the backend breaks OCPP: {frame.rule or 'an invalid message'}",
                        frames=player.wire.frames,
                        marked=frame,
                    )

    def _unwanted(self, forbidden: _Forbidden, player: _Player, frame: WireFrame) -> StepFailed:
        unwanted = StepFailed(
            f"forbidden, and it came: {seeking.in_words(forbidden.wish)}",
            frames=player.wire.frames,
            marked=frame,
        )
        unwanted.at(self._read.line(forbidden.place), f"{spelled(forbidden.place)}: forbid")
        return unwanted

    def _keep(self, wish: Any, met: seeking.Met) -> None:
        try:
            self._values |= seeking.kept(wish, met)
        except LookupError as nothing:
            raise StepFailed(str(nothing), marked=met.call, frames=[met.call]) from None

    def _known(self, here: _Here) -> dict[str, Any]:
        return {**self._values, **here.own, "charger": {"id": here.player.id}}

    def _errand(self, work: Callable[[], Awaitable[None]], place: Place, verb: str) -> None:
        """Does something beside the steps; if it fails, so does the scenario."""

        async def run() -> None:
            try:
                await work()
            except StepFailed as failed:
                self._note(failed, place, verb)
            except Problem as refused:
                self._note(StepFailed(str(refused)), place, verb)

        task = asyncio.create_task(run())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _note(self, failed: StepFailed, place: Place, verb: str) -> None:
        failed.at(self._read.line(place), f"{spelled(place)}: {verb}")
        self._gone_wrong = self._gone_wrong or failed

    def _demand_no_errand_failed(self) -> None:
        if self._gone_wrong is not None:
            raise self._gone_wrong


def _unmet(wish: Any, seen: Any, frames: Sequence[WireFrame], within: float) -> StepFailed:
    if isinstance(seen, seeking.Wrong):
        reason = f"the answer is not as expected: {seeking.in_words(wish)}"
        return StepFailed(reason, seeking.shown(seen), frames=frames, marked=seen.answer)
    reason = f"did not come within {within:g} s: {seeking.in_words(wish)}"
    return StepFailed(reason, seeking.shown(seen), frames=frames, marked=seen.nearest)
