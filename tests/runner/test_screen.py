"""What a person sees: one line for a frame, cut where the terminal ends, and whole everywhere else."""

import os
import pty
import re
import subprocess
import sys

import pytest

PROGRAM = """
from vcp_runner.screen import Screen
frame = {"type": "frame_sent", "charge_point": "CP001", "kind": "call", "action": "DataTransfer", "valid": True}
Screen().event(frame | {"text": '[2,"1","DataTransfer",{"data":"' + "word " * 40 + '"}]'})
"""


def said_to_a_terminal() -> list[str]:
    master, slave = pty.openpty()
    environment = {**os.environ, "COLUMNS": "120", "TERM": "xterm", "NO_COLOR": "1"}
    subprocess.run([sys.executable, "-c", PROGRAM], stdout=slave, env=environment, check=True)
    os.close(slave)
    said = b""
    try:
        while chunk := os.read(master, 4096):
            said += chunk
    except OSError:
        pass  # Linux tells the end of a terminal as an error
    os.close(master)
    return re.sub(r"\x1b\[[\d;]*m", "", said.decode()).splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of POSIX")
def test_a_long_frame_is_one_line_on_a_terminal():
    [line] = said_to_a_terminal()
    assert len(line) <= 120
    assert '{"data":"word' in line
    assert line.endswith("…")


def test_a_long_frame_is_whole_in_a_pipe():
    [line] = subprocess.check_output([sys.executable, "-c", PROGRAM], text=True).splitlines()
    assert line.endswith('[2,"1","DataTransfer",{"data":"' + "word " * 40 + '"}]')
