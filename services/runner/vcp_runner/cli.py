"""The command line: verbs, options, exit codes. Does nothing itself, and imports a verb's code only to run it."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vcp_runner.hints import DESK
from vcp_runner.leaving import Exit, run_until_signal
from vcp_runner.leaving import fail as _fail
from vcp_runner.leaving import leave as _leave
from vcp_runner.options import (
    ApiPort,
    Authorities,
    BackendUrl,
    Insecure,
    Json,
    PasswordFile,
    Protocols,
    RedisUrl,
    StateDir,
    Verbose,
    password_in,
)
from vcp_runner.record_verbs import record, replay, violations
from vcp_runner.scenario_verbs import scenarios

if TYPE_CHECKING:
    from vcp_runner.stack import Plan

app = typer.Typer(
    name="vcp",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a boxed help costs a quarter of a second
    context_settings={"help_option_names": ["-h", "--help"]},
)

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


class Service(StrEnum):
    """The services, each a process of its own."""

    abstraction = "abstraction"
    handler = "handler"
    chores = "chores"
    control = "control"


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"vcp {version('virtual-charge-point')}")
        raise typer.Exit


@app.callback()
def vcp(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """A charge point that is not there: connect it to an EV charging backend, touch it, see every OCPP message."""


@app.command(short_help="Watch a whole charging session; needs nothing else.")
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the story.")] = False,
    protocol: Annotated[
        list[str] | None,
        typer.Option(help="Tell it for this OCPP version alone; may be repeated.  [default: 1.6, 2.0.1]"),
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
    redis_url: RedisUrl = None,
    api_port: ApiPort = None,
) -> None:
    """A whole charging session with nothing else running: backend, charge point, every frame on the screen."""
    _furnish()
    from vcp_runner.demo import demo as tell
    from vcp_runner.demo import protocols_of
    from vcp_runner.screen import Screen

    def work() -> int:
        plan = _plan(redis_url=redis_url, api_port=api_port)
        story = tell(
            plan, Screen(json=json, verbose=verbose), once=once, protocols=protocols_of(protocol or ())
        )
        return run_until_signal(story)

    _leave(work)


@app.command(short_help="Run everything here until Ctrl-C.")
def up(
    redis_url: RedisUrl = None,
    state_dir: StateDir = None,
    broker_port: Annotated[
        int | None,
        typer.Option(
            help="Port of the embedded broker.  [default: 6379, else a free one]", show_default=False
        ),
    ] = None,
    api_host: Annotated[str, typer.Option(help="Address of the control API.")] = "127.0.0.1",
    api_port: ApiPort = None,
    abstractions: Annotated[int, typer.Option(min=1, max=16, help="How many Abstraction processes.")] = 1,
    handlers: Annotated[int, typer.Option(min=1, max=16, help="How many Handler processes.")] = 1,
    chargers: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="YAML file of charge points to set up.")
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Hide the services' logs.")] = False,
) -> None:
    """Runs everything on this machine until Ctrl-C: broker, Abstraction, Handler, control API."""
    from vcp_runner.screen import Screen
    from vcp_runner.up import up as run

    plan = _plan(
        redis_url=redis_url,
        state_dir=state_dir,
        broker_port=broker_port,
        api_host=api_host,
        api_port=api_port,
        abstractions=abstractions,
        handlers=handlers,
        chargers=chargers or _path(os.environ.get("VCP_CHARGERS")),
        log_level=log_level,
        log_format=os.environ.get("VCP_LOG_FORMAT") or ("console" if sys.stderr.isatty() else None),
    )
    _leave(lambda: run_until_signal(run(plan, Screen(json=json, verbose=not quiet))))


@app.command(short_help="Connect one charge point to your backend.")
def connect(
    url: BackendUrl,
    protocol: Protocols = None,
    vendor: Annotated[str, typer.Option(help="Vendor that the charge point names at boot.")] = "VCP",
    model: Annotated[str, typer.Option(help="Model that the charge point names at boot.")] = "Virtual",
    password_file: PasswordFile = None,
    ca: Authorities = None,
    insecure: Insecure = False,
    until_boot: Annotated[
        bool,
        typer.Option("--until-boot", help="End once the boot is answered: 0 accepted, 1 not, 3 no link."),
    ] = False,
    keep_trying: Annotated[
        bool, typer.Option("--keep-trying", help="Stay although the first attempt failed.")
    ] = False,
    json: Json = False,
    verbose: Verbose = False,
    redis_url: RedisUrl = None,
    state_dir: StateDir = None,
    api_port: ApiPort = None,
) -> None:
    """Connects one charge point to your backend and shows the wire, both directions, as it happens."""
    _furnish()
    from vcp_runner.connect import Connection
    from vcp_runner.connect import connect as run
    from vcp_runner.screen import Screen
    from vcp_runner.target import subprotocol_of, target_of

    def work() -> int:
        connection = Connection(
            target=target_of(url),
            protocols=tuple(subprotocol_of(version) for version in protocol or ["1.6"]),
            vendor=vendor,
            model=model,
            password=password_in(password_file),
            authorities=ca,
            insecure=insecure,
            until_boot=until_boot,
            keep_trying=keep_trying,
        )
        plan = _plan(redis_url=redis_url, state_dir=state_dir, api_port=api_port)
        return run_until_signal(run(connection, plan, Screen(json=json, verbose=verbose)))

    _leave(work)


@app.command(short_help="Check your backend: one verdict, an exit code.")
def check(
    url: BackendUrl,
    protocol: Protocols = None,
    token: Annotated[str, typer.Option(help="A card that the backend accepts.")] = "04A1B2C3",
    patience: Annotated[
        float, typer.Option(min=1, max=600, help="Seconds that the backend may take for one answer.")
    ] = 30.0,
    format: Annotated[
        str, typer.Option(help="What is printed: text, markdown or json.", metavar="FORMAT")
    ] = "text",
    junit: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write JUnit XML to this file, too.")
    ] = None,
    password_file: PasswordFile = None,
    ca: Authorities = None,
    insecure: Insecure = False,
    verbose: Verbose = False,
    redis_url: RedisUrl = None,
) -> None:
    """Plays a session against your backend: boot, cards, charging, a lost network. 0: fine, 1: not, 3: no link."""
    _furnish()
    from vcp_runner.check import Check
    from vcp_runner.check import check as run
    from vcp_runner.connect import Connection
    from vcp_runner.screen import Screen
    from vcp_runner.target import subprotocol_of, target_of
    from vcp_runner.verdict import format_of

    def work() -> int:
        connection = Connection(
            target=target_of(url),
            protocols=tuple(subprotocol_of(version) for version in protocol or ["1.6"]),
            password=password_in(password_file),
            authorities=ca,
            insecure=insecure,
        )
        wanted = Check(
            connection=connection,
            token=token,
            patience_s=patience,
            format=format_of(format),
            junit=junit,
        )
        plan = _plan(redis_url=redis_url, api_port=0)
        return run_until_signal(run(wanted, plan, Screen(verbose=verbose)), interrupted=Exit.FAILED)

    _leave(work)


@app.command(short_help="Let an assistant drive charge points (MCP).")
def mcp(
    control: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Control API that runs.  [default: everything comes up here]"),
    ] = None,
    http: Annotated[
        int | None,
        typer.Option(metavar="PORT", help="Streamable HTTP on this port instead of stdin and stdout."),
    ] = None,
    verbose: Verbose = False,
    redis_url: RedisUrl = None,
    state_dir: StateDir = None,
) -> None:
    """Offers the control API as tools over the Model Context Protocol. VCP_API_TOKEN is the API's token."""
    from importlib.util import find_spec

    from vcp_runner.screen import Screen

    if find_spec("mcp") is None:
        _fail("the MCP library is not installed: pip install 'virtual-charge-point[mcp]'", Exit.NOT_SET_UP)
    from vcp_runner.mcp_server import Where
    from vcp_runner.mcp_server import serve as run

    where = Where(control=control, token=os.environ.get("VCP_API_TOKEN"), port=http)
    plan = _plan(redis_url=redis_url, state_dir=state_dir, api_port=0)
    _leave(lambda: run_until_signal(run(where, plan, Screen(json=False, verbose=verbose))))


