"""Payloads changed by a merge patch (RFC 7396) or a JSON patch (RFC 6902). The only file that knows `jsonpatch`."""

from copy import deepcopy
from typing import Any

import jsonpatch
import orjson
from vcp_contracts.rules import Edit

from vcp_handler.frames import MAX_TEXT, Payload


class Unalterable(Exception):
    """The payload can't be changed in this way; the text says why."""


def edited(payload: Payload, edit: Edit) -> Payload:
    """A changed copy. Raises Unalterable."""
    if edit.merge is not None:
        return merged(payload, edit.merge)
    return _patched(payload, edit.patch or ())


def merged(payload: Payload, change: dict[str, Any]) -> Payload:
    """The payload after a merge patch: null takes a field away, objects merge, all else replaces."""
    result = dict(payload)
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            there = result.get(name)
            result[name] = merged(there if isinstance(there, dict) else {}, value)
        else:
            result[name] = value
    return result


def _patched(payload: Payload, steps: tuple[dict[str, Any], ...]) -> Payload:
    changed: Any = deepcopy(payload)
    for number, step in enumerate(steps):
        try:
            changed = jsonpatch.JsonPatch([step]).apply(changed, in_place=True)
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            raise Unalterable(f"patch[{number}]: {error}") from error
        # Copies of copies double each time: a hundred of them would fill the memory.
        if step["op"] == "copy" and len(orjson.dumps(changed)) > MAX_TEXT:
            raise Unalterable(f"patch[{number}]: the payload grows beyond {MAX_TEXT} characters")
    if not isinstance(changed, dict):
        raise Unalterable("patch: the payload must stay an object")
    return changed
