"""`vcp record export` and `vcp violations`: what a product that runs knows of a charge point, printed or written."""

import asyncio
import os
import sys
from pathlib import Path

from vcp_testkit.client import AsyncClient

from vcp_runner.leaving import Ending, Exit
from vcp_runner.verdict import finding_lines

FORMATS = ("text", "json", "junit", "markdown")


class NoSuchFormat(Ending):
    """The report can't be printed so."""

    code = Exit.USAGE


class NotWritten(Ending):
    """The file can't be written."""

    code = Exit.NOT_SET_UP


async def export(charge_point: str, control: str, output: Path | None) -> int:
    """Writes the record to a file, or to stdout. Raises NotWritten, Problem, Unreachable."""
    async with _client(control) as client:
        text = await client.export(charge_point)
    if output is None:
        sys.stdout.write(text)
        return Exit.OK
    try:
        await asyncio.to_thread(_write, output, text)
    except OSError as failure:
        raise NotWritten(f"{output} can't be written: {failure.strerror or failure}") from None
    return Exit.OK


async def violations(charge_point: str, control: str, format: str) -> int:
    """Prints the report; 1 where something is broken. Raises NoSuchFormat, Problem, Unreachable."""
    if format not in FORMATS:
        raise NoSuchFormat(f"--format: there is no format {format}: use {', '.join(FORMATS)}")
    async with _client(control) as client:
        report = await client.violations(charge_point)
        text = "" if format == "text" else await client.violations_as(charge_point, format)
    if format == "text":
        for finding in report["findings"]:
            line, message = finding_lines(finding)
            text += f"{line}\n       {finding['clause']}\n       {message[:300]}\n\n"
        text += f"{report['verdict']}: {report['must']} violations, {report['should']} against advice"
    print(text)
    return Exit.FAILED if report["verdict"] == "broken" else Exit.OK


def _write(output: Path, text: str) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")


def _client(control: str) -> AsyncClient:
    return AsyncClient(control, token=os.environ.get("VCP_API_TOKEN"))
