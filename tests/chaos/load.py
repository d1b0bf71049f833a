"""Chargers that are in use: drivers come, charge and go, and the backend asks them things all the while."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from chaos.bed import Bed
from chaos.rest import come_to_rest
from vcp_backend import CallFailed, NotConnected

SETTINGS = {
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "SampledDataCtrlr.TxUpdatedInterval": "1",
    "SampledDataCtrlr.TxUpdatedMeasurands": "Energy.Active.Import.Register",
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": "0",
    "OCPPCommCtrlr.RetryBackOffRandomRange": "1",
    "OCPPCommCtrlr.RetryBackOffRepeatTimes": "0",
}
"""A session never depends on a standing link, meters are read often, and a lost link is back soon."""

CALLS = {
    "ocpp1.6": (
        ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("DataTransfer", {"vendorId": "org.example"}),
    ),
    "ocpp2.0.1": (
        (
            "GetVariables",
            {
                "getVariableData": [
                    {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
                ]
            },
        ),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("DataTransfer", {"vendorId": "org.example"}),
    ),
}

CALLERS = 4
"""How many calls of the backend's are under way at a time."""


@dataclass
class Load:
    """What the chargers are going through. Each one lives a life of its own, drawn from one seed."""

    bed: Bed
    chargers: dict[str, str]
    """Charge point → the subprotocol that it speaks."""
    seed: int
    roamers: frozenset[str] = frozenset()
    """Those that also lose their network and their mains by themselves; the books ask nothing of their sockets."""
    sessions: Counter[str] = field(default_factory=Counter)
    """Charge point → sessions driven so far."""
    calls: Counter[str] = field(default_factory=Counter)
    """How the backend's calls have ended → how many."""
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def install(self) -> None:
        """Sets all chargers up, and waits until their backend has accepted them."""
        driver = self.bed.driver
        async with asyncio.TaskGroup() as all_at_once:
            for charger, protocol in self.chargers.items():
                all_at_once.create_task(
                    driver.do(
                        charger,
                        "provision",
                        configuration={
                            "url": self.bed.wire.url,
                            "protocols": [protocol],
                            "settings": SETTINGS,
                            "online": True,
                        },
                    )
                )
        for charger in self.chargers:
            await driver.count(charger, "registered", 1)

    async def anew(self) -> "Load":
        """The same chargers for a new driver, who ends what goes on at them and counts from what the streams tell."""
        driver = self.bed.new_driver("d2")
        for _ in range(2):
            # Twice: a token may have been on its way to its verdict when all was undone.
            for charger in self.chargers:
                for step in ("press_stop", "unplug"):
                    await driver.result_of(await driver.give(charger, step))
            await come_to_rest(self.bed)
        told = Counter({c: driver.counts[c]["transaction_started"] for c in self.chargers})
        return Load(self.bed, self.chargers, self.seed + 1, self.roamers, sessions=told)

    @asynccontextmanager
    async def going_on(self, *, backend_calls: bool = True) -> AsyncIterator[None]:
        """Drivers come and go for the length of the block; at its end every session that goes on is brought to its end."""
        self._stop.clear()
        async with asyncio.TaskGroup() as lives:
            for charger in self.chargers:
                lives.create_task(self._live(charger))
            for number in range(CALLERS if backend_calls else 0):
                lives.create_task(self._ask(number))
            try:
                yield
            finally:
                self._stop.set()

    async def goes_on(self, sessions: int = 3) -> None:
        """Waits until every charger is linked and some more sessions have ended: everything works again."""
        goal, steady = self._ended() + sessions, self.chargers.keys() - self.roamers
        await self.bed.driver.until(
            lambda: (
                bool(self.bed.deaths) or (self._ended() >= goal and self.bed.backend.identities >= steady)
            ),
            "sessions to go on with every charger linked",
        )
        assert self.bed.deaths == []

    def _ended(self) -> int:
        return sum(self.bed.driver.counts[charger]["transaction_ended"] for charger in self.chargers)

    async def _live(self, charger: str) -> None:
        chance = random.Random(f"{self.seed} {charger}")
        while not self._stop.is_set():
            await self._pause(chance.uniform(0.0, 1.5))
            await self._session(charger, chance)

    async def _session(self, charger: str, chance: random.Random) -> None:
        driver, number = self.bed.driver, self.sessions[charger] + 1
        token = f"TAG{chance.randrange(1000):03d}"
        for step, fields in chance.sample([("plug_in", {}), ("present_token", {"token": token})], 2):
            await driver.do(charger, step, **fields)
        self.sessions[charger] = number
        await driver.count(charger, "transaction_started", number)
        await self._pause(chance.uniform(0.0, 2.5))
        await driver.do(charger, "set_ev", power_w=chance.randrange(1_000, 11_000))
        if charger in self.roamers and chance.random() < 0.5:
            how = chance.choice(["close", "reset", "silent", "refuse"])
            await driver.result_of(await driver.give(charger, "go_offline", how=how, seconds=chance.random()))
        await self._end_session(charger, chance, token)
        await driver.count(charger, "transaction_ended", number)
        await driver.do(charger, "unplug")
        if chance.random() < 0.1:
            await driver.repeat(chance.choice([id for id in driver.commands if id.startswith(f"{charger}-")]))

    async def _end_session(self, charger: str, chance: random.Random, token: str) -> None:
        driver, way = self.bed.driver, chance.random()
        if charger in self.roamers and way < 0.3:
            booted = driver.counts[charger]["registered"]
            await driver.do(charger, "power_cycle")
            await driver.count(charger, "registered", booted + 1)
        elif self.chargers[charger] == "ocpp2.0.1" and way < 0.3:
            transaction = driver.last(charger, "transaction_started")["transaction"]
            await self._call(charger, "RequestStopTransaction", {"transactionId": transaction})
            # The call may have been lost, or only its answer: then there is nothing left to stop.
            await driver.result_of(await driver.give(charger, "press_stop"))
        elif way < 0.6:
            await driver.do(charger, "present_token", token=token)
        else:
            await driver.do(charger, "press_stop")

    async def _ask(self, number: int) -> None:
        """The backend calls chargers, one after the other."""
        chance = random.Random(f"{self.seed} caller {number}")
        names = sorted(self.chargers)
        while not self._stop.is_set():
            await self._pause(chance.uniform(0.0, 0.2))
            charger = chance.choice(names)
            action, payload = chance.choice(CALLS[self.chargers[charger]])
            await self._call(charger, action, payload)

    async def _call(self, charger: str, action: str, payload: Mapping[str, object]) -> None:
        """Notes how the call ended: a link that goes takes its calls along."""
        try:
            await self.bed.backend.call(charger, action, payload, timeout=25.0)
            self.calls["answered"] += 1
        except NotConnected:
            self.calls["not connected"] += 1
        except CallFailed as failed:
            self.calls[f"failed: {failed.code}"] += 1
        except TimeoutError:
            self.calls["unanswered"] += 1

    async def _pause(self, seconds: float) -> None:
        """Time passes in the life of a driver; the end of the run ends it."""
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return
