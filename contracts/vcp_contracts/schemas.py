"""The JSON Schema documents of the words, for readers and writers in any language. Adds no rule of its own.

`python -m vcp_contracts.schemas [directory]` writes them, by default to `schemas/` beside this package.
"""

import ast
import inspect
import json
import sys
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core.core_schema import ModelSchema

from vcp_contracts.commands import AnyCommand, Command
from vcp_contracts.configuration import ChargePointConfiguration, ChargersFile
from vcp_contracts.events import AnyEvent, FrameReceived, FrameSent
from vcp_contracts.letters import ToAbstraction, ToChores, ToHandler
from vcp_contracts.recorded_session import RecordLine
from vcp_contracts.results import CommandResult
from vcp_contracts.view import ChargePointView
from vcp_contracts.words import Value

DIRECTORY = Path(__file__).parent.parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

AnyFrame = Annotated[FrameSent | FrameReceived, Field(discriminator="type")]

DOCUMENTS: dict[str, tuple[Any, str]] = {
    "chargers_file": (ChargersFile, "The chargers file, applied at start"),
    "command_result": (CommandResult, "The one end that every command has"),
    "commands": (AnyCommand, "Commands: someone touches the charger"),
    "configuration": (ChargePointConfiguration, "How a charge point is set up"),
    "events": (AnyEvent, "Events: what happened, for anyone"),
    "frames": (AnyFrame, "Frames: the wire record of one charge point, both directions"),
    "recorded_session": (RecordLine, "A line of a recorded session: the header, or a frame"),
    "to_abstraction": (ToAbstraction, "Everything that may lie in a partition's `in`"),
    "to_chores": (ToChores, "Slow work for the chores worker"),
    "to_handler": (ToHandler, "Everything that may lie in a partition's `out`"),
    "view": (ChargePointView, "What readers may know of a charge point"),
}
"""Name of each document → what it describes, and its title."""

OWN_ID = "Chosen by the sender, unique for ever. Without it the command gets the id of its stream entry."

Json = dict[str, Any]


class WordSchema(GenerateJsonSchema):
    """Pydantic's schema, with what it can't know: a word must say its `type`, a command may come without `id`,
    and the docstrings under the fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: it would only repeat the field's name."""
        return False

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        """The schema of one class."""
        made = super().model_schema(schema)
        kind = schema["cls"]
        fields: Json = made.get("properties", {})
        required = set(made.get("required", ()))
        if "const" in fields.get("type", {}):
            required.add("type")
        if issubclass(kind, Command):
            required.discard("id")
            fields["id"]["description"] = OWN_ID
        if required:
            made["required"] = sorted(required)
        # the default of `at` stands for "not given": a reader takes the time of the stream entry
        fields.get("at", {}).pop("default", None)
        for field, text in _field_docs(kind).items():
            fields[field].setdefault("description", text)
        return made


def _field_docs(kind: type[Any]) -> dict[str, str]:
    """The docstrings under the fields of a class and of those it inherits from."""
    docs: dict[str, str] = {}
    for ancestor in reversed(kind.__mro__):
        if issubclass(ancestor, Value) and ancestor is not Value:
            docs |= _docs_in(ancestor)
    return docs


@cache
def _docs_in(kind: type[Any]) -> Mapping[str, str]:
    [body] = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(body, ast.ClassDef)
    docs = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                docs[name] = inspect.cleandoc(text)
    return docs


def schema(name: str) -> Json:
    """The JSON Schema of one of `DOCUMENTS`. Raises KeyError."""
    of, title = DOCUMENTS[name]
    made = TypeAdapter(of).json_schema(schema_generator=WordSchema)
    return {**made, "$id": f"urn:vcp:schemas:{name}", "$schema": DIALECT, "title": title}


def schemas_with_shared_parts(
    names: Collection[str], ref_template: str, generator: type[WordSchema] = WordSchema
) -> tuple[Json, Json]:
    """The schemas of several of `DOCUMENTS` by name, and the parts that they share. Raises KeyError.

    `ref_template` says how a part is referred to, with `{model}` for its name; where two words have one name, each
    part gets a longer one. `generator` spells schemas in a document's own dialect.
    """
    mode: JsonSchemaMode = "validation"
    inputs = [(name, mode, TypeAdapter[Any](DOCUMENTS[name][0])) for name in names]
    made, parts = TypeAdapter.json_schemas(inputs, ref_template=ref_template, schema_generator=generator)
    return {name: {**part, "title": DOCUMENTS[name][1]} for (name, _), part in made.items()}, parts["$defs"]


def documents() -> Mapping[str, str]:
    """File name → text of every schema file; the same words give the same text."""
    return {
        f"{name}.json": json.dumps(schema(name), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for name in DOCUMENTS
    }


def write(directory: Path) -> None:
    """Writes every schema file, and removes the ones that are no more."""
    directory.mkdir(parents=True, exist_ok=True)
    texts = documents()
    for path in directory.glob("*.json"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else DIRECTORY)
