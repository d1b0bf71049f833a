"""The supervisor: children become ready, come back when they die, drain when asked, and never outlive their parent."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from vcp_runner.child_process import ChildProcess, ChildSpec
from vcp_runner.ports import free_port
from vcp_runner.supervisor import ChildFailed, Supervisor

SERVER = """
    import os, signal, sys, time
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Ready(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/health/ready" else 404)
            self.end_headers()
        def log_message(self, *_):
            pass

    def drain(*_):
        try:
            print("drained", flush=True)
        finally:
            os._exit(0)

    signal.signal(signal.SIGTERM, drain)
    print("owner", os.environ["VCP_OWNER"], flush=True)
    HTTPServer(("127.0.0.1", int(os.environ["VCP_HEALTH_PORT"])), Ready).serve_forever()
"""
DEAF = """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf", flush=True)
    time.sleep(600)
"""
BROKEN = """
    import sys
    print("REDIS_URL is wrong: it starts with redis://", file=sys.stderr)
    sys.exit(2)
"""


class Output:
    """What the children printed, to be waited for."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.grew = asyncio.Event()

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))
        self.grew.set()

    async def has(self, name: str, line: str) -> None:
        async with asyncio.timeout(10):
            while (name, line) not in self.lines:
                self.grew.clear()
                await self.grew.wait()


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name, code in {"server": SERVER, "deaf": DEAF, "broken": BROKEN}.items():
        (tmp_path / f"child_{name}.py").write_text(textwrap.dedent(code))
    monkeypatch.syspath_prepend(tmp_path)
    return {"PYTHONPATH": str(tmp_path)}


def server(modules: dict[str, str], name: str = "handler") -> ChildSpec:
    port = free_port()
    return ChildSpec(
        name=name,
        module="child_server",
        environment={**modules, "VCP_HEALTH_PORT": str(port)},
        service=name,
        ready=f"http://127.0.0.1:{port}/health/ready",
    )


async def test_children_are_ready_once_started_and_drain_when_stopped(modules):
    output = Output()
    async with Supervisor(log=output) as supervisor:
        await supervisor.start(server(modules, "abstraction"), server(modules, "handler"))
        pids = [child.pid for child in supervisor.children.values()]
        assert len(pids) == 2
        await output.has("handler", f"owner {supervisor.children['handler'].process.owner}")
    assert ("abstraction", "drained") in output.lines
    assert ("handler", "drained") in output.lines
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_a_dead_child_comes_back_under_a_new_name_after_its_leases_are_released(modules):
    released: list[tuple[str, str]] = []

    async def release(service: str, owner: str) -> None:
        released.append((service, owner))

    async with Supervisor(release=release) as supervisor:
        await supervisor.start(server(modules))
        child = supervisor.children["handler"]
        first = child.process
        child.kill()
        await child.restarted()
        assert released == [("handler", first.owner)]
        assert child.process.owner != first.owner
        await supervisor.ready("handler")


async def test_a_broker_that_is_down_does_not_keep_a_child_from_coming_back(modules):
    said: list[str] = []

    async def release(service: str, owner: str) -> None:
        raise ConnectionRefusedError("no broker")

    async with Supervisor(release=release, say=said.append) as supervisor:
        await supervisor.start(server(modules))
        supervisor.children["handler"].kill()
        await supervisor.children["handler"].restarted()
    assert "no broker" in said[0]
    assert said[1] == "handler ended with signal 9; starting it again"


async def test_a_child_that_keeps_dying_is_started_with_growing_waits(modules):
    said: list[str] = []
    async with Supervisor(say=said.append, back_off_s=(0.0, 0.01, 0.02)) as supervisor:
        await supervisor.start(ChildSpec(name="control", module="child_broken", environment=modules))
        await supervisor.children["control"].restarted(3)
    assert [line.rsplit("again", 1)[1] for line in said[:3]] == ["", " in 0.01 s", " in 0.02 s"]


