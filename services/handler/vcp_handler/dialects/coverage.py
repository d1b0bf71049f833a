"""The page that says which OCPP actions the charger speaks, made from the tables. Prints docs/coverage.md:

python -m vcp_handler.dialects.coverage > docs/coverage.md
"""

from collections.abc import Iterator

from vcp_handler.dialects import DIALECTS
from vcp_handler.dialects.table import Depth, Dialect

_INTRODUCTION = """\
# Coverage: every OCPP action, and what the charger does with it

Made from the dialects' tables by `python -m vcp_handler.dialects.coverage`; a test holds it against them.

- **stateful**: the charger does what the message is about, and its state shows it.
- **acknowledged only**: a valid answer by configured behaviour, and an event; nothing else changes.
- **refused**: a backend's call is answered with the error `NotSupported`; the charger never sends its own.

An action that a version doesn't know is answered with `NotImplemented`."""

_STATUS: dict[Depth, str] = {"stateful": "stateful", "acknowledged": "acknowledged only"}


def page() -> str:
    """The whole page."""
    return "\n\n".join([_INTRODUCTION, *(_chapter(dialect) for dialect in DIALECTS.values())]) + "\n"


def _chapter(dialect: Dialect) -> str:
    ours = dict(sorted(_ours(dialect)))
    theirs = dict(sorted(_theirs(dialect)))
    spoken = len(dialect.said_by_name.keys() | dialect.heard_by_name.keys())
    return "\n".join(
        [
            f"## {dialect.subprotocol}: {spoken} of {len(dialect.known)} actions",
            "",
            *_table("Charger → backend", ours),
            "",
            *_table("Backend → charger", theirs),
        ]
    )


def _table(title: str, rows: dict[str, tuple[str, str]]) -> Iterator[str]:
    yield f"| {title} | status | in the charger's words, or why not |"
    yield "|---|---|---|"
    for action, (status, note) in rows.items():
        yield f"| {action} | {status} | {note} |"


def _ours(dialect: Dialect) -> Iterator[tuple[str, tuple[str, str]]]:
    for action, row in dialect.said_by_name.items():
        words = [each.contract.__name__ for each in dialect.said if each.action == action]
        yield action, (_STATUS[row.depth], ", ".join(words))
    for action, reason in dialect.unsaid.items():
        yield action, ("refused", reason)


def _theirs(dialect: Dialect) -> Iterator[tuple[str, tuple[str, str]]]:
    for action, row in dialect.heard_by_name.items():
        yield action, (_STATUS[row.depth], row.contract.__name__)
    for action, reason in dialect.refused.items():
        yield action, ("refused", reason)


if __name__ == "__main__":
    print(page(), end="")
