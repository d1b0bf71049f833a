"""The AsyncAPI document of all streams of the product, from their one table. Opens no connection, starts nothing.

`python -m vcp_runner.asyncapi [file]` writes it, by default to docs/asyncapi.json of the checkout.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from faststream.redis import RedisBroker
from faststream.specification import AsyncAPI
from pydantic.json_schema import JsonSchemaValue
from pydantic_core.core_schema import TaggedUnionSchema
from vcp_contracts.channels import CHANNELS
from vcp_contracts.schemas import WordSchema, schemas_with_shared_parts
from vcp_contracts.streams import PARTITIONS, partition_of
from vcp_plumbing.declaring import declare_read, declare_written

FILE = Path(__file__).parents[3] / "docs" / "asyncapi.json"
PART = "#/components/schemas/{model}"

Json = dict[str, Any]


class AsyncApiSchema(WordSchema):
    """JSON Schema as AsyncAPI 3.0 extends it: a discriminator is the name of a field, without a mapping."""

    def tagged_union_schema(self, schema: TaggedUnionSchema) -> JsonSchemaValue:
        """The schema of a union of words."""
        return {**super().tagged_union_schema(schema), "discriminator": schema["discriminator"]}


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
        if channel.open:
            declare_read(broker, name)
        else:
            declare_written(broker, name)
    return broker


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
