"""The verbs of `vcp scenario`: options and exit codes. Imports a verb's code only to run it."""

from pathlib import Path
from typing import Annotated

import typer

from vcp_runner.leaving import Exit, leave, run_until_signal
from vcp_runner.options import Json

scenarios = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Scenarios: YAML files that say what a charge point does and what its backend must answer.",
)

Names = Annotated[
    list[str],
    typer.Argument(metavar="FILE|DIRECTORY|NAME…", help="Files, directories, or scenarios that come along."),
]


@scenarios.command(short_help="Play scenarios against a backend.")
def run(
    names: Names,
    backend: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="ws[s]://host:port/path; identities are appended.  [default: the example backend]",
            show_default=False,
        ),
    ] = None,
    operator: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|NAME",
            help="How the backend is made to act; `example` for the example backend.",
            show_default=False,
        ),
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A value in place of the scenario's; may be repeated."
        ),
    ] = None,
    identity: Annotated[
        list[str] | None,
        typer.Option(help="Identity that the backend knows; may be repeated.  [default: new ones]"),
    ] = None,
    given: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="YAML file of configuration that every charge point gets."
        ),
    ] = None,
    control: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Control API of a product that runs already.  [default: one of its own]",
            show_default=False,
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=16, help="How many at a time.")] = 4,
    junit: Annotated[Path | None, typer.Option(dir_okay=False, help="Write JUnit XML here.")] = None,
    json: Json = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the services' logs.")] = False,
) -> None:
    """Plays scenarios. 0: none failed; 1: some did; 2: a file can't be understood; 3: no connection."""
    from vcp_runner.scenario import Wishes
    from vcp_runner.scenario import run as play

    wishes = Wishes(
        names=names,
        backend=backend,
        operator=operator,
        values=value or (),
        identities=identity or (),
        given=given,
        control=control,
        jobs=jobs,
        junit=junit,
        json=json,
        verbose=verbose,
    )
    leave(lambda: run_until_signal(play(wishes), interrupted=Exit.FAILED))


@scenarios.command(short_help="See whether files can be understood.")
def check(names: Names, json: Json = False) -> None:
    """Reads files and plays nothing. 0: all can be understood; 2: one can not, with line, field and remedy."""
    from vcp_runner.scenario import check as look

    leave(lambda: look(names, json=json))


@scenarios.command(name="list", short_help="List scenarios.")
def show_all(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]…", help="[default: all that come along]")
    ] = None,
    json: Json = False,
) -> None:
    """Lists scenarios: what each wants of a backend."""
    from vcp_runner.scenario import show

    leave(lambda: show(names or [], json=json))


@scenarios.command(short_help="Print the JSON Schema of scenario files.")
def schema() -> None:
    """Prints the JSON Schema of scenario files, for editors."""
    from vcp_testkit.scenarios.schema import text

    typer.echo(text(), nl=False)
