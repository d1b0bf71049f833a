"""The options that several verbs share, said once. Knows no verb, and imports nothing that costs time."""

import os
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="JSON lines on stdout.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show the services' logs on stderr.")]
RedisUrl = Annotated[
    str | None,
    typer.Option(help="Broker to use.  [default: REDIS_URL, else an embedded one]", show_default=False),
]
StateDir = Annotated[
    Path | None, typer.Option(help="Keep the embedded broker's data here.", show_default=False)
]
ApiPort = Annotated[
    int | None,
    typer.Option(help="Port of the control API.  [default: 8080, else a free one]", show_default=False),
]
BackendUrl = Annotated[
    str,
    typer.Argument(metavar="URL", help="ws[s]://host:port/path/CP001; the last segment is the identity."),
]
Protocols = Annotated[
    list[str] | None,
    typer.Option(help="OCPP version to offer, in order of preference; may be repeated.  [default: 1.6]"),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="File with the Basic password; or set VCP_PASSWORD."),
]
Authorities = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="PEM file of the authorities to trust.")
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Take any server certificate.")]


def password_in(file: Path | None) -> str | None:
    """The Basic password: from the file, or else from VCP_PASSWORD; None where there is none."""
    if file is not None:
        return file.read_text().rstrip("\r\n")
    return os.environ.get("VCP_PASSWORD") or None
