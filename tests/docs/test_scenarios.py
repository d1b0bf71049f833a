"""The examples of the page on scenarios: a story is played, an operator file is read, no step is left out."""

import json
import re
import subprocess
import sys
from pathlib import Path

from docs.commands import TOP
from vcp_testkit.scenarios.command_steps import COMMANDS
from vcp_testkit.scenarios.operator import read_operator
from vcp_testkit.scenarios.words import VERBS

PAGE = (TOP / "docs" / "scenarios.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_story_is_played_and_passes(tmp_path: Path):
    [story] = [block for block in BLOCKS if "steps:" in block]
    (tmp_path / "story.yaml").write_text(story)
    ended = subprocess.run(
        [sys.executable, "-m", "vcp_runner", "scenario", "run", str(tmp_path), "--json"],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert json.loads(ended.stdout.splitlines()[-1])["passed"] == 1


def test_the_operator_file_is_read(tmp_path: Path):
    [operator] = [block for block in BLOCKS if "calls:" in block]
    file = tmp_path / "operator.yaml"
    file.write_text(operator)
    assert set(read_operator(file).calls) == {"RemoteStartTransaction", "*"}


def test_every_step_is_told():
    steps = PAGE[PAGE.index("## Steps") : PAGE.index("`with`, `answer`")]
    assert not [
        verb
        for verb in VERBS
        if verb not in COMMANDS and f"`{verb}:" not in steps and f"`{verb}`" not in steps
    ]
