"""A report of violations as JUnit XML for CI servers, and as Markdown for people. Judges nothing."""

from xml.etree import ElementTree

from vcp_control.violation_report import Finding, Report

_MOST_TEXT = 300
_VERDICTS = {
    "clean": "The backend broke no rule of OCPP.",
    "advice": "The backend broke no rule of OCPP, but did what the specification advises against.",
    "broken": "The backend broke rules of OCPP.",
}


def as_markdown(report: Report) -> str:
    """The report as a page: the verdict, a table, and the first message of each kind."""
    lines = ["# Violations", "", _VERDICTS[report.verdict]]
    if report.complete_since is not None:
        lines += ["", f"Older violations than of {report.complete_since.isoformat()} are not kept any more."]
    if report.findings:
        lines += [
            "",
            "| code | weight | action | times | the backend … | clause |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        lines += [
            f"| `{it.code}` | {it.weight} | {_cell(it.action or '')} | {it.count} | {it.meaning} | {it.clause} |"
            for it in report.findings
        ]
    for it in report.findings:
        lines += ["", f"**{_title(it)}**, first {_where(it)}: {_cell(it.first.rule)}"]
        if it.first.text:
            lines += ["", f"    {_one_line(it.first.text)}"]
    return "\n".join(lines) + "\n"


def as_junit(report: Report, name: str = "OCPP") -> str:
    """The report as a test suite: a finding is a failure (`must`) or skipped (`should`); none at all is one success."""
    suite = ElementTree.Element("testsuite", name=name, errors="0")
    for it in report.findings:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"{name}.{it.code}", name=_plain(_title(it))
        )
        message = _plain(f"the backend {it.meaning} ({it.count} times): {it.first.rule}")
        if it.weight == "must":
            failure = ElementTree.SubElement(case, "failure", type=it.code, message=message)
            failure.text = _plain(f"{it.clause}\nfirst {_where(it)}\n{it.first.text}")
        else:
            ElementTree.SubElement(case, "skipped", message=message)
    if not report.findings:
        ElementTree.SubElement(suite, "testcase", classname=name, name="no rule was broken")
    failures = sum(it.weight == "must" for it in report.findings)
    suite.set("tests", str(max(1, len(report.findings))))
    suite.set("failures", str(failures))
    suite.set("skipped", str(len(report.findings) - failures))
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _title(it: Finding) -> str:
    return f"{it.code} in {it.action}" if it.action else it.code


def _where(it: Finding) -> str:
    field = f", field {it.first.field}" if it.first.field else ""
    return f"at {it.first.at.isoformat()} of {it.first.charge_point}{field}"


def _one_line(text: str) -> str:
    short = text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}…"
    return " ".join(short.split())


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _plain(text: str) -> str:
    # XML 1.0 has no place for control characters, and the wire may carry any
    return "".join(
        c if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff") else "�"
        for c in text
    )
