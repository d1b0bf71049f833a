"""Services are killed while rules stand: every rule goes on standing, and one that is to fire once fires once, or twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from chaos.bed import PARTITIONS, Bed, running_bed
from chaos.driver import PATIENCE_S
from chaos.load import SETTINGS
from chaos.process import Service
from chaos.verdict import replay_differs
from vcp_backend import CallFailed, NotConnected
from vcp_backend.faults import Fault
from vcp_contracts import streams

CP = "CP001"
SAYS = {"status": "Rejected", "data": "said by a rule"}
ITSELF = {"status": "UnknownVendorId"}
RULE = {
    "name": "r",
    "when": {"action": "DataTransfer", "direction": "received", "kind": "call"},
    "then": {"do": "answer", "payload": SAYS},
}


@asynccontextmanager
async def charger(folder: Path) -> AsyncIterator[Bed]:
    async with running_bed(folder) as bed:
        configuration = {
            "url": bed.wire.url,
            "protocols": ["ocpp1.6"],
            "settings": SETTINGS,
            "online": True,
        }
        await bed.driver.do(CP, "provision", configuration=configuration)
        await bed.driver.count(CP, "registered", 1)
        yield bed
        for process in bed.running("abstraction"):
            await process.kill()
        assert bed.deaths == []
        assert await replay_differs(bed, streams.partition_of(CP, PARTITIONS)) == []


async def asked(bed: Bed) -> dict[str, object]:
    """What the charger says to vendor data; asked again while it has no link."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return dict(await bed.backend.call(CP, "DataTransfer", {"vendorId": "org.example"}, 5.0))
            except (NotConnected, CallFailed, TimeoutError):
                await asyncio.sleep(0.05)


@pytest.mark.chaos
async def test_a_rule_outlives_every_service(tmp_path: Path):
    async with charger(tmp_path) as bed:
        await bed.driver.do(CP, "add_rule", rule=RULE)
        assert await asked(bed) == SAYS
        for service in ("handler", "abstraction", "handler"):
            [victim] = bed.running(service)
            await bed.kill(victim, release=True)
            assert await asked(bed) == SAYS
        await bed.driver.do(CP, "remove_rules", name="r")
        assert await asked(bed) == ITSELF


@pytest.mark.chaos
@pytest.mark.parametrize("service", ["handler", "abstraction"])
async def test_a_rule_that_fires_once_fires_at_most_twice(tmp_path: Path, service: Service):
    async with charger(tmp_path) as bed:
        for round in range(1, 6):
            await bed.driver.do(CP, "add_rule", rule={**RULE, "times": 1})
            [victim] = bed.running(service)
            said = [await asked(bed)]
            # its answer is out: whether anybody knows of that, is not said
            await bed.kill(victim, release=True)
            while said[-1] != ITSELF:
                said.append(await asked(bed))
            assert said.count(SAYS) in (1, 2)
            await bed.driver.until(
                lambda ends=round: bed.driver.counts[CP]["rule_ended"] == ends,  # type: ignore[misc]
                f"the end of rule {round}",
            )


@pytest.mark.chaos
async def test_a_raw_call_ends_unanswered_where_its_handler_dies(tmp_path: Path):
    async with charger(tmp_path) as bed:
        bed.backend.misbehave(Fault(do="never_answer", action="DataTransfer", times=None))
        payload = {"vendorId": "org.example"}
        given = [
            await bed.driver.give(CP, "send_raw", action="DataTransfer", payload=payload, unchecked=unchecked)
            for unchecked in (True, False)
        ]
        await bed.backend.wait_for(CP, "DataTransfer", timeout=PATIENCE_S)
        [victim] = bed.running("handler")
        await bed.kill(victim, release=True)
        for id in given:
            assert (await bed.driver.result_of(id))["detail"]["outcome"] == "unanswered"