@app.command(short_help="Run one service alone, as containers do.")
def serve(
    service: Annotated[Service, typer.Argument(help="Which service.")],
    redis_url: RedisUrl = None,
) -> None:
    """Runs one service as this process, set up by the environment: what a container does."""
    if redis_url:
        os.environ["REDIS_URL"] = redis_url
    if not os.environ.get("REDIS_URL"):
        _fail("a single service needs a broker to meet the others at: set REDIS_URL", Exit.NOT_SET_UP)
    _become(f"vcp_{service.value}")


@app.command(context_settings=PASS_ON, short_help="Run the example backend (CSMS).")
def backend(context: typer.Context) -> None:
    """Runs the example backend (CSMS): --host, --port, --journal and more; see `vcp backend --help`."""
    _become("vcp_backend", *context.args)


@app.command(short_help="Have the example backend call a charge point.")
def call(
    charge_point: Annotated[str, typer.Argument(help="Which charge point, e.g. CP001.")],
    action: Annotated[str, typer.Argument(help="OCPP action, e.g. RemoteStopTransaction.")],
    payload: Annotated[str, typer.Argument(help="Its payload, a JSON object.")] = "{}",
    backend: Annotated[str, typer.Option(help="Where the example backend is.")] = DESK,
    json: Json = False,
) -> None:
    """Has the example backend call a charge point, and shows the answer."""
    from vcp_runner.call import call as run
    from vcp_runner.screen import Screen

    _leave(lambda: run_until_signal(run(backend, charge_point, action, payload, Screen(json=json))))


