"""The JSON Schema of a scenario file, for editors. Derived from the words; `python -m` it to write the file anew."""

from pathlib import Path
from typing import Any

import orjson

from vcp_testkit.scenarios.command_steps import COMMANDS
from vcp_testkit.scenarios.words import Scenario

ID = "urn:vcp:schemas:scenario"
FILE = Path(__file__).parent / "scenario.schema.json"


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12."""
    made = Scenario.model_json_schema(by_alias=True)
    step = made["$defs"]["Step"]
    for name in COMMANDS:
        step["properties"][name] = _with_shorthand(step["properties"][name])
    wait = step["properties"]["wait"]
    wait["anyOf"] = [{"type": ["number", "string"]}, *wait["anyOf"]]
    then = made["$defs"]["StandingOrder"]["properties"]["then"]
    then["anyOf"] = [then["items"], {key: then.pop(key) for key in ("type", "items", "minItems", "maxItems")}]
    bare = {"type": "string", "enum": sorted(COMMANDS)}
    made["$defs"]["Step"] = {"anyOf": [bare, {**step, "minProperties": 1}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": ID, **made}


def text() -> str:
    """The file's content."""
    return orjson.dumps(schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


def _with_shorthand(shown: dict[str, Any]) -> dict[str, Any]:
    """A command may stand without a body, or with the value of its first field."""
    return {**shown, "anyOf": [*shown["anyOf"], {"type": ["string", "number", "boolean"]}]}


if __name__ == "__main__":
    FILE.write_text(text())
