"""Every code that can be told is explained, in one order, and so is it in the document."""

import ast
from pathlib import Path
from typing import get_args

from vcp_contracts.violations import Code
from vcp_control.clauses import VIOLATIONS, document

DOCUMENT = Path(__file__).parents[2] / "docs" / "violations.md"


def test_every_code_is_explained() -> None:
    assert tuple(VIOLATIONS) == get_args(Code)


def test_the_document_has_them_all() -> None:
    remedy = "run `python -m vcp_control.clauses > docs/violations.md`"
    assert DOCUMENT.read_text(encoding="utf-8") == document(), remedy


def test_every_code_is_told_by_somebody() -> None:
    services = Path(__file__).parents[2] / "services"
    told = {
        node.value
        for room in ("handler/vcp_handler", "abstraction/vcp_abstraction")
        for path in (services / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in VIOLATIONS
    }
    assert told == set(VIOLATIONS)
