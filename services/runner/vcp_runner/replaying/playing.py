"""Plays a score through a charge point, one call after the other, and holds each answer beside the recorded one."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from vcp_testkit.asking import Json
from vcp_testkit.charge_point import AsyncChargePoint
from vcp_testkit.problems import Problem

from vcp_runner.leaving import Ending, Exit
from vcp_runner.replaying.comparing import Answer, Compared, differences
from vcp_runner.replaying.recording import Message
from vcp_runner.replaying.score import Call, Move, Reconnect, Score, Text
from vcp_runner.replaying.translating import Translator

LINK_S = 40.0


class Interrupted(Ending):
    """The backend was there and is gone: the session can't go on."""

    code = Exit.NOT_CONNECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How it is played. `speed` None: as fast as the backend answers."""

    speed: float | None = 1.0
    keep_ids: bool = False
    """Message ids and the charge point's own transaction ids as recorded."""
    keep_times: bool = False
    """Points in time as recorded; else they are moved to now."""
    patience_s: float = 30.0


class Player:
    """The charge point is online, and under the rules of the score."""

    def __init__(self, charge_point: AsyncChargePoint, manner: Manner) -> None:
        self._cp = charge_point
        self._manner = manner
        self._translator = Translator(keep_ids=manner.keep_ids)

    async def play(self, score: Score, tell: Callable[[Compared], None]) -> list[Compared]:
        """Each call whose answer is known, compared; `tell` hears of each at once. Raises Interrupted, Problem."""
        began = time.monotonic()
        compared: list[Compared] = []
        for move in score.moves:
            await self._wait_for(move, began)
            match move:
                case Reconnect():
                    await self._cp.go_offline("close")
                    await self._linked()
                case Text():
                    await self._linked()
                    await self._cp.send_raw(text=move.message.text, unchecked=True, wait_s=self._wait_s)
                case Call():
                    now = await self._call(move)
                    if move.answer is not None:
                        compared.append(self._compared(len(compared) + 1, move, move.answer, now))
                        tell(compared[-1])
        return compared

    async def _wait_for(self, move: Move, began: float) -> None:
        if self._manner.speed is not None:
            await asyncio.sleep(max(0.0, began + move.at_s / self._manner.speed - time.monotonic()))

    async def _call(self, call: Call) -> Answer:
        await self._linked()
        message = call.message
        later: timedelta | None = None
        if not self._manner.keep_times:
            later = datetime.now(UTC) - message.at
        result = await self._cp.send_raw(
            action=message.action,
            payload=self._translator.today(message.payload, later),
            message_id=message.message_id if self._manner.keep_ids else None,
            unchecked=True,
            timeout_s=self._manner.patience_s,
            wait_s=self._wait_s,
        )
        now = answer_of(result["detail"])
        if call.answer is not None and now.kind == "result":
            self._translator.learn(call.answer.payload, now.payload)
        return now

    def _compared(self, number: int, call: Call, recorded: Message, now: Answer) -> Compared:
        then = Answer(recorded.kind, self._translator.expected(recorded.payload))
        found = differences(then, now)
        return Compared(number, str(call.message.action), round(call.at_s, 3), found)

    async def _linked(self) -> None:
        """The link stands, or is brought back."""
        if (await self._cp.view())["link"]["state"] == "up":
            return
        try:
            result = await self._cp.go_online(wait_s=LINK_S)
        except Problem as problem:
            raise Interrupted(f"the backend is gone: {problem.reason}") from None
        if result.get("detail", {}).get("link") != "up":
            raise Interrupted(f"the backend is gone ({result.get('detail', {}).get('why', 'no link')})")

    @property
    def _wait_s(self) -> float:
        return self._manner.patience_s + 15.0


def answer_of(detail: Json) -> Answer:
    """What the result of a raw message says of the backend's answer."""
    match detail.get("outcome"):
        case "answered" | "misanswered" if isinstance(detail.get("payload"), dict):
            return Answer("result", detail["payload"])
        case "refused":
            error: dict[str, Any] = {"code": detail.get("code"), "description": detail.get("description")}
            return Answer("error", error)
    return Answer("none")
