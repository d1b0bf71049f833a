"""A letter to the dead: an entry that nobody can read, kept with its reason for whoever looks. Writes no stream."""

import orjson
from vcp_contracts.streams import FIELD

from vcp_plumbing.reader import Entry

BODY_KEPT = 4_096
"""Bytes of what an entry carried that are kept."""
REASON_KEPT = 500


def dead_letter(entry: Entry, stream: str, reason: str) -> bytes:
    """The letter as JSON. `stream`: where the entry lay."""
    body = entry.fields.get(FIELD.encode())
    if body is None:
        fields = {
            name.decode(errors="replace"): value.decode(errors="replace")
            for name, value in entry.fields.items()
        }
        body = orjson.dumps(fields)
    return orjson.dumps(
        {
            "entry": entry.id,
            "stream": stream,
            "charge_point": None,
            "reason": reason[:REASON_KEPT],
            "body": body[:BODY_KEPT].decode(errors="replace"),
        }
    )
