"""The report of what a backend broke: counted per code and action, with the first time, in three formats."""

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from control.played_abstraction import PlayedAbstraction
from redis.asyncio import Redis
from vcp_contracts import streams
from vcp_contracts.events import FrameReceived, ProtocolViolation
from vcp_control.report_formats import as_junit, as_markdown
from vcp_control.violation_report import Report, report

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PARTITIONS = 4
BAD_BEAT = '[3,"m1",{}]'


def broke(
    n: int, code: str, action: str | None, charge_point: str = "CP001", **more: Any
) -> ProtocolViolation:
    fields = {
        "id": f"v{n}", "charge_point": charge_point, "at": AT, "link": "h/1", "code": code, "action": action,
        "rule": "required", "message_id": f"m{n}", "text": BAD_BEAT, **more,
    }  # fmt: skip
    return ProtocolViolation.model_validate(fields)


def told(*violations: ProtocolViolation) -> Report:
    return report([it.model_dump(mode="json") for it in violations], charge_points=1)


def test_nothing_broken_is_clean() -> None:
    made = told()
    assert (made.verdict, made.must, made.should, made.findings) == ("clean", 0, 0, [])


def test_violations_are_counted_by_code_and_action_and_the_gravest_come_first() -> None:
    made = told(
        broke(1, "answer_late", None),
        broke(2, "answer_field_missing", "Heartbeat", field="currentTime"),
        broke(3, "answer_field_missing", "Heartbeat", field="other"),
        broke(4, "answer_field_missing", "Authorize"),
    )
    assert (made.verdict, made.must, made.should) == ("broken", 3, 1)
    assert [(it.code, it.action, it.count) for it in made.findings] == [
        ("answer_field_missing", "Heartbeat", 2),
        ("answer_field_missing", "Authorize", 1),
        ("answer_late", None, 1),
    ]
    first = made.findings[0].first
    assert (first.message_id, first.field, first.text) == ("m2", "currentTime", BAD_BEAT)


def test_what_is_only_advised_against_is_advice() -> None:
    assert told(broke(1, "answer_late", None)).verdict == "advice"


def test_a_code_of_a_newer_product_is_left_out() -> None:
    event = {**broke(1, "answer_late", None).model_dump(mode="json"), "code": "invented_later"}
    assert report([event], charge_points=1).verdict == "clean"


def test_junit_has_a_failure_for_what_is_forbidden_and_skips_advice() -> None:
    text = as_junit(told(broke(1, "answer_late", None), broke(2, "call_unknown", "Brew\x00")))
    suite = ElementTree.fromstring(text)
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "1")
    assert [case.get("name") for case in suite] == ["call_unknown in Brew\ufffd", "answer_late"]
    assert suite[0][0].tag == "failure"
    assert BAD_BEAT in str(suite[0][0].text)


def test_junit_of_a_clean_backend_is_one_success() -> None:
    suite = ElementTree.fromstring(as_junit(told()))
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")


def test_markdown_shows_the_verdict_the_counts_and_the_first_message() -> None:
    page = as_markdown(told(broke(1, "answer_field_missing", "Heart|beat", field="currentTime")))
    assert page.startswith("# Violations\n\nThe backend broke rules of OCPP.\n")
    assert "| `answer_field_missing` | must | Heart\\|beat | 1 |" in page
    assert f"    {BAD_BEAT}\n" in page
    assert as_markdown(told()) == "# Violations\n\nThe backend broke no rule of OCPP.\n"


# --- over HTTP -------------------------------------------------------------------------------------------------------


@pytest.fixture
async def broken(abstraction: PlayedAbstraction) -> None:
    for id, team in (("CP001", "red"), ("CP002", "blue")):
        await abstraction.knows(id, labels={"team": team})
    await abstraction.tell(broke(1, "answer_twice", None))
    await abstraction.tell(broke(2, "call_unknown", "BrewCoffee", "CP002"))


async def test_the_report_of_one_charge_point(api: httpx.AsyncClient, broken: None) -> None:
    made = (await api.get("/charge-points/CP001/violations")).json()
    assert [(it["code"], it["first"]["charge_point"]) for it in made["findings"]] == [
        ("answer_twice", "CP001")
    ]
    assert (made["verdict"], made["complete_since"], made["charge_points"]) == ("broken", None, 1)
    assert (await api.get("/charge-points/CP404/violations")).status_code == 404


