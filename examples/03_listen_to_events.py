"""Listens to what happens to all charge points, typed, one event after the other, with FastStream.

Needs a running product (`./vcp up` prints its broker's URL). Stop it with Ctrl-C.
Run: REDIS_URL=redis://… python examples/03_listen_to_events.py
"""

import asyncio
import logging
import os
import time

from faststream import FastStream
from faststream.redis import RedisBroker, StreamSub
from vcp_contracts.events import AnyEvent, CommandRejected, StatusChanged, TransactionEnded
from vcp_contracts.streams import PARTITIONS, events

# by default FastStream logs two lines about every message
broker = RedisBroker(os.environ.get("REDIS_URL", "redis://localhost:6379"), log_level=logging.DEBUG)
app = FastStream(broker, logger=None)


async def on_event(event: AnyEvent) -> None:
    """Prints one line for each event. Those of one charge point come in the order in which they happened."""
    match event:
        case StatusChanged():
            said = f"EVSE {event.place.evse} is {event.fine}"
        case TransactionEnded():
            said = f"{event.energy_wh} Wh, ended by {event.reason}"
        case CommandRejected():
            said = f"{event.result.reason}: {event.result.remedy}"
        case _:
            said = ""
    print(f"{event.charge_point} {event.type} {said}".rstrip(), flush=True)


# From now on. Not from `$`: until its first event came, each poll would begin at a later end of the stream.
NOW = f"{time.time_ns() // 1_000_000}-0"
for partition in range(PARTITIONS):
    stream = StreamSub(events(partition), last_id=NOW, polling_interval=2000)
    broker.subscriber(stream=stream)(on_event)


@app.after_startup
async def say_so() -> None:
    """Everything that happens from here on is printed."""
    print("listening", flush=True)


if __name__ == "__main__":
    asyncio.run(app.run())
