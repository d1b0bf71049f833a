"""The bench: its steps on the real product with two chargers, its ear, its table. Asserts no time and no cost."""

import asyncio
import json
import os
import sys

import pytest
from vcp_backend import Call
from vcp_runner.bench_driver import evenly, spread
from vcp_runner.bench_ear import Ear
from vcp_runner.bench_table import table
from vcp_runner.bench_usage import Usage, cpu_s, family, usage

OURS = {"abstraction", "handler", "redis"}
ALL = OURS | {"backend"}
SPREAD = {"count", "p50", "p95", "p99"}


async def bench(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vcp_runner", "bench", "--starts", "0", "--seconds", "0.3", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "REDIS_URL": ""},
    )
    async with asyncio.timeout(90):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_run_measures_every_step_with_real_processes():
    code, out, err = await bench("--chargers", "2", "--protocol", "mixed", "--json")
    assert code == 0, err
    figures = json.loads(out)
    assert figures["protocol"] == "mixed"
    assert {"system", "python", "processors", "version"} == figures["machine"].keys()
    [run] = figures["runs"]
    assert run["chargers"] == 2
    assert 0 < run["boot"]["booted_s"] <= run["boot"]["reported_s"]
    assert run["memory"]["mib"].keys() == ALL
    assert run["idle"]["cpu_percent"].keys() == ALL
    assert run["quiet"]["round_trip_ms"].keys() == run["quiet"]["command_to_wire_ms"].keys() == SPREAD
    for load in ("busy", "saturation"):
        assert run[load]["frames"] > 0
        assert run[load]["cpu_us_per_frame"].keys() == ALL
        assert run[load]["ours_us_per_frame"] == pytest.approx(
            sum(run[load]["cpu_us_per_frame"][name] for name in OURS)
        )
    assert run["saturation"]["open_calls"] == 2


async def test_a_version_that_is_none_is_said_so():
    code, _, err = await bench("--protocol", "1.5")
    assert (code, "1.5" in err) == (2, True), err


async def test_the_ear_tells_the_next_call_of_a_charger():
    ear = Ear()
    arrival = ear.next("CP1", "Heartbeat")
    say(ear, "CP2", "Heartbeat")
    say(ear, "CP1", "StatusNotification")
    assert not arrival.done()
    say(ear, "CP1", "Heartbeat")
    assert arrival.done()
    assert ear.calls == 3


async def test_the_ear_tells_when_all_have_booted():
    ear = Ear()
    all_booted = asyncio.create_task(ear.from_all({"CP1": "BootNotification", "CP2": "BootNotification"}))
    await asyncio.sleep(0)
    for charger, action in [
        ("CP1", "BootNotification"),
        ("CP1", "BootNotification"),
        ("CP2", "Heartbeat"),
    ]:
        say(ear, charger, action)
    await asyncio.sleep(0)
    assert not all_booted.done()
    say(ear, "CP2", "BootNotification")
    await all_booted


def test_the_ear_answers_as_the_backend_does():
    answer = say(Ear(), "CP1", "BootNotification")
    assert (answer["status"], answer["interval"]) == ("Accepted", 300)


async def test_works_begin_evenly_and_a_failure_is_not_kept_back():
    done: list[int] = []

    async def work(number: int) -> None:
        done.append(number)
        if number == 2:
            raise ValueError("no")

    await evenly(map(work, (0, 1)), 2, 0.0)
    assert done == [0, 1]
    with pytest.raises(ExceptionGroup):
        await evenly(map(work, (2,)), 1, 0.0)


def test_a_spread_is_count_and_percentiles():
    assert spread([float(value) for value in range(100, 0, -1)]) == {
        "count": 100,
        "p50": 51.0,
        "p95": 96.0,
        "p99": 100.0,
    }
    assert spread([]) == {"count": 0}


def test_processor_time_is_what_was_spent_between_two_moments():
    before = {"handler": Usage(memory=10, cpu_s=1.0)}
    after = {"handler": Usage(memory=20, cpu_s=1.5)}
    assert cpu_s(before, after) == {"handler": 0.5}


def test_a_process_has_memory_of_its_own():
    own = usage(os.getpid()).memory
    assert own > 1_000_000
    assert family(os.getpid()).memory >= own // 2


def test_the_table_has_a_column_for_each_run_and_the_budgets_beside():
    each = {"abstraction": 100.4, "handler": 60.0, "redis": 20.0, "backend": 80.0}
    load = {
        "frames_per_s": 1234.5,
        "round_trip_ms": {"count": 9, "p50": 3.04, "p95": 5.0, "p99": 7.0},
        "command_to_wire_ms": {"count": 0},
        "cpu_us_per_frame": each,
        "ours_us_per_frame": 180.4,
        "open_calls": 64,
    }
    run = {
        "chargers": 1000,
        "boot": {"booted_s": 1.5, "reported_s": 1.75},
        "memory": {"mib": each, "kib_per_charger": 61.2},
        "idle": {"cpu_percent": each},
        "quiet": load,
        "busy": load,
        "saturation": load,
    }
    shown = table(
        {
            "machine": {"system": "Linux", "python": "3.13.1", "processors": 2, "version": "0.1.0"},
            "protocol": "1.6",
            "seconds": 10.0,
            "first": {"up_s": 1.234, "memory_mib": 150.6, "cpu_s": 2.5},
            "runs": [run, run],
        }
    )
    lines = {line.partition("  ")[0]: line.split()[-4:] for line in shown.splitlines()}
    assert lines["first charger up (s)"] == ["(s)", "1.23", "<", "2"]
    assert lines["all booted (s)"] == ["1.50", "1.50", "<", "5"]
    assert lines["saturated: frames/s"] == ["1,234", "1,234", ">=", "8,000"]
    assert "100 / 60 / 20" in shown
    assert "3.0 / 5.0 / 7.0" in shown


def say(ear: Ear, charger: str, action: str) -> dict[str, object]:
    payload: dict[str, object] = {}
    return ear.answers()[action](Call(1, 1, charger, "ocpp1.6", "m1", action, payload))
