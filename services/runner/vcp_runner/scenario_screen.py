"""What `vcp scenario` shows: a live table on a terminal, a line per scenario elsewhere, JSON lines. Decides nothing.

On a terminal a scenario is told when it ends; anywhere else in the order of the run, so that two runs read alike.
"""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import orjson
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text
from vcp_testkit.scenarios.reading import Read
from vcp_testkit.scenarios.source import Wrong
from vcp_testkit.scenarios.telling import Told

MARKS = {"passed": ("✓", "green"), "failed": ("✗", "bold red"), "skipped": ("–", "yellow")}
AT_ONCE = 12
"""How many scenarios under way the table shows."""


class ScenarioScreen:
    """Watches a run; use it as a context manager around it."""

    def __init__(self, reads: Sequence[Read], *, json: bool = False, verbose: bool = False) -> None:
        self.json, self.verbose = json, verbose
        self._reads = reads
        self._out = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)
        self._under_way: dict[int, tuple[str, float]] = {}
        self._ended = 0
        self._waiting: dict[int, Told] = {}
        self._next = 0
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._out.is_terminal and not self.json:
            self._live = Live(console=self._out, get_renderable=self._table, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def begins(self, number: int, read: Read) -> None:
        """A scenario is played from now on."""
        self._under_way[number] = ("", time.monotonic())

    def step(self, number: int, step: str) -> None:
        """It has come to this step."""
        self._under_way[number] = (step, self._under_way[number][1])

    def ended(self, number: int, told: Told) -> None:
        """It has ended."""
        del self._under_way[number]
        self._ended += 1
        if self._live is not None:
            self._tell(told)
            return
        self._waiting[number] = told
        while self._next in self._waiting:
            self._tell(self._waiting.pop(self._next))
            self._next += 1

    def _tell(self, told: Told) -> None:
        if self.json:
            self._line(told.as_json())
            return
        mark, style = MARKS[told.outcome]
        line = Text()
        line.append(f"{mark} ", style)
        line.append(told.name)
        line.append(
            f"  {told.seconds:.1f} s" if told.outcome != "skipped" else f"  skipped: {told.reason}", "dim"
        )
        self._out.print(line)

    def verdict(self, told: Sequence[Told]) -> None:
        """The failures in the order of the run, then the count."""
        count = Counter(one.outcome for one in told)
        if self.json:
            self._line({"type": "verdict", **{name: count[name] for name in MARKS}})  # type: ignore[index]
            return
        for one in told:
            if one.failure is not None:
                self._out.print(f"\n✗ {one.name}", style="bold red", markup=False)
                self._out.print(one.failure.text(one.file), markup=False, soft_wrap=True)
        said = ", ".join(f"{count[name]} {name}" for name in MARKS if count[name] or name == "passed")  # type: ignore[index]
        self._out.print(f"\n{said}", style="bold", markup=False)

    def understood(self, read: Read) -> None:
        """A file that can be played."""
        if self.json:
            self._line({"type": "understood", "file": read.file, "name": read.name})
        else:
            self._out.print(f"✓ {read.file}", markup=False)

    def wrong(self, error: Wrong) -> None:
        """A file that can't."""
        if self.json:
            self._line(
                {
                    "type": "wrong",
                    "file": error.name,
                    "line": error.line,
                    "column": error.column,
                    "field": error.field,
                    "reason": error.reason,
                    "remedy": error.remedy,
                }
            )
        else:
            self._out.print(f"✗ {error}", style="red", markup=False)

    def listed(self, read: Read) -> None:
        """One scenario of a list."""
        wishes = sorted(read.scenario.wishes)
        if self.json:
            self._line(
                {
                    "type": "listed",
                    "file": read.file,
                    "name": read.name,
                    "about": read.scenario.about,
                    "operator": wishes,
                }
            )
            return
        needs = f"  (operator: {', '.join(wishes)})" if wishes else ""
        self._out.print(f"{read.short}  {read.name}{needs}", markup=False)

    def say(self, text: str) -> None:
        """A remark for whoever watches."""
        self._err.print(text, markup=False, style="dim")

    def log(self, name: str, line: str) -> None:
        """A line of a service: shown if verbose."""
        if self.verbose:
            self._err.print(f"{name} | {line}", markup=False, style="dim")

    def _table(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        for number, (step, since) in sorted(self._under_way.items())[:AT_ONCE]:
            table.add_row(
                Text("▸", "cyan"),
                Text(self._reads[number].name),
                Text(step, "dim"),
                Text(f"{time.monotonic() - since:.0f} s", "dim"),
            )
        return Group(table, Text(f"{self._ended} of {len(self._reads)}", "dim"))

    def _line(self, fields: dict[str, Any]) -> None:
        sys.stdout.buffer.write(orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()
