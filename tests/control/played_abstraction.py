"""An Abstraction that is played: it takes what is in `in`, answers every command, keeps views, and tells events."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Self

import orjson
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_contracts.commands import AnyCommand, Provision, Retire
from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.events import CommandDone, CommandRejected, FrameReceived, FrameSent
from vcp_contracts.letters import any_command
from vcp_contracts.results import CommandResult
from vcp_contracts.view import BootView, ChargePointView, LinkView, QueueView
from vcp_contracts.words import Word
from vcp_plumbing.entry import decode_entry
from vcp_plumbing.reader import Reader
from vcp_plumbing.world import World

NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
Answer = Callable[[AnyCommand], dict[str, Any] | None]


def view_of(id: str, configuration: ChargePointConfiguration) -> ChargePointView:
    return ChargePointView(
        id=id,
        powered=True,
        configuration=configuration,
        link=LinkView(wanted=False, state="down"),
        boot=BootView(verdict="none"),
        status="available",
        evses=(),
        queue=QueueView(boot=0, express=0, transactions=0),
        settings={},
    )


class PlayedAbstraction:
    """Answers as `answer` says: a command → fields of its result, or None for no result at all."""

    def __init__(self, redis: Redis, world: World) -> None:
        self.taken: list[AnyCommand] = []
        self.answer: Answer = lambda command: {"status": "done"}
        self._redis = redis
        self._partitions = world.partitions
        self._reader = Reader(redis, streams.inbox)
        self._positions = dict.fromkeys(range(world.partitions), "0-0")
        self._configurations: dict[str, ChargePointConfiguration] = {}
        self._ids = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.show_life()
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def show_life(self, service: str = "abstraction") -> None:
        seconds, micros = await self._redis.time()
        await self._redis.zadd(streams.members(service), {"played": seconds * 1000 + micros // 1000})

    async def die(self) -> None:
        await self._redis.delete(streams.members("abstraction"))

    async def tell(self, event: Word) -> str:
        """Publish an event; its stream id."""
        key = streams.events(streams.partition_of(event.charge_point, self._partitions))
        added = await self._redis.xadd(key, {streams.FIELD: event.model_dump_json()})
        return str(added.decode())

    async def record(self, frame: FrameSent | FrameReceived) -> str:
        """Put a frame on the wire record; its cursor."""
        partition = streams.partition_of(frame.charge_point, self._partitions)
        key = streams.frames(partition, frame.charge_point)
        added = await self._redis.xadd(key, {streams.FIELD: frame.model_dump_json()})
        return str(added.decode())

    async def knows(self, id: str, **configuration: Any) -> None:
        """A charge point that was set up long ago."""
        self._configurations[id] = ChargePointConfiguration(**configuration)
        await self._show(id)

    async def end(self, command: AnyCommand, **fields: Any) -> None:
        """Give a command its result."""
        self._ids += 1
        result = CommandResult(command=command.id, charge_point=command.charge_point, at=NOW, **fields)
        partition = streams.partition_of(command.charge_point, self._partitions)
        await self._redis.hset(streams.done(partition), command.id, result.model_dump_json())
        kind = CommandDone if result.status == "done" else CommandRejected
        await self.tell(
            kind(
                id=f"e{self._ids}", charge_point=command.charge_point, at=NOW, cause=command.id, result=result
            )
        )

    async def _run(self) -> None:
        while True:
            for partition, entries in (await self._reader.wait(self._positions, 1_000)).items():
                for entry in entries:
                    self._positions[partition] = entry.id
                    await self._take(any_command.validate_python(orjson.loads(decode_entry(entry.fields))))

    async def _take(self, command: AnyCommand) -> None:
        self.taken.append(command)
        fields = self.answer(command)
        if fields is None:
            return
        if fields["status"] == "done" and isinstance(command, Provision):
            fields = {**fields, "detail": {"change": self._change(command)}}
            await self._show(command.charge_point)
        elif fields["status"] == "done" and isinstance(command, Retire):
            partition = streams.partition_of(command.charge_point, self._partitions)
            if not await self._redis.hdel(streams.view(partition), command.charge_point):
                fields = {"status": "rejected", "kind": "unknown_charge_point"}
        await self.end(command, **fields)

    def _change(self, command: Provision) -> str:
        before = self._configurations.get(command.charge_point)
        self._configurations[command.charge_point] = command.configuration
        if before is None:
            return "provisioned"
        return "none" if before == command.configuration else "configured"

    async def _show(self, id: str) -> None:
        view = view_of(id, self._configurations[id])
        partition = streams.partition_of(id, self._partitions)
        await self._redis.hset(streams.view(partition), id, view.model_dump_json())
