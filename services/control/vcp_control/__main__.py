"""`python -m vcp_control`: settings from the environment, signals, exit codes. Knows no route."""

import asyncio
import gc
import sys

from vcp_plumbing.environment import CANNOT_SET_UP, Environment, WrongSetting

from vcp_control.settings import ApiSettings, WrongApiSetting


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
    from vcp_plumbing.process import loop_factory, until_signal
    from vcp_plumbing.world import WorldMismatch

    from vcp_control.app import serve
    from vcp_control.chargers_file import WrongChargersFile

    set_up_logs(
        level=environment.log_level, format=environment.log_format, service="control", owner=environment.owner
    )
    # What was imported stays for ever; the collector need not look at it again.
    gc.freeze()
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(until_signal(lambda stop: serve(environment, stop, settings)))
    except (WrongApiSetting, WrongChargersFile, UnfitServer, WorldMismatch, OSError) as wrong:
        return _give_up(wrong)
    return 0


def _give_up(wrong: Exception) -> int:
    print(f"vcp_control: {wrong}", file=sys.stderr)
    return CANNOT_SET_UP


if __name__ == "__main__":
    sys.exit(main())