async def test_when_the_nursery_dies_every_child_is_replaced_and_none_lives_twice(modules):
    async with Supervisor() as supervisor:
        await supervisor.start(server(modules, "abstraction"), server(modules, "handler"))
        children = list(supervisor.children.values())
        before = [child.pid for child in children]
        nursery = psutil.Process(before[0]).parent()
        assert nursery.pid == psutil.Process(before[1]).ppid() != os.getpid()
        nursery.kill()
        for child in children:
            await child.restarted()
            await supervisor.ready(child.spec.name)
        assert all(ended(pid) for pid in before)
        assert {psutil.Process(child.pid).ppid() for child in children}.isdisjoint({nursery.pid})


async def test_a_child_that_cannot_be_started_just_now_is_tried_again(modules, monkeypatch):
    said: list[str] = []
    launch, failures = ChildProcess.launch, [OSError("no more processes")]

    async def scarce(*args, **kwargs):
        if failures:
            raise failures.pop()
        return await launch(*args, **kwargs)

    async with Supervisor(say=said.append, back_off_s=(0.0,)) as supervisor:
        await supervisor.start(server(modules))
        monkeypatch.setattr(ChildProcess, "launch", scarce)
        supervisor.children["handler"].kill()
        await supervisor.children["handler"].restarted()
    assert said[1] == "handler could not be started: no more processes; starting it again"


async def test_a_child_that_ends_before_it_is_ready_is_an_error_with_its_last_words(modules, nobody: str):
    async with Supervisor() as supervisor:
        spec = ChildSpec(name="control", module="child_broken", environment=modules, ready=f"tcp://{nobody}")
        with pytest.raises(ChildFailed) as caught:
            await supervisor.start(spec)
    assert "control ended with exit code 2 before it was ready" in str(caught.value)
    assert "REDIS_URL is wrong" in str(caught.value)


async def test_somebody_elses_answer_does_not_make_a_child_ready(modules):
    async with Supervisor(ready_timeout_s=0.5, drain_s=0.1) as supervisor:
        await supervisor.start(theirs := server(modules, "theirs"))
        ours = ChildSpec(name="ours", module="child_deaf", environment=modules, ready=theirs.ready)
        with pytest.raises(ChildFailed, match="ours was not ready"):
            await supervisor.start(ours)


async def test_a_child_that_never_becomes_ready_is_an_error(modules, nobody: str):
    async with Supervisor(ready_timeout_s=0.3, drain_s=0.1) as supervisor:
        spec = ChildSpec(name="deaf", module="child_deaf", environment=modules, ready=f"tcp://{nobody}")
        with pytest.raises(ChildFailed, match="was not ready after"):
            await supervisor.start(spec)


async def test_a_child_that_does_not_drain_is_killed(modules):
    output = Output()
    said: list[str] = []
    async with Supervisor(log=output, say=said.append, drain_s=0.1) as supervisor:
        await supervisor.start(ChildSpec(name="deaf", module="child_deaf", environment=modules))
        await output.has("deaf", "deaf")
        pid = supervisor.children["deaf"].pid
    assert not psutil.pid_exists(pid)
    assert said == ["deaf did not drain in 0.1 s: killed"]


async def test_a_long_line_without_end_is_passed_on_in_parts(modules, tmp_path: Path):
    (tmp_path / "child_chatty.py").write_text("print('x' * 100_000)")
    lines: list[str] = []
    async with Supervisor(log=lambda name, line: lines.append(line)) as supervisor:
        await supervisor.start(ChildSpec(name="chatty", module="child_chatty", environment=modules))
        await supervisor.children["chatty"].restarted()
    assert sum(map(len, lines)) % 100_000 == 0


PARENT = """
    import asyncio, sys
    from vcp_runner.child_process import ChildSpec
    from vcp_runner.supervisor import Supervisor

    async def main():
        spoke = asyncio.Event()
        async with Supervisor(log=lambda *_: spoke.set()) as supervisor:
            await supervisor.start(ChildSpec(name="child", module=sys.argv[1]))
            await spoke.wait()
            print(supervisor.children["child"].pid, flush=True)
            await asyncio.Event().wait()

    asyncio.run(main())
"""


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("module", ["child_server", "child_deaf"])
def test_a_killed_parent_leaves_no_child(modules, module: str):
    """The deaf child ignores SIGTERM: the end of the pipe ends it."""
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), module],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **modules, "VCP_HEALTH_PORT": str(free_port())},
    )
    pid = int(parent.stdout.readline())
    assert not ended(pid)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 10
    while not ended(pid):
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.01)
