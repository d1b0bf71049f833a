"""`vcp scenario`: exit codes that a pipeline can use, and reports that it can read."""

import json
import subprocess
import sys
from pathlib import Path

from junitparser import JUnitXml
from vcp_runner.ports import free_port

WRONG_ANSWER = """\
name: No backend answers so
given: {protocols: [ocpp1.6]}
steps:
  - expect: {sent: BootNotification, answer: {status: Perhaps}}
"""


def vcp(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vcp_runner", "scenario", *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_a_run_tells_its_verdict_in_lines_and_in_junit(tmp_path: Path):
    story = tmp_path / "stories" / "wrong.yaml"
    story.parent.mkdir()
    story.write_text(WRONG_ANSWER)
    report = tmp_path / "out" / "report.xml"
    ended = vcp("run", "ocpp16/boot_accepted", str(story.parent), "--junit", str(report), "--json")
    assert ended.returncode == 1, ended.stderr
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    outcomes = {one["name"]: one["outcome"] for one in said if one["type"] == "scenario"}
    assert outcomes == {"Boot, accepted": "passed", "No backend answers so": "failed"}
    assert said[-1] == {"type": "verdict", "passed": 1, "failed": 1, "skipped": 0}
    cases = {case.name: case for suite in JUnitXml.fromfile(str(report)) for case in suite}
    assert cases["Boot, accepted"].result == []
    [failure] = cases["No backend answers so"].result
    assert f"{story}:4: steps[1]: expect" in failure.text
    assert 'answer.status  "Perhaps"  "Accepted"' in failure.text
    assert "BootNotification" in failure.text


def test_a_file_that_cannot_be_understood_stops_the_run_before_it_begins(tmp_path: Path):
    file = tmp_path / "bad.yaml"
    file.write_text("steps:\n  - plug_inn\n")
    ended = vcp("run", str(file))
    assert ended.returncode == 2
    assert f"{file}:2:5: steps[1].plug_inn: there is no such step (did you mean plug_in?)" in ended.stderr


def test_an_unknown_name_is_told_with_the_known_ones():
    ended = vcp("run", "ocpp17")
    assert ended.returncode == 2
    assert "ocpp16" in ended.stderr


def test_a_control_api_that_does_not_answer_is_no_failure_of_the_backend():
    ended = vcp(
        "run", "ocpp16/boot_accepted", "--control", "http://127.0.0.1:9", "--backend", "ws://127.0.0.1:9"
    )
    assert ended.returncode == 3


def test_check_tells_every_file(tmp_path: Path):
    (tmp_path / "good.yaml").write_text(WRONG_ANSWER)
    (tmp_path / "bad.yaml").write_text("steps: []\n")
    ended = vcp("check", str(tmp_path), "--json")
    assert ended.returncode == 2
    said = {Path(one["file"]).name: one for one in map(json.loads, ended.stdout.splitlines())}
    assert said["good.yaml"]["type"] == "understood"
    assert (said["bad.yaml"]["type"], said["bad.yaml"]["line"]) == ("wrong", 1)


def test_the_list_says_what_needs_an_operator():
    said = vcp("list").stdout
    assert "ocpp16/boot_accepted  Boot, accepted\n" in said
    assert "ocpp16/boot_pending  Boot, pending and then accepted  (operator: GetConfiguration" in said


def test_the_schema_is_printed():
    assert json.loads(vcp("schema").stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_a_backend_that_cannot_be_reached_is_told_once_and_the_rest_is_skipped(tmp_path: Path):
    names = ("ocpp16/boot_accepted", "ocpp16/heartbeat", "ocpp16/data_transfer")
    ended = vcp("run", *names, "--backend", f"ws://127.0.0.1:{free_port()}/ocpp", "--json", "--jobs", "1")
    assert ended.returncode == 3
    *said, verdict = map(json.loads, ended.stdout.splitlines())
    assert [one["outcome"] for one in said] == ["failed", "skipped", "skipped"]
    assert "no charge point could connect to ws://127.0.0.1" in said[0]["reason"]
    assert verdict["failed"] == 1
