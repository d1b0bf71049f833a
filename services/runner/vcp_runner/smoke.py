"""The smoke session that `vcp check` plays: what any backend must cope with, step by step. Starts and prints nothing.

A step has passed when the charge point got on as it should and every call of its was answered validly meanwhile.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from vcp_testkit.asking import Json
from vcp_testkit.charge_point import AsyncChargePoint
from vcp_testkit.frames import WireFrame, answer_to, frame_of
from vcp_testkit.problems import Problem

LOOK_S: Final = 0.05
MOST_FRAMES: Final = 1_000

SETTINGS: Final = {
    "SampledDataCtrlr.TxUpdatedInterval": "1",
    "TransactionMessageRetryInterval": "1",
}
"""So that a session of seconds has readings, and a message that went wrong is sent again at once."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a step went: passed, unless `failed` says why not, or `skipped` why it was not tried."""

    name: str
    seconds: float
    failed: str | None = None
    skipped: str | None = None


class NotSo(Exception):
    """The backend did not let the session go on; the text says in what."""


class Smoke:
    """One session. The charge point has its link, and is booting."""

    def __init__(self, charge_point: AsyncChargePoint, *, token: str, patience_s: float, after: str) -> None:
        """`patience_s`: how long a backend may take for one answer; the charge point's own setting is the same.

        `after`: the cursor of the wire before the link came up.
        """
        self._cp = charge_point
        self._token = token
        self._patience_s = patience_s
        self._after = after
        self._cuts = False
        """Whether the step ends the connection itself."""

    async def play(self, tell: Callable[[Step], None]) -> list[Step]:
        """Plays all steps; one that needs a booted charge point is skipped without. `tell` hears of each."""
        steps = [await self._step("boot", self._until_booted)]
        tell(steps[0])
        for name, act in (
            ("heartbeat", self._beat),
            ("authorize", self._authorize),
            ("session", self._session),
            ("session ended offline", self._session_ended_offline),
            ("data transfer", self._data),
            ("boot again", self._boot_again),
        ):
            if steps[0].failed is None:
                self._after = await self._cursor()
                steps.append(await self._step(name, act))
            else:
                steps.append(Step(name, 0.0, skipped="the boot was not accepted"))
            tell(steps[-1])
        return steps

    async def _step(self, name: str, act: Callable[[], Awaitable[None]]) -> Step:
        began, failed = time.monotonic(), None
        link, self._cuts = await self._link(), False
        try:
            await act()
            await self._quiet()
            if not self._cuts and await self._link() != link:
                raise NotSo("the backend ended the connection")
        except (NotSo, Problem) as wrong:
            failed = str(wrong)
            await self._tidy()
        # what the backend answered says more than what the charge point could not do for it
        complaint = next(iter(complaints(await self._frames())), None)
        return Step(name, round(time.monotonic() - began, 3), complaint or failed)

    async def _tidy(self) -> None:
        """After a step that went wrong the next one finds a free charge point with a link, if that can be."""
        for act in (self._cp.unplug(evse=1, force=True), self._cp.go_online(wait_s=self._patience_s)):
            with suppress(Problem):
                await act
        with suppress(NotSo):
            await self._quiet()

    # --- the steps ---

    async def _beat(self) -> None:
        await self._cp.ask("beat", wait_s=self._patience_s + 1)

    async def _authorize(self) -> None:
        await self._cp.ask("authorize", token=self._token, wait_s=self._patience_s + 1)

    async def _session(self) -> None:
        await self._begin()
        await self._until(self._has_reading, "no meter reading was sent within 10 s", 10.0)
        await self._cp.present_token(self._token, evse=1)
        await self._until(self._has_ended, "the session did not end though its token was shown again")
        await self._cp.unplug(evse=1)

    async def _session_ended_offline(self) -> None:
        await self._begin()
        await self._quiet()
        self._cuts = True
        await self._cp.go_offline("reset")
        await self._cp.present_token(self._token, evse=1)
        await self._cp.unplug(evse=1)
        await self._cp.go_online(wait_s=self._patience_s)

    async def _data(self) -> None:
        await self._cp.send_data("org.example.check", "hello", wait_s=self._patience_s + 1)

    async def _boot_again(self) -> None:
        self._cuts = True
        await self._cp.power_cycle()
        await self._until_booted()

    async def _begin(self) -> None:
        await self._cp.plug_in(evse=1)
        await self._cp.present_token(self._token, evse=1)
        remedy = f"did it accept the token {self._token}? Name one that it knows with --token"
        await self._until(self._has_begun, f"no session began: {remedy}", self._patience_s + 1)
        await self._quiet()
        if not await self._has_begun():
            raise NotSo(f"the backend let the session begin and took it back at once: {remedy}")

    # --- what is waited for ---

    async def _until_booted(self) -> None:
        verdict = "none"

        async def settled() -> bool:
            nonlocal verdict
            verdict = str((await self._cp.view())["boot"]["verdict"])
            return verdict in ("accepted", "rejected")

        # a backend may put a charge point off, and accept it at its next boot
        with suppress(NotSo):
            await self._until(settled, "")
        if verdict == "none":
            raise NotSo(f"the boot was not answered within {self._patience_s:g} s")
        if verdict != "accepted":
            raise NotSo(f"the boot was answered with {verdict}: accept this charge point, then check again")

    async def _has_begun(self) -> bool:
        return (await self._cp.view())["evses"][0].get("transaction") is not None

    async def _has_ended(self) -> bool:
        return not await self._has_begun()

    async def _has_reading(self) -> bool:
        # one that came by itself: the begin of a session may carry one, too
        return any(
            frame.sent and '"sampledValue"' in frame.text and '"Started"' not in frame.text
            for frame in await self._frames()
        )

    async def _quiet(self) -> None:
        """Until nothing is left to be sent."""
        patience_s = 3 * self._patience_s
        await self._until(self._said_all, f"not everything could be told within {patience_s:g} s", patience_s)

    async def _said_all(self) -> bool:
        queue = (await self._cp.view())["queue"]
        waiting = queue["boot"] + queue["express"] + queue["transactions"]
        return waiting == 0 and queue.get("in_flight") is None

    async def _until(
        self, holds: Callable[[], Awaitable[bool]], otherwise: str, patience_s: float | None = None
    ) -> None:
        until = time.monotonic() + (patience_s or self._patience_s)
        while not await holds():
            if time.monotonic() >= until:
                raise NotSo(otherwise)
            await asyncio.sleep(LOOK_S)

    # --- the wire ---

    async def _link(self) -> str | None:
        """Which connection stands; None: none."""
        link: Json = (await self._cp.view())["link"]
        return link.get("link") if link["state"] == "up" else None

    async def _cursor(self) -> str:
        return str((await self._cp.messages(limit=1))["next"])

    async def _frames(self) -> list[WireFrame]:
        page: Json = await self._cp.messages(after=self._after, limit=MOST_FRAMES)
        return [frame_of(item) for item in page["items"]]


def complaints(frames: Sequence[WireFrame]) -> Iterable[str]:
    """What is wrong with the backend's answers to the charge point's calls, in their order; on this wire all."""
    for number, call in enumerate(frames):
        if not call.sent or call.kind != "call":
            continue
        answer = answer_to(call, frames[number + 1 :])
        if answer is None:
            yield f"{call.action} was not answered"
        elif answer.kind == "error":
            yield f"{call.action} was refused: {answer.code}: {answer.description}".rstrip(": ")
        elif not answer.valid:
            yield f"the answer to {call.action} breaks OCPP: {answer.rule}"