@app.command(short_help="Measure speed and memory on this machine.")
def bench(
    chargers: Annotated[
        list[int] | None,
        typer.Option(min=1, help="How many charge points; may be repeated.  [default: 1, 100, 1000]"),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.2, help="How long each kind of load lasts.")] = 10.0,
    protocol: Annotated[str, typer.Option(help="OCPP version that they speak: 1.6, 2.0.1 or mixed.")] = "1.6",
    starts: Annotated[
        int, typer.Option(min=0, help="How often to time `vcp connect`, from nothing to a booted charger.")
    ] = 3,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Measures speed, memory and processor time on this machine, with a broker and a backend of its own."""
    from vcp_runner.bench import BenchPlan
    from vcp_runner.bench import bench as measure
    from vcp_runner.screen import Screen

    plan = BenchPlan(
        chargers=chargers or BenchPlan.chargers, seconds=seconds, protocol=protocol, starts=starts
    )
    _leave(lambda: run_until_signal(measure(plan, Screen(json=json, verbose=verbose))))


@app.command(short_help="See what this machine offers, what is missing.")
def doctor(json: Json = False) -> None:
    """Looks at Python, broker, ports, Docker and packages, and says what is missing."""
    from vcp_runner.doctor import doctor as run
    from vcp_runner.screen import Screen

    _leave(lambda: run(Screen(json=json)))


@app.command(context_settings=PASS_ON, short_help="Run the tests (from a checkout).")
def test(context: typer.Context) -> None:
    """Runs the project's tests (from a checkout); arguments go to pytest."""
    from vcp_runner.checkout import run_tests

    _leave(lambda: run_tests(context.args))


@app.command(short_help="Check style and format (from a checkout).")
def lint(fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended.")] = False) -> None:
    """Checks style and format (from a checkout)."""
    from vcp_runner.checkout import run_lint

    _leave(lambda: run_lint(fix=fix))


@app.command(context_settings=PASS_ON, short_help="Check types (from a checkout).")
def types(context: typer.Context) -> None:
    """Checks types (from a checkout); arguments go to mypy."""
    from vcp_runner.checkout import run_types

    _leave(lambda: run_types(context.args))


app.add_typer(scenarios, name="scenario", short_help="Play scenarios against a backend.")
app.add_typer(record, name="record", short_help="Write a recorded session as a file.")
app.command(short_help="Play a recorded session again.")(replay)
app.command(short_help="See in what a backend broke OCPP.")(violations)


def main() -> None:
    """The console script."""
    app(prog_name="vcp")


def _furnish() -> None:
    """What all services import is imported while this process imports what the verb needs."""
    from vcp_runner.nursery import furnish

    furnish()


def _plan(**wishes: object) -> "Plan":
    from vcp_runner.stack import Plan

    return Plan(**wishes)  # type: ignore[arg-type]


def _become(module: str, *arguments: str) -> None:
    """Replaces this process, so that signals reach the service itself."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
