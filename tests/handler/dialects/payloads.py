"""Payloads made from OCPP's own schemas: whatever a message may say, dates apart, which are mostly garbage."""

import json
from importlib.resources import files
from typing import Any

from hypothesis import strategies as st

# The schemas' formats are not checked on what comes in.
DATE = st.sampled_from(
    ["2026-03-01T12:00:00Z", "yesterday", "", "2026-03-01T12:00:60Z", "9999-12-31T23:59:59-12:00"]
)
INTEGER = st.integers(-3, 1002) | st.integers(-(2**63), 2**63 - 1)
ANYTHING = st.none() | INTEGER | st.text(max_size=5) | st.just({"a": [1, None]})


def payloads(folder: str, name: str) -> st.SearchStrategy[Any]:
    """What the schema of that name allows; `folder` is one of the `ocpp` package, e.g. `v16`."""
    text = (files("ocpp") / folder / "schemas" / f"{name}.json").read_text(encoding="utf-8-sig")
    schema = json.loads(text)
    return instances(schema, schema.get("definitions", {}))


def instances(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What a schema allows."""
    if "$ref" in schema:
        return instances(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "object":
            return objects(schema, definitions)
        case "array":
            least = schema.get("minItems", 0)
            return st.lists(instances(schema["items"], definitions), min_size=least, max_size=least + 1)
        case "string":
            return (
                DATE
                if schema.get("format") == "date-time"
                else st.text(max_size=min(schema.get("maxLength", 9), 9))
            )
        case "integer":
            return INTEGER.filter(lambda drawn: drawn >= schema.get("minimum", drawn))
        case "number":
            return st.integers(-5, 50)
        case "boolean":
            return st.booleans()
    return ANYTHING


def objects(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What the schema of an object allows, customData apart."""
    parts = {
        name: instances(part, definitions)
        for name, part in schema.get("properties", {}).items()
        if name != "customData"
    }
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: part for name, part in parts.items() if name in required},
        optional={name: part for name, part in parts.items() if name not in required},
    )
