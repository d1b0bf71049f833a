"""The figures of a bench as a table for people. Measures nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]

WIDTH = 46
COLUMN = 24


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is, how a run says it, and what it ought to be at 1,000 chargers on two processors."""

    what: str
    of: Callable[[Figures], str]
    budget: str = ""


def table(figures: Figures) -> str:
    """All figures, a column for each run."""
    machine, runs = figures["machine"], figures["runs"]
    lines = [
        f"virtual charge point {machine['version']}, OCPP {figures['protocol']}, {figures['seconds']:g} s a load",
        f"{machine['system']}, Python {machine['python']}, {machine['processors']} processors",
    ]
    if first := figures.get("first"):
        lines += [
            "",
            _line("first charger up (s)", [f"{first['up_s']:.2f}"], "< 2"),
            _line("memory of everything then (MiB)", [f"{first['memory_mib']:.0f}"], "< 200"),
            _line("processor time of everything by then (s)", [f"{first['cpu_s']:.2f}"]),
        ]
    lines += ["", _line("", [f"{run['chargers']:,} chargers" for run in runs], "budget")]
    lines += [_line(row.what, [row.of(run) for run in runs], row.budget) if row else "" for row in ROWS]
    return "\n".join(lines)


def _line(what: str, values: Sequence[str], budget: str = "") -> str:
    return f"{what:<{WIDTH}}{''.join(f'{value:>{COLUMN}}' for value in values)}   {budget}".rstrip()


def _spread(figures: Figures) -> str:
    if not figures.get("count"):
        return "-"
    return f"{figures['p50']:.1f} / {figures['p95']:.1f} / {figures['p99']:.1f}"


def _each(figures: Figures) -> str:
    """Abstraction, Handler, Redis."""
    return " / ".join(f"{figures[name]:.0f}" for name in ("abstraction", "handler", "redis"))


def _percent(figures: Figures) -> str:
    return " / ".join(f"{figures[name]:.1f}" for name in ("abstraction", "handler", "redis"))


ROWS: tuple[Row | None, ...] = (
    Row("all booted (s)", lambda run: f"{run['boot']['booted_s']:.2f}", "< 5"),
    Row("all told their status (s)", lambda run: f"{run['boot']['reported_s']:.2f}"),
    Row("memory, Abstraction / Handler / Redis (MiB)", lambda run: _each(run["memory"]["mib"])),
    Row("memory a charger (KiB)", lambda run: f"{run['memory']['kib_per_charger']:.0f}", "<= 100"),
    None,
    Row("idle: Abstraction / Handler / Redis (% CPU)", lambda run: _percent(run["idle"]["cpu_percent"])),
    Row("idle: round trip p50 / p95 / p99 (ms)", lambda run: _spread(run["quiet"]["round_trip_ms"]), "p50 < 4"),
    Row("idle: command to wire p50 / p95 / p99 (ms)", lambda run: _spread(run["quiet"]["command_to_wire_ms"])),
    None,
    Row("busy: frames/s", lambda run: f"{run['busy']['frames_per_s']:,.0f}", "1,200"),
    Row(
        "busy: round trip p50 / p95 / p99 (ms)",
        lambda run: _spread(run["busy"]["round_trip_ms"]),
        "p50 < 15, p99 < 50",
    ),
    Row("busy: command to wire p50 / p95 / p99 (ms)", lambda run: _spread(run["busy"]["command_to_wire_ms"])),
    Row("busy: CPU a frame, all of ours (µs)", lambda run: f"{run['busy']['ours_us_per_frame']:.0f}", "< 400"),
    Row("busy: Abstraction / Handler / Redis (µs)", lambda run: _each(run["busy"]["cpu_us_per_frame"])),
    Row("busy: the backend's own (µs)", lambda run: f"{run['busy']['cpu_us_per_frame']['backend']:.0f}"),
    None,
    Row("saturated: frames/s", lambda run: f"{run['saturation']['frames_per_s']:,.0f}", ">= 8,000"),
    Row("saturated: open calls", lambda run: f"{run['saturation']['open_calls']:,}"),
    Row(
        "saturated: round trip p50 / p95 / p99 (ms)", lambda run: _spread(run["saturation"]["round_trip_ms"])
    ),
    Row(
        "saturated: CPU a frame, all of ours (µs)",
        lambda run: f"{run['saturation']['ours_us_per_frame']:.0f}",
        "< 200",
    ),
    Row("saturated: Abstraction / Handler / Redis (µs)", lambda run: _each(run["saturation"]["cpu_us_per_frame"])),
    Row("saturated: the backend's own (µs)", lambda run: f"{run['saturation']['cpu_us_per_frame']['backend']:.0f}"),
)  # fmt: skip
"""Top to bottom; None is an empty line."""
