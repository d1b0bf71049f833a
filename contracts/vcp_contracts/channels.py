"""All streams as one table: what each carries, who writes and who reads it. Opens none."""

from dataclasses import dataclass
from typing import Any, Literal

from vcp_contracts.schemas import DOCUMENTS
from vcp_contracts.streams import DOOR, DOOR_DEAD, FIELD, chores, dead, events, frames, inbox, outbox
from vcp_contracts.words import Value

Service = Literal["abstraction", "handler", "chores"]


class DeadEntry(Value):
    """An entry that a partition could not read or apply."""

    entry: str
    """Its id in the stream where it lay."""
    charge_point: str | None = None
    reason: str
    body: str
    """What it carried, cut at 4,096 bytes."""


class DeadDoorEntry(Value):
    """An entry of the front door that names no charge point."""

    entry: str
    reason: str
    fields: dict[str, str]
    """The fields of the entry, as they came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One stream, or one per partition. `says`: a document of the contracts, or a model of this file."""

    address: str
    says: str | type[Value]
    description: str
    read_by: frozenset[Service] = frozenset()
    written_by: frozenset[Service] = frozenset()
    open: bool = False
    """Whether anyone may write into it, and the product listens; else the product alone does."""

    @property
    def of(self) -> Any:
        """The type of what it carries."""
        return DOCUMENTS[self.says][0] if isinstance(self.says, str) else self.says


def of_any(key: str) -> str:
    """The pattern of a key: partition 0 and charge point `cp` stand for any."""
    return key.replace("{p00}", "{partition}").replace(":cp", ":{charge_point}")


CHANNELS: dict[str, Channel] = {
    "door": Channel(
        address=DOOR,
        says="commands",
        read_by=frozenset({"abstraction"}),
        open=True,
        description=(
            "The front door: commands for any charge point, without computing its partition. "
            f"Publish one field `{FIELD}` with plain JSON: "
            f'`XADD {DOOR} \'*\' {FIELD} \'{{"type":"plug_in","charge_point":"CP001"}}\'`. '
            "FastStream's binary frame and a field `data` are read too. Every command ends in exactly one "
            "`command_done` or `command_rejected` among the events, with the command's id as `cause`; "
            "a repeated id is answered with its first result."
        ),
    ),
    "door_dead": Channel(
        address=DOOR_DEAD,
        says=DeadDoorEntry,
        written_by=frozenset({"abstraction"}),
        description="Entries of the front door that name no charge point, each with its reason.",
    ),
    "in": Channel(
        address=of_any(inbox(0)),
        says="to_abstraction",
        read_by=frozenset({"abstraction"}),
        written_by=frozenset({"handler", "chores"}),
        open=True,
        description=(
            "Everything to the Abstraction, in one order: commands of anyone, and outcomes, requests and link facts "
            "of the Handler. Publish commands only, and never trim this stream: it is trimmed when it is read."
        ),
    ),
    "out": Channel(
        address=of_any(outbox(0)),
        says="to_handler",
        read_by=frozenset({"handler"}),
        written_by=frozenset({"abstraction"}),
        description=(
            "Everything to the Handler: actions, replies, link orders. An inner stream; it promises nothing, "
            "since the Abstraction's queue repeats what a Handler lost."
        ),
    ),
    "chores": Channel(
        address=of_any(chores(0)),
        says="to_chores",
        read_by=frozenset({"chores"}),
        written_by=frozenset({"abstraction"}),
        description=(
            "Slow work for the chores worker: transfers and checks of certificates. An inner stream; it promises "
            "nothing, since a charger orders again what it waits for. Results come back as `chore_done` in `in`."
        ),
    ),
    "events": Channel(
        address=of_any(events(0)),
        says="events",
        written_by=frozenset({"abstraction", "handler"}),
        description=(
            "What happened, for anyone; bounded by count. Read it with XREAD from an id of your own choice. "
            "New words and fields may come at any time: ignore those that you do not know."
        ),
    ),
    "frames": Channel(
        address=of_any(frames(0, "cp")),
        says="frames",
        written_by=frozenset({"handler"}),
        description=(
            "The wire record of one charge point, both directions, the last frames only. Secrets are masked."
        ),
    ),
    "dead": Channel(
        address=of_any(dead(0)),
        says=DeadEntry,
        written_by=frozenset({"abstraction", "handler", "chores"}),
        description="Entries that could not be read or applied, each with its reason. Nobody reads them again.",
    ),
}