async def test_the_report_of_many(api: httpx.AsyncClient, broken: None) -> None:
    made = (await api.get("/violations")).json()
    assert {it["code"] for it in made["findings"]} == {"answer_twice", "call_unknown"}
    made = (await api.get("/violations", params={"label": "team=blue"})).json()
    assert ([it["code"] for it in made["findings"]], made["charge_points"]) == (["call_unknown"], 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"other": "x"},
        {"__data__": 'no json, but "protocol_violation"'},
        {"__data__": '["protocol_violation"]'},
    ],
)
async def test_what_a_stranger_writes_into_the_stream_is_passed_over(
    api: httpx.AsyncClient, broken: None, redis: Redis, fields: dict[str, str]
) -> None:
    before = (await api.get("/charge-points/CP001/violations")).json()["findings"]
    await redis.xadd(streams.events(streams.partition_of("CP001", PARTITIONS)), fields)
    answer = await api.get("/charge-points/CP001/violations")
    assert (answer.status_code, answer.json()["findings"]) == (200, before)


async def test_a_report_may_begin_at_a_time(api: httpx.AsyncClient, broken: None) -> None:
    made = (await api.get("/violations", params={"since": "2026-06-01T12:00:00Z"})).json()
    assert made["must"] == 2
    made = (await api.get("/violations", params={"since": "2026-06-01T12:00:01Z"})).json()
    assert made["must"] == 0


@pytest.mark.parametrize(
    ("query", "accept", "media_type", "begins"),
    [
        ({}, "*/*", "application/json", '{"verdict"'),
        ({"format": "junit"}, "*/*", "application/xml", "<?xml"),
        ({}, "application/xml", "application/xml", "<?xml"),
        ({}, "text/markdown", "text/markdown; charset=utf-8", "# Violations"),
        ({"format": "json"}, "text/markdown", "application/json", '{"verdict"'),
    ],
)
async def test_the_format_is_chosen(
    api: httpx.AsyncClient, broken: None, query: dict[str, str], accept: str, media_type: str, begins: str
) -> None:
    answer = await api.get("/violations", params=query, headers={"accept": accept})
    assert answer.headers["content-type"] == media_type
    assert answer.text.startswith(begins)


async def test_what_the_charger_judged_is_completed_from_the_wire(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction
) -> None:
    await abstraction.knows("CP001")
    text = '[3,"m7",{"status":"Accepted","interval":-1,"currentTime":"2026-06-01T12:00:00Z"}]'
    await abstraction.record(
        FrameReceived(
            id="f1", charge_point="CP001", at=AT, link="h/1", message_id="m7", kind="result",
            action="BootNotification", text=text, valid=True,
        )
    )  # fmt: skip
    await abstraction.tell(broke(7, "boot_interval_negative", None, text=""))
    [finding] = (await api.get("/charge-points/CP001/violations")).json()["findings"]
    assert (finding["action"], finding["first"]["text"]) == ("BootNotification", text)


async def test_a_report_says_from_when_on_it_is_complete(
    api: httpx.AsyncClient, abstraction: PlayedAbstraction, redis: Redis
) -> None:
    await abstraction.knows("CP001")
    for n in range(3):
        await abstraction.tell(broke(n, "answer_twice", None))
    await redis.xtrim(streams.events(streams.partition_of("CP001", PARTITIONS)), maxlen=1, approximate=False)
    made = (await api.get("/charge-points/CP001/violations")).json()
    assert made["findings"][0]["count"] == 1
    assert made["complete_since"] is not None


def test_a_rule_that_only_the_text_has_is_a_finding_of_its_own_with_its_clause() -> None:
    start, connector = "RemoteStartTransaction", "OCPP 1.6 §6.33"
    made = told(
        broke(1, "call_field_rule", start, field="connectorId", clause=connector),
        broke(2, "call_field_rule", start, field="chargingProfile.transactionId", clause="OCPP 1.6 §5.16.2"),
        broke(3, "call_field_rule", start, field="connectorId", clause=connector),
        broke(4, "call_field_advice", "SetChargingProfile", field="connectorId", clause="OCPP 1.6 §3.13.1"),
    )
    assert (made.verdict, made.must, made.should) == ("broken", 3, 1)
    assert [(it.code, it.clause, it.first.field, it.count) for it in made.findings] == [
        ("call_field_rule", connector, "connectorId", 2),
        ("call_field_rule", "OCPP 1.6 §5.16.2", "chargingProfile.transactionId", 1),
        ("call_field_advice", "OCPP 1.6 §3.13.1", "connectorId", 1),
    ]


def test_a_violation_that_was_kept_before_clauses_were_told_has_that_of_its_code() -> None:
    event = broke(1, "answer_field_missing", "Heartbeat").model_dump(mode="json")
    del event["clause"]
    [finding] = report([event], charge_points=1).findings
    assert finding.clause.startswith("OCPP-J 1.6 §4.2.2")
