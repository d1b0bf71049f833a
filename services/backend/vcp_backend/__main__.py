"""`python -m vcp_backend`: the backend as a process. Parses options and stops on a signal; nothing else."""

import argparse
import asyncio
import signal
from pathlib import Path

import uvloop

from vcp_backend.behaviour import Behaviour, Token, Verdict
from vcp_backend.faults import AT_THE_DOOR, SPOILERS, Fault
from vcp_backend.server import serve_backend


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser("vcp_backend", description="A small CSMS for OCPP 1.6 and 2.0.1.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=9000, help="port to listen on; 0 takes a free one")
    parser.add_argument("--journal", type=Path, help="file that gets every frame, one JSON object a line")
    parser.add_argument("--boot", choices=("Accepted", "Pending", "Rejected"), default="Accepted")
    parser.add_argument("--interval", type=int, default=300, help="heartbeat interval in seconds")
    parser.add_argument("--strict", action="store_true", help="refuse payloads that break OCPP's schemas")
    parser.add_argument(
        "--token",
        type=_token,
        action="append",
        default=[],
        metavar="CARD=STATUS",
        help="what is thought of a card, e.g. 04A1B2C3=Blocked; all others are accepted",
    )
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="ACTION=DEED",
        help=f"misbehave at every such call: {', '.join(SPOILERS)}; or at every handshake, without an action: "
        f"{', '.join(sorted(AT_THE_DOOR))}",
    )
    return parser


def _token(text: str) -> tuple[str, Token]:
    card, equals, status = text.partition("=")
    if not (card and equals and status):
        raise argparse.ArgumentTypeError(f"{text}: write CARD=STATUS, as in 04A1B2C3=Blocked")
    return card, Token(status)


def _fault(text: str) -> Fault:
    action, _, deed = text.rpartition("=")
    if action and deed in SPOILERS:
        return Fault(do=deed, action=action, times=None)
    if not action and deed in AT_THE_DOOR:
        return Fault(do=deed, times=None)  # type: ignore[arg-type]
    raise argparse.ArgumentTypeError(
        f"{text}: write ACTION=DEED, as in StopTransaction=never_answer, or a deed at the door alone, as in http_status"
    )


async def run(wanted: argparse.Namespace) -> None:
    """Serves until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    behaviour = Behaviour(
        boot=Verdict(wanted.boot, wanted.interval),
        strict=wanted.strict,
        record=False,
        tokens=dict(wanted.token),
    )
    async with serve_backend(
        behaviour, host=wanted.host, port=wanted.port, journal=wanted.journal
    ) as backend:
        for fault in wanted.fault:
            backend.misbehave(fault)
        print(f"backend listens on {backend.url}", flush=True)
        await stop.wait()


def main() -> None:
    """The entry point; exits with a message where it can't listen or can't write its journal."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(run(options().parse_args()))
        except OSError as error:
            raise SystemExit(f"vcp_backend: {error}") from error


if __name__ == "__main__":
    main()
