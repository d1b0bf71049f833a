"""`python -m vcp_control`: settings from the environment, signals, exit codes. Knows no route."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable

from vcp_plumbing.connection import UnfitServer
from vcp_plumbing.environment import Environment, WrongSetting
from vcp_plumbing.logs import set_up_logs
from vcp_plumbing.world import WorldMismatch

from vcp_control.app import serve
from vcp_control.chargers_file import WrongChargersFile
from vcp_control.settings import ApiSettings, WrongApiSetting

CANNOT_SET_UP = 4


def main() -> int:
    """Serve until SIGTERM or SIGINT; 0, or 4 when it can't be set up as told."""
    try:
        environment = Environment.read("control")
        settings = ApiSettings.read()
        set_up_logs(
            level=environment.log_level,
            format=environment.log_format,
            service="control",
            owner=environment.owner,
        )
        # What was imported stays for ever; the collector need not look at it again.
        gc.freeze()
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_until_told(environment, settings))
    except (WrongSetting, WrongApiSetting, WrongChargersFile, UnfitServer, WorldMismatch, OSError) as wrong:
        print(f"vcp_control: {wrong}", file=sys.stderr)
        return CANNOT_SET_UP
    return 0


async def _until_told(environment: Environment, settings: ApiSettings) -> None:
    stop = asyncio.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told, stop.set)
    await serve(environment, stop, settings)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


if __name__ == "__main__":
    sys.exit(main())
