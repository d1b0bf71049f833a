"""The touches of a charge point: written from the contract, and held against it."""

import ast
from pathlib import Path

import vcp_testkit.touches
from vcp_testkit.writing_touches import text


def test_the_touches_are_those_of_the_contract():
    written = ast.parse(Path(vcp_testkit.touches.__file__).read_text())
    assert shape(written) == shape(ast.parse(text())), (
        "run python -m vcp_testkit.writing_touches > …/touches.py"
    )


def shape(module: ast.Module) -> str:
    """The code without its layout; the order of imports is the formatter's."""
    imports = sorted(
        ast.unparse(node) for node in module.body if isinstance(node, (ast.Import, ast.ImportFrom))
    )
    rest = [ast.unparse(node) for node in module.body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    return "\n".join([*imports, *rest])
