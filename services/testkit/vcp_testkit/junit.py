"""Verdicts as JUnit XML, as CI servers read it. Knows no scenario and judges nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite


@dataclass(frozen=True, slots=True)
class Case:
    """One verdict: passed, unless `failed` or `skipped` say why not, in a line; `detail` in many."""

    name: str
    group: str
    seconds: float = 0.0
    file: str | None = None
    line: int | None = None
    failed: str | None = None
    skipped: str | None = None
    detail: str = ""


def junit(suite_name: str, cases: Iterable[Case]) -> JUnitXml:
    """The document."""
    suite = TestSuite(suite_name)
    for case in cases:
        suite.add_testcase(_case(case))
    document = JUnitXml(suite_name)
    document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]
    return document


def write_junit(path: Path, suite_name: str, cases: Iterable[Case]) -> None:
    """Writes the document; directories above are made. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    junit(suite_name, cases).write(str(path), pretty=True)


def _case(case: Case) -> TestCase:
    made = TestCase(_plain(case.name), _plain(case.group), round(case.seconds, 3))
    if case.file is not None:
        made._elem.set("file", case.file)
    if case.line is not None:
        made._elem.set("line", str(case.line))
    if case.failed is not None:
        failure = Failure(_plain(case.failed), "failure")
        failure.text = _plain(case.detail)
        made.result = [failure]
    elif case.skipped is not None:
        made.result = [Skipped(_plain(case.skipped))]
    return made


def _plain(text: str) -> str:
    # XML 1.0 has no place for control characters, and the wire may carry any
    return "".join(
        c if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff") else "�"
        for c in text
    )
