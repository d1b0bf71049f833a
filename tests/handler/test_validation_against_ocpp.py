"""Our verdict on a payload is that of the `ocpp` package's own validator, over all its schemas."""

import copy
import random
from collections.abc import Iterator
from importlib.resources import files

import orjson
import pytest
from ocpp import messages
from ocpp.exceptions import OCPPError
from vcp_handler.frames import Payload
from vcp_handler.validation import Schemas

MUTATIONS = 12
"""How many damaged payloads per schema; the seed is fixed, so they are the same each time."""

Schema = dict[str, object]


@pytest.mark.parametrize(("folder", "version"), [("v16", "1.6"), ("v201", "2.0.1")])
def test_every_verdict_is_the_reference_validators(folder: str, version: str) -> None:
    schemas = Schemas(folder)
    differences = []
    for action in sorted(schemas.actions):
        for payload in payloads_for(folder, action, response=False):
            ours = schemas.check_call(action, payload) is None
            if ours is not reference(messages.Call("1", action, copy.deepcopy(payload)), version):
                differences.append((action, "call", payload))
        for payload in payloads_for(folder, action, response=True):
            ours = schemas.check_result(action, payload) is None
            if ours is not reference(messages.CallResult("1", copy.deepcopy(payload), action), version):
                differences.append((action, "result", payload))
    assert differences == []


def reference(message: object, version: str) -> bool:
    try:
        messages._validate_payload(message, version)
    except OCPPError:
        return False
    return True


def payloads_for(folder: str, action: str, *, response: bool) -> Iterator[Payload]:
    """A full and a least valid payload, then damaged copies of the full one."""
    name = action + ("Response" if response else "" if folder == "v16" else "Request")
    schema = orjson.loads((files("ocpp") / folder / "schemas" / f"{name}.json").read_bytes())
    dice = random.Random(name)
    full = example(schema, schema, everything=True, depth=0)
    yield full
    yield example(schema, schema, everything=False, depth=0)
    for _ in range(MUTATIONS):
        damaged = copy.deepcopy(full)
        damage(damaged, dice)
        yield damaged


def example(schema: Schema, root: Schema, *, everything: bool, depth: int) -> object:
    if "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            named = properties if everything and depth < 4 else schema.get("required", [])
            return {
                key: example(properties[key], root, everything=everything, depth=depth + 1) for key in named
            }
        case "array":
            least = schema.get("minItems", 1)
            return [example(schema["items"], root, everything=everything, depth=depth + 1)] * least
        case "integer":
            return int(schema.get("minimum", 1))
        case "number":
            return 1.5
        case "boolean":
            return True
    return (
        "2026-01-01T00:00:00Z"
        if schema.get("format") == "date-time"
        else "text"[: schema.get("maxLength", 4)]
    )


def damage(payload: object, dice: random.Random) -> None:
    """One change somewhere: a field gone, a field more, another type, a long text, an empty list."""
    spots = [*objects(payload)]
    spot = dice.choice(spots)
    if not spot or dice.random() < 0.1:
        spot["unexpected"] = 1
        return
    key = dice.choice(sorted(spot))
    match dice.randrange(7):
        case 0:
            del spot[key]
        case 1:
            spot[key] = [] if isinstance(spot[key], list) else "x" * 3000
        case 2:
            spot[key] = None
        case 3:
            spot[key] = -7
        case 4:
            spot[key] = 2.25
        case 5:
            spot[key] = {}
        case _:
            spot[key] = [spot[key]] * 2 if not isinstance(spot[key], list) else spot[key] * 2


def objects(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)
