"""Names of all streams and keys, as plain functions. One partition's keys share one hash tag, hence one cluster slot."""

from zlib import crc32

PARTITIONS = 16
"""How many partitions a new world gets. A world's number never changes; `vcp:world` holds it."""

FIELD = "__data__"
"""The one field of every stream entry: plain JSON."""

WORLD = "vcp:world"
DOOR = "vcp:door"
DOOR_META = "vcp:door:meta"
DOOR_DEAD = "vcp:door:dead"
"""Stream. Entries of the door that name no charge point, each with its reason."""


def partition_of(charge_point: str, partitions: int = PARTITIONS) -> int:
    """The partition that a charge point belongs to: its unit of order, atomicity and ownership."""
    return crc32(charge_point.encode()) % partitions


def _key(partition: int, name: str) -> str:
    return f"vcp:{{p{partition:02d}}}:{name}"


def inbox(partition: int) -> str:
    """Stream. Everything to the Abstraction: commands, outcomes, requests, link facts."""
    return _key(partition, "in")


def outbox(partition: int) -> str:
    """Stream. Everything to the Handler: actions, replies, link orders. Promises nothing: the queue does."""
    return _key(partition, "out")


def chores(partition: int) -> str:
    """Stream. Slow work for the chores worker. Promises nothing: the charger orders again what it waits for."""
    return _key(partition, "chores")


def events(partition: int) -> str:
    """Stream. What happened, for anyone."""
    return _key(partition, "events")


def frames(partition: int, charge_point: str) -> str:
    """Stream. The wire record of one charge point, both directions, the last frames only."""
    return _key(partition, f"frames:{charge_point}")


def dead(partition: int) -> str:
    """Stream. Entries that could not be read or applied, each with its reason."""
    return _key(partition, "dead")


def meta(partition: int, service: str) -> str:
    """Hash. Ownership of one partition by one service: owner, until, number, position."""
    return _key(partition, f"meta:{service}")


def state(partition: int, charge_point: str) -> str:
    """Hash. The sections of one charge point's state, written by the Abstraction alone."""
    return _key(partition, f"cp:{charge_point}")


def view(partition: int) -> str:
    """Hash charge point → view (JSON), the typed contract that readers use."""
    return _key(partition, "views")


def queue(partition: int, charge_point: str) -> str:
    """Hash. The queued actions of one charge point, each written once."""
    return _key(partition, f"queue:{charge_point}")


def charge_points(partition: int) -> str:
    """Set. The ids of all charge points of a partition."""
    return _key(partition, "ids")


def done(partition: int) -> str:
    """Hash command id → result (JSON), kept for an hour."""
    return _key(partition, "done")


def done_at(partition: int) -> str:
    """Sorted set command id → time of its result in ms; the expiry of `done`."""
    return _key(partition, "done_at")


def wire(partition: int) -> str:
    """Hash. What the Abstraction knows of the partition's Handler: owner and manners per subprotocol."""
    return _key(partition, "wire")


def epochs(partition: int) -> str:
    """List. One record a take-over of the partition by an Abstraction: position, time, nonce; a replay needs them."""
    return _key(partition, "epochs")


def members(service: str) -> str:
    """Sorted set process name → time of its last sign of life in ms."""
    return f"vcp:members:{service}"
