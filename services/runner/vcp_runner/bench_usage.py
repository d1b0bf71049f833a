"""What processes cost: memory and processor time, by name. Knows no service and no load."""

from collections.abc import Mapping
from dataclasses import dataclass

import psutil

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """One process at one moment."""

    memory: int
    """Bytes that are its own, and its part of what it shares (PSS); where the system can't tell, its own alone."""
    cpu_s: float
    """Processor time since its start, in user and system mode."""


Usages = dict[str, Usage]


def usages(pids: Mapping[str, int]) -> Usages:
    """What each process, given by name, has cost so far. Raises psutil.NoSuchProcess for one that has ended."""
    return {name: usage(pid) for name, pid in pids.items()}


def usage(pid: int) -> Usage:
    """What one process has cost so far. Raises psutil.NoSuchProcess."""
    process = psutil.Process(pid)
    times = process.cpu_times()
    return Usage(_memory(process), times.user + times.system)


def family(pid: int) -> Usage:
    """What a process and all that it started, and that still runs, have cost so far. Raises psutil.NoSuchProcess."""
    members = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    each = [usage(member) for member in members]
    return Usage(sum(one.memory for one in each), sum(one.cpu_s for one in each))


def cpu_s(before: Usages, after: Usages) -> dict[str, float]:
    """The processor time of each process between two moments."""
    return {name: now.cpu_s - before[name].cpu_s for name, now in after.items()}


def _memory(process: psutil.Process) -> int:
    known = process.memory_full_info()
    return int(getattr(known, "pss", known.uss))
