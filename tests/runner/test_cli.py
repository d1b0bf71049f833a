"""The command line: quick to help, clear about what is wrong, and exit codes that a script can use."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from vcp_plumbing.vault import Vault
from vcp_runner.checkout import root
from vcp_runner.connect import Connection, NoKeys, configuration_of
from vcp_runner.stack import Plan, service_specs
from vcp_runner.target import Target


def vcp(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vcp_runner", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


def test_help_names_the_verbs_and_loads_nothing_heavy():
    said = vcp("--help").stdout
    assert all(verb in said for verb in ("demo", "up", "connect", "serve", "backend", "doctor", "test"))
    code = (
        "import sys; from vcp_runner import cli;"
        "print([m for m in ('faststream', 'redis', 'pydantic', 'httpx', 'websockets', 'rich') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_wrong_url_is_a_usage_error():
    ended = vcp("connect", "http://backend/CP001")
    assert ended.returncode == 2
    assert ended.stderr.startswith("vcp: 'http://backend/CP001' is no websocket URL")
    assert ended.stdout == ""


def test_an_unknown_option_is_a_usage_error():
    assert vcp("connect", "ws://backend/CP001", "--colour").returncode == 2


def test_a_single_service_needs_a_broker_to_meet_the_others_at():
    ended = vcp("serve", "handler", REDIS_URL="")
    assert ended.returncode == 4
    assert "set REDIS_URL" in ended.stderr


def test_the_doctor_finds_python_and_a_broker():
    ended = vcp("doctor", "--json", REDIS_URL="")
    findings = {it["name"]: it for it in map(json.loads, ended.stdout.splitlines())}
    assert ended.returncode == 0
    assert findings["Python"]["ok"]
    assert findings["broker"]["detail"].startswith("packaged: valkey-server")


def test_the_doctor_says_that_a_given_broker_does_not_answer(nobody: str):
    ended = vcp("doctor", REDIS_URL=f"redis://:hidden@{nobody}/0")
    assert ended.returncode == 4
    assert "✗ broker" in ended.stdout
    assert "hidden" not in ended.stdout


def test_the_backend_is_stopped_by_the_signal_that_the_command_gets():
    process = subprocess.Popen(
        [sys.executable, "-m", "vcp_runner", "backend", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert "ws://127.0.0.1:" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 0


WAITER = """
    import asyncio, sys
    from vcp_runner.leaving import run_until_signal

    async def work():
        try:
            print("up", flush=True)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            print("cleaned", flush=True)

    sys.exit(run_until_signal(work()))
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_clean_up_run_and_is_a_good_end(how: signal.Signals, tmp_path: Path):
    script = tmp_path / "waiter.py"
    script.write_text("\n".join(line[4:] for line in WAITER.splitlines()))
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "up\n"
    process.send_signal(how)
    assert process.communicate(timeout=10)[0] == "cleaned\n"
    assert process.returncode == 0


def test_each_service_is_told_where_everything_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    plan = Plan(abstractions=2, handlers=1, chargers=tmp_path / "fleet.yaml", api_host="0.0.0.0")
    specs = {
        it.name: it
        for it in service_specs(plan, redis_url="redis://b/0", api_port=8080, keys=tmp_path / "keys")
    }
    assert list(specs) == ["abstraction-1", "abstraction-2", "handler-1", "chores-1", "control"]
    assert {it.environment["REDIS_URL"] for it in specs.values()} == {"redis://b/0"}
    assert specs["handler-1"].environment["VCP_KEYS"] == str(tmp_path / "keys")
    assert specs["abstraction-1"].service == "abstraction"
    assert specs["abstraction-1"].ready != specs["abstraction-2"].ready
    assert specs["control"].environment["VCP_CHARGERS"] == str(tmp_path / "fleet.yaml")
    assert specs["control"].ready == "http://127.0.0.1:8080/health/ready"


def test_a_connection_says_how_the_charge_point_presents_and_protects_itself(tmp_path: Path):
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----")
    connection = Connection(
        target=Target("wss://csms/ocpp", "CP001"), password="secret", authorities=tmp_path / "ca.pem"
    )
    assert configuration_of(connection, tmp_path / "keys") == {
        "url": "wss://csms/ocpp",
        "protocols": ["ocpp1.6"],
        "vendor": "VCP",
        "model": "Virtual",
        "security": {"insecure": False, "basic": True, "password": "secret", "ca_label": "CP001"},
    }
    assert Vault(tmp_path / "keys").get("ca", "CP001") == b"-----BEGIN CERTIFICATE-----"
    with pytest.raises(NoKeys, match="VCP_KEYS"):
        configuration_of(connection, None)


def test_the_developer_s_commands_run_in_the_checkout():
    assert root() == Path(__file__).parents[2]
    ended = vcp("test", "--version")
    assert ended.returncode == 0
    assert "pytest" in ended.stdout + ended.stderr


def test_help_costs_less_than_three_tenths_of_a_second():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    vcp("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # processor time: the machine may be busy with other tests
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 0.3
