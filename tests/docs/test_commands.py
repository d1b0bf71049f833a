"""What documents tell people to type exists: verbs, options, modules, files. README's commands are run besides."""

import os
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer
from docs.commands import TOP, commands, documents
from vcp_runner.cli import app

SHOWN = [(document, command) for document in documents() for command in commands(document)]
ELSEWHERE = ("curl", "redis-cli", "docker")
"""Programs that are not ours; README's tests run them."""


@pytest.mark.parametrize(
    ("document", "command"), SHOWN, ids=[f"{document.name}: {command}" for document, command in SHOWN]
)
def test_a_command_that_is_shown_can_be_typed(document: Path, command: str):
    program, *arguments = shlex.split(command.partition(" > ")[0])
    if program == "./vcp" and arguments:
        # parses the options as a run would, and runs nothing
        verb, options = typer.main.get_command(app), arguments
        while hasattr(verb, "commands"):
            name, *options = options
            verb = verb.commands[name]
        verb.make_context(name, options)
    elif program == "python":
        assert find_spec(arguments[1]) is not None
    elif program not in ELSEWHERE:
        assert os.access(TOP / program, os.X_OK)


def test_commands_are_found_in_blocks_and_in_the_text(tmp_path: Path):
    document = tmp_path / "guide.md"
    document.write_text(
        "Say `./vcp up`, but not `vcp:door`:\n\n"
        "    ./vcp demo                # a remark\n"
        "    curl localhost \\\n"
        "         -d '{}'\n\n"
        "- an item\n\n"
        "    that goes on\n\n"
        "```mermaid\n    you --> in\n```\n"
    )
    assert commands(document) == ["./vcp demo", "curl localhost -d '{}'", "./vcp up"]
