"""Channels of the one table, declared on a FastStream broker for its document. Reads and writes nothing."""

from collections.abc import Callable
from typing import Any

from faststream.redis import RedisBroker
from vcp_contracts.channels import CHANNELS


def declare_written(broker: RedisBroker, name: str) -> None:
    """A channel that whoever has this broker writes."""
    channel = CHANNELS[name]
    broker.publisher(stream=channel.address, title=name, description=channel.description, schema=channel.of)


def declare_read(broker: RedisBroker, name: str) -> None:
    """A channel that whoever has this broker reads. It must never be started: a FastStream subscriber loses what it
    has in hand when it is killed, so the working loops read by themselves."""
    channel = CHANNELS[name]
    broker.subscriber(stream=channel.address, title=name, description=channel.description)(
        _reader(channel.of)
    )


def _reader(of: Any) -> Callable[[Any], None]:
    def read(word: Any) -> None:
        raise NotImplementedError("this broker only declares")

    read.__annotations__["word"] = of
    return read
