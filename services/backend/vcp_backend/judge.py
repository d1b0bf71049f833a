"""The independent judge: `ocpp`'s own schema files, compiled. Used where the backend is strict; answers nothing."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import jsonschema_rs
import orjson

FOLDERS = {"ocpp1.6": ("v16", ""), "ocpp2.0.1": ("v201", "Request")}

CODES_16 = {
    "required": "ProtocolError",
    "type": "TypeConstraintViolation",
    "additionalProperties": "FormationViolation",
    "minItems": "OccurenceConstraintViolation",
    "maxItems": "OccurenceConstraintViolation",
}
CODES_201 = {
    "required": "OccurrenceConstraintViolation",
    "type": "TypeConstraintViolation",
    "additionalProperties": "FormatViolation",
    "minItems": "OccurrenceConstraintViolation",
    "maxItems": "OccurrenceConstraintViolation",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a payload isn't valid: the version's own error code, and a text with the place."""

    code: str
    text: str


def check_call(subprotocol: str, action: str, payload: object) -> Complaint | None:
    """Holds a request's payload against its schema; an action without one is NotImplemented."""
    return _check(subprotocol, action + FOLDERS[subprotocol][1], payload)


def check_answer(subprotocol: str, action: str, payload: object) -> Complaint | None:
    """Holds an answer's payload against its schema."""
    return _check(subprotocol, action + "Response", payload)


def _check(subprotocol: str, schema: str, payload: object) -> Complaint | None:
    validator = _validator(subprotocol, schema)
    if validator is None:
        return Complaint("NotImplemented", f"{subprotocol} has no {schema}")
    error = next(validator.iter_errors(payload), None)
    if error is None:
        return None
    codes = CODES_16 if subprotocol == "ocpp1.6" else CODES_201
    place = "/".join(str(step) for step in error.instance_path)
    code = codes.get(str(error.schema_path[-1]), "PropertyConstraintViolation")
    return Complaint(code, f"{place or 'payload'}: {error.message}"[:255])


@cache
def schema_names(subprotocol: str) -> frozenset[str]:
    """The names of all schemas of a version, as its files spell them."""
    folder = files("ocpp") / FOLDERS[subprotocol][0] / "schemas"
    return frozenset(file.name.removesuffix(".json") for file in folder.iterdir())


def _validator(subprotocol: str, schema: str) -> jsonschema_rs.Validator | None:
    # an action comes from the wire: it is looked up among names, never made into a path
    return _compiled(subprotocol, schema) if schema in schema_names(subprotocol) else None


@cache
def _compiled(subprotocol: str, schema: str) -> jsonschema_rs.Validator:
    file = files("ocpp") / FOLDERS[subprotocol][0] / "schemas" / f"{schema}.json"
    return jsonschema_rs.validator_for(
        orjson.loads(file.read_text(encoding="utf-8-sig")), validate_formats=True
    )
