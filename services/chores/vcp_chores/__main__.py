"""`python -m vcp_chores`: one process of the service, ended by SIGTERM or Ctrl-C. Decides nothing."""

import asyncio
import signal
import sys

import structlog
from vcp_plumbing.connection import UnfitServer
from vcp_plumbing.environment import Environment, WrongSetting
from vcp_plumbing.logs import set_up_logs
from vcp_plumbing.world import WorldMismatch

from vcp_chores.app import serve

CANNOT_SET_UP = 4
"""Exit code: settings or broker are such that starting again would not help."""


async def run(environment: Environment) -> None:
    """Serves until a signal says stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(environment, stop)


def main() -> int:
    """Returns the exit code."""
    try:
        environment = Environment.read("chores")
    except WrongSetting as error:
        print(error, file=sys.stderr)
        return CANNOT_SET_UP
    set_up_logs(
        level=environment.log_level,
        format=environment.log_format,
        service=environment.service,
        owner=environment.owner,
    )
    try:
        # not uvloop: it drops the last of what has come over TLS when the server closes, as every FTPS server does
        asyncio.run(run(environment))
    except* (UnfitServer, WorldMismatch) as unfit:
        structlog.get_logger(__name__).error("cannot_set_up", errors=[str(why) for why in unfit.exceptions])
        return_code = CANNOT_SET_UP
    else:
        return_code = 0
    return return_code


if __name__ == "__main__":
    sys.exit(main())
