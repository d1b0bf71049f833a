"""`python -m vcp_control`: settings from the environment, signals, exit codes. Knows no route."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable

from vcp_plumbing.environment import Environment, WrongSetting

from vcp_control.settings import ApiSettings, WrongApiSetting

CANNOT_SET_UP = 4


def main() -> int:
    """Serve until SIGTERM or SIGINT; 0, or 4 when it can't be set up as told."""
    try:
        environment = Environment.read("control")
        settings = ApiSettings.read()
    except (WrongSetting, WrongApiSetting) as wrong:
        return _give_up(wrong)
    return _serve(environment, settings)


def _serve(environment: Environment, settings: ApiSettings) -> int:
    # Imported here: a wrong setting is told in a tenth of the time that these take.
    from vcp_plumbing.connection import UnfitServer
    from vcp_plumbing.logs import set_up_logs
    from vcp_plumbing.world import WorldMismatch

    from vcp_control.app import serve
    from vcp_control.chargers_file import WrongChargersFile

    set_up_logs(
        level=environment.log_level, format=environment.log_format, service="control", owner=environment.owner
    )
    # What was imported stays for ever; the collector need not look at it again.
    gc.freeze()

    async def until_told() -> None:
        stop = asyncio.Event()
        for told in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(told, stop.set)
        await serve(environment, stop, settings)

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(until_told())
    except (WrongApiSetting, WrongChargersFile, UnfitServer, WorldMismatch, OSError) as wrong:
        return _give_up(wrong)
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def _give_up(wrong: Exception) -> int:
    print(f"vcp_control: {wrong}", file=sys.stderr)
    return CANNOT_SET_UP


if __name__ == "__main__":
    sys.exit(main())
