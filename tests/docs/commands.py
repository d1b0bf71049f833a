"""The commands that a document shows: whole lines in indented blocks, and `./vcp …` or `docker …` within the text."""

import re
from itertools import pairwise
from pathlib import Path

TOP = Path(__file__).parents[2]

_WITHIN = re.compile(r"`((?:\./vcp|docker|\.ci/run|python -m)\b[^`]*)`")
_COMMENT = re.compile(r"\s+#\s.*$")
_ITEM = re.compile(r"\s*([-*]|\d+\.)\s")
_PROGRAM = re.compile(r"(\./|\.ci/)?[a-z][\w.-]*\s|\./\S+$|\.ci/\S+$")


def documents() -> list[Path]:
    """All documents that people read."""
    return [*sorted(TOP.glob("*.md")), *sorted((TOP / "docs").rglob("*.md"))]


def commands(document: Path) -> list[str]:
    """Each command once, in the order of the document; a line that ends with a backslash goes on in the next."""
    text = document.read_text()
    found = [command for block in _blocks(text) for command in _lines(block) if _PROGRAM.match(command)]
    return list(dict.fromkeys([*found, *_WITHIN.findall(text)]))


def _blocks(text: str) -> list[str]:
    """The indented blocks that stand by themselves; what is indented below an item of a list is text."""
    return [
        block
        for before, block in pairwise(["", *text.split("\n\n")])
        if block.startswith("    ") and not _ITEM.match(before.rpartition("\n")[2])
    ]


def _lines(block: str) -> list[str]:
    joined = re.sub(r"\\\n\s*", "", block)
    return [_COMMENT.sub("", line).strip() for line in joined.splitlines() if line.strip()]
