"""A process that stands still past its lease and then goes on finds that others have its partitions: it does no harm."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chaos.bed import PARTITIONS, running_bed
from chaos.load import Load
from chaos.verdict import close_the_books
from vcp_contracts.streams import partition_of
from vcp_plumbing.commit import LEASE_MS

CHARGERS = {f"CP{n:03d}": "ocpp1.6" if n % 2 else "ocpp2.0.1" for n in range(16)}


@pytest.mark.chaos
async def test_a_frozen_process_of_each_service_that_thaws_after_its_lease(tmp_path: Path):
    async with running_bed(tmp_path, abstractions=2, handlers=2) as bed:
        load = Load(bed, CHARGERS, seed=3)
        await load.install()
        async with load.going_on():
            await load.goes_on()
            frozen = [
                max(
                    [(len(await bed.owned(one)), one.owner, one) for one in bed.running(service)],
                )[2]
                for service in ("abstraction", "handler")
            ]
            hit = await bed.owned(frozen[1])
            blow = bed.blow_to(hit, "its Handler stood still")
            began = datetime.now(UTC)
            for process in frozen:
                process.freeze()
            for process in frozen:
                await bed.moved(process)
            await load.goes_on()
            for process in frozen:
                process.thaw()
            await load.goes_on()
        bed.mended(blow)
        lease_over = began + timedelta(milliseconds=LEASE_MS)
        old = {
            socket.number
            for socket in bed.sockets
            if socket.opened_at < began and partition_of(socket.identity, PARTITIONS) in hit
        }
        assert [
            frame
            for frame in bed.backend.frames
            if frame.direction == "in" and frame.socket_number in old and frame.at > lease_over
        ] == []
        await close_the_books(load)
