"""The verbs of records: export, violations, replay. Options and exit codes; imports a verb's code only to run it."""

from pathlib import Path
from typing import Annotated

import typer

from vcp_runner.leaving import Exit, leave, run_until_signal
from vcp_runner.options import Authorities, Insecure, Json, PasswordFile, Verbose, password_in

record = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The wire record of a product that runs.",
)

ChargePoint = Annotated[str, typer.Argument(help="Which charge point, e.g. CP001.")]
Control = Annotated[str, typer.Option(metavar="URL", help="Control API of the product that runs.")]
CONTROL = "http://127.0.0.1:8080"


@record.command(short_help="Write a session as a file.")
def export(
    charge_point: ChargePoint,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", dir_okay=False, help="Where to.  [default: stdout]")
    ] = None,
    control: Control = CONTROL,
) -> None:
    """Writes all frames that are kept of a charge point as JSON Lines, for `vcp replay`."""
    from vcp_runner.reports import export as run

    leave(lambda: run_until_signal(run(charge_point, control, output)))


def violations(
    charge_point: ChargePoint,
    format: Annotated[
        str, typer.Option(metavar="FORMAT", help="What is printed: text, json, junit or markdown.")
    ] = "text",
    control: Control = CONTROL,
) -> None:
    """Tells in what its backend broke OCPP towards a charge point. 0: in nothing it must not; 1: in something."""
    from vcp_runner.reports import violations as run

    leave(lambda: run_until_signal(run(charge_point, control, format)))


def replay(
    file: Annotated[Path, typer.Argument(help="A session: JSON Lines, as `vcp record export` writes.")],
    url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="ws[s]://host:port/path/CP001; with --id without the identity.",
        ),
    ],
    speed: Annotated[str, typer.Option(help="How many times as fast; max: as the backend answers.")] = "1",
    id: Annotated[
        str | None, typer.Option("--id", help="Identity, where the URL names none.", show_default=False)
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="OCPP version.  [default: the record's, else 1.6]", show_default=False)
    ] = None,
    keep_ids: Annotated[
        bool, typer.Option("--keep-ids", help="Message ids, and transaction ids of 2.0.1, as recorded.")
    ] = False,
    keep_times: Annotated[
        bool, typer.Option("--keep-times", help="Timestamps as recorded; else moved to now.")
    ] = False,
    patience: Annotated[
        float, typer.Option(min=1, max=600, help="Seconds that the backend may take for one answer.")
    ] = 30.0,
    password_file: PasswordFile = None,
    ca: Authorities = None,
    insecure: Insecure = False,
    json: Json = False,
    verbose: Verbose = False,
    redis_url: Annotated[
        str | None, typer.Option(help="Broker to use.  [default: an embedded one]", show_default=False)
    ] = None,
) -> None:
    """Plays a recorded session again and compares the answers. 0: as recorded, 1: otherwise, 2: no such file, 3: no link."""
    from vcp_runner.connect import Connection
    from vcp_runner.replay import replay as run
    from vcp_runner.replay import speed_of
    from vcp_runner.replaying.playing import Manner
    from vcp_runner.replaying.recording import subprotocol_in
    from vcp_runner.screen import Screen
    from vcp_runner.stack import Plan
    from vcp_runner.target import subprotocol_of, target_at

    def work() -> int:
        spoken = subprotocol_of(protocol) if protocol else subprotocol_in(file)
        connection = Connection(
            target=target_at(url, id),
            protocols=(spoken,),
            password=password_in(password_file),
            authorities=ca,
            insecure=insecure,
        )
        manner = Manner(speed=speed_of(speed), keep_ids=keep_ids, keep_times=keep_times, patience_s=patience)
        plan = Plan(redis_url=redis_url, api_port=0)
        work = run(file, connection, manner, plan, Screen(json=json, verbose=verbose))
        return run_until_signal(work, interrupted=Exit.FAILED)

    leave(work)
