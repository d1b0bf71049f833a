"""The AsyncAPI document of all streams of the product. Declares; opens no connection and starts nothing.

`python -m vcp_runner.asyncapi [file]` writes it, by default to docs/asyncapi.json of the checkout.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from faststream.redis import RedisBroker, StreamSub
from faststream.specification import AsyncAPI
from pydantic.json_schema import JsonSchemaValue
from pydantic_core.core_schema import TaggedUnionSchema
from vcp_contracts.schemas import DOCUMENTS, WordSchema, schemas_with_shared_parts
from vcp_contracts.streams import (
    DOOR,
    DOOR_DEAD,
    FIELD,
    PARTITIONS,
    chores,
    dead,
    events,
    frames,
    inbox,
    outbox,
    partition_of,
)
from vcp_contracts.words import Value

FILE = Path(__file__).parents[3] / "docs" / "asyncapi.json"
PART = "#/components/schemas/{model}"

Json = dict[str, Any]


class AsyncApiSchema(WordSchema):
    """JSON Schema as AsyncAPI 3.0 extends it: a discriminator is the name of a field, without a mapping."""

    def tagged_union_schema(self, schema: TaggedUnionSchema) -> JsonSchemaValue:
        """The schema of a union of words."""
        return {**super().tagged_union_schema(schema), "discriminator": schema["discriminator"]}


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
    action: Literal["receive", "send"]
    says: str | type[Value]
    description: str

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
        action="receive",
        says="commands",
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
        action="send",
        says=DeadDoorEntry,
        description="Entries of the front door that name no charge point, each with its reason.",
    ),
    "in": Channel(
        address=of_any(inbox(0)),
        action="receive",
        says="to_abstraction",
        description=(
            "Everything to the Abstraction, in one order: commands of anyone, and outcomes, requests and link facts "
            "of the Handler. Publish commands only, and never trim this stream: it is trimmed when it is read."
        ),
    ),
    "out": Channel(
        address=of_any(outbox(0)),
        action="send",
        says="to_handler",
        description=(
            "Everything to the Handler: actions, replies, link orders. An inner stream; it promises nothing, "
            "since the Abstraction's queue repeats what a Handler lost."
        ),
    ),
    "chores": Channel(
        address=of_any(chores(0)),
        action="send",
        says="to_chores",
        description=(
            "Slow work for the chores worker: transfers and checks of certificates. An inner stream; it promises "
            "nothing, since a charger orders again what it waits for. Results come back as `chore_done` in `in`."
        ),
    ),
    "events": Channel(
        address=of_any(events(0)),
        action="send",
        says="events",
        description=(
            "What happened, for anyone; bounded by count. Read it with XREAD from an id of your own choice. "
            "New words and fields may come at any time: ignore those that you do not know."
        ),
    ),
    "frames": Channel(
        address=of_any(frames(0, "cp")),
        action="send",
        says="frames",
        description=(
            "The wire record of one charge point, both directions, the last frames only. Secrets are masked."
        ),
    ),
    "dead": Channel(
        address=of_any(dead(0)),
        action="send",
        says=DeadEntry,
        description="Entries that could not be read or applied, each with its reason. Nobody reads them again.",
    ),
}

PARAMETERS: dict[str, Json] = {
    "partition": {
        "description": (
            "The hash tag of the charge point's partition, braces included: `{p` + two digits + `}` of "
            f"crc32(charge point id, UTF-8) modulo the number of partitions. That number, {PARTITIONS} in a new "
            "world, is in the hash `vcp:world`. "
            f"Example: CP001 lies in partition {partition_of('CP001')}, tag `{{p{partition_of('CP001'):02d}}}`."
        ),
        "enum": [f"{{p{n:02d}}}" for n in range(PARTITIONS)],
        "examples": [f"{{p{partition_of('CP001'):02d}}}"],
    },
    "charge_point": {
        "description": "The id of the charge point, as its backend knows it.",
        "examples": ["CP001"],
    },
}

DESCRIPTION = """\
A charge point that is not there: another service publishes typed commands to a Redis stream, and listens to typed
events on others. `receive` and `send` are said from the product's side. Every entry has one field, `__data__`, with
plain JSON. Nothing here needs Python or FastStream."""


def declare() -> RedisBroker:
    """A broker with every channel declared, and nothing started."""
    broker = RedisBroker("redis://localhost:6379", protocol_version="7.0")
    for name, channel in CHANNELS.items():
        if channel.action == "send":
            broker.publisher(
                stream=channel.address, title=name, description=channel.description, schema=channel.of
            )
        else:
            stream = StreamSub(channel.address)
            broker.subscriber(stream=stream, title=name, description=channel.description)(_reader(channel.of))
    return broker


def _reader(of: Any) -> Callable[[Any], None]:
    """The reader of a declared stream. FastStream never runs it: the product's own reads all partitions at once."""

    def read(word: Any) -> None:
        raise NotImplementedError("this broker only declares")

    read.__annotations__["word"] = of
    return read


def document() -> Json:
    """The whole document: FastStream's channels, with the contracts' own schemas as their payloads."""
    factory = AsyncAPI(
        declare(),
        title="virtual-charge-point",
        version=version("virtual-charge-point"),
        description=DESCRIPTION,
        license={"name": "Apache-2.0"},
    )
    made: Json = json.loads(factory.to_specification().to_json())
    [server] = made["servers"].values()
    made["servers"] = {
        "broker": server | {"description": "Any Redis or Valkey from 7.0; REDIS_URL names it."}
    }
    for name, channel in CHANNELS.items():
        del made["channels"][name]["servers"]
        made["channels"][name] |= _addressed(name, channel.address)
        made["operations"][name]["messages"] = [{"$ref": f"#/channels/{name}/messages/{name}"}]
    made["components"] = {"messages": {name: _message(name) for name in CHANNELS}, "schemas": _schemas()}
    return made


def _addressed(name: str, address: str) -> Json:
    used = {name: text for name, text in PARAMETERS.items() if f"{{{name}}}" in address}
    own: Json = {"messages": {name: {"$ref": f"#/components/messages/{name}"}}}
    return own | ({"parameters": used} if used else {})


def _message(name: str) -> Json:
    says = CHANNELS[name].says
    payload = says if isinstance(says, str) else says.__name__
    made: Json = {"name": name, "payload": {"$ref": PART.format(model=payload)}}
    # ids travel in the words, not in headers: what a word is about is its cause
    return made | (
        {"correlationId": {"location": "$message.payload#/cause"}} if isinstance(says, str) else {}
    )


def _schemas() -> Json:
    """FastStream would put two words of one name under one: the contracts keep them apart."""
    names = [channel.says for channel in CHANNELS.values() if isinstance(channel.says, str)]
    models = [channel.says for channel in CHANNELS.values() if not isinstance(channel.says, str)]
    documents, parts = schemas_with_shared_parts(names, PART, AsyncApiSchema)
    own = {model.__name__: model.model_json_schema(schema_generator=AsyncApiSchema) for model in models}
    return {**parts, **documents, **own}


def text() -> str:
    """The document as it is written; the same channels and words give the same text."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (Path(sys.argv[1]) if len(sys.argv) > 1 else FILE).write_text(text(), encoding="utf-8")
