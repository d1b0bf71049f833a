"""What a command shows: results on stdout, everything else on stderr; lines or JSON. Decides nothing."""

import sys
from typing import Any

import orjson
from rich.console import Console
from rich.text import Text

from vcp_runner.wire_line import link_line, wire_line

FRAMES = ("frame_sent", "frame_received")


class Screen:
    """Prints for one command. NO_COLOR and pipes are honoured."""

    def __init__(self, *, json: bool = False, verbose: bool = False) -> None:
        self.json = json
        self.verbose = verbose
        # off a terminal, lines are whole: whoever reads them there cuts them as he likes
        self._out = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)

    def result(self, text: str, **fields: Any) -> None:
        """A result: `text` for a human, `fields` as a JSON line."""
        if not self.json:
            self._out.print(text, markup=False)
        elif fields:
            self._line(fields)

    def step(self, text: str) -> None:
        """A headline of a story; nothing in JSON."""
        if not self.json:
            self._out.print(f"\n{text}", style="bold", markup=False)

    def event(self, event: dict[str, Any]) -> None:
        """An event: frames and links as lines of the wire, violations in words; in JSON all events."""
        if self.json:
            self._line(event)
        elif event.get("type") in FRAMES:
            self._wire(wire_line(event, brief=not self._out.soft_wrap))
        elif event.get("type") == "link_changed" and event.get("state") != "connecting":
            self._wire(link_line(event))
        elif event.get("type") == "protocol_violation":
            self._out.print(f"{'':14}backend broke OCPP: {event.get('rule')}", style="bold red", markup=False)

    def say(self, text: str) -> None:
        """A remark for whoever watches."""
        self._err.print(text, markup=False)

    def log(self, name: str, line: str) -> None:
        """A line of a child's output: shown if verbose, else left out."""
        if self.verbose:
            self._err.print(f"{name} | {line}", markup=False, style="dim")

    def _wire(self, line: Text) -> None:
        """One line on a terminal, cut where that ends; whole anywhere else."""
        self._out.print(line, overflow=None if self._out.soft_wrap else "ellipsis", no_wrap=True)

    def _line(self, fields: dict[str, Any]) -> None:
        sys.stdout.buffer.write(orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()
