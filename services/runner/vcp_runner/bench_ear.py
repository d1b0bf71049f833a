"""The bench's ear at the backend: counts every call of every charger, and tells when one arrives. Makes no load."""

import asyncio
import time
from collections.abc import Callable, Mapping

from vcp_backend import Behaviour, Call
from vcp_backend.behaviour import Desk
from vcp_backend.session import ANSWERS

LIMIT_S = 300.0
"""How long all chargers may take to send what is waited for."""


class Ear:
    """Answers as the example backend does, and notes what it answers."""

    def __init__(self) -> None:
        self.calls = 0
        """Calls of chargers so far, all of them answered."""
        self._next: dict[tuple[str, str], asyncio.Future[float]] = {}
        self._missing: list[tuple[dict[str, str], asyncio.Event]] = []
        self._desk = Desk(Behaviour())

    def answers(self) -> Mapping[str, Callable[[Call], dict[str, object]]]:
        """For `Behaviour.answers`: every action's own answer, by way of this ear."""
        return {action: self._answer for answers in ANSWERS.values() for action in answers}

    def next(self, charger: str, action: str) -> asyncio.Future[float]:
        """When (`time.perf_counter`) the charger's next call with this action arrives."""
        arrival: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._next[charger, action] = arrival
        return arrival

    async def from_all(self, expected: Mapping[str, str]) -> float:
        """Waits until each charger has sent the action expected of it; when the last one did (`time.monotonic`).

        Raises TimeoutError, which says how many did not.
        """
        missing, complete = dict(expected), asyncio.Event()
        waiting = (missing, complete)
        self._missing.append(waiting)
        try:
            async with asyncio.timeout(LIMIT_S):
                await complete.wait()
        except TimeoutError as late:
            charger, action = next(iter(missing.items()))
            raise TimeoutError(
                f"{len(missing)} of {len(expected)} chargers are silent after {LIMIT_S:g} s: no {action} of {charger}"
            ) from late
        finally:
            self._missing.remove(waiting)
        return time.monotonic()

    def _answer(self, call: Call) -> dict[str, object]:
        self.calls += 1
        arrival = self._next.pop((call.identity, call.action), None)
        if arrival is not None and not arrival.done():
            arrival.set_result(time.perf_counter())
        for missing, complete in self._missing:
            if missing.get(call.identity) == call.action:
                del missing[call.identity]
                if not missing:
                    complete.set()
        return ANSWERS[call.subprotocol][call.action](self._desk, call)
