"""What the tables promise: every action of its version is accounted for, and the pages that say so are current."""

from pathlib import Path
from typing import get_args

import pytest
from vcp_contracts.actions import (
    Action,
    AnyAction,
    Beat,
    RawCall,
    RawText,
    ReportMeter,
    ReportTransaction,
)
from vcp_contracts.manners import Manners
from vcp_contracts.requests import AnyRequest, Declined, ForgetTokens, ListSettings
from vcp_handler.dialects import DIALECTS, coverage, ocpp16, ocpp201
from vcp_handler.dialects.table import Dialect, Envelope, Heard, Said, Unreadable
from vcp_handler.validation import Schemas

DOCS = Path(__file__).parents[3] / "docs"
EACH_DIALECT = pytest.mark.parametrize(
    ("dialect", "folder"),
    [(ocpp16.DIALECT, "v16"), (ocpp201.DIALECT, "v201")],
    ids=[ocpp16.SUBPROTOCOL, ocpp201.SUBPROTOCOL],
)


@EACH_DIALECT
def test_every_action_of_the_version_has_a_row_or_a_reason(dialect: Dialect, folder: str) -> None:
    assert dialect.known == Schemas(folder).actions


@EACH_DIALECT
def test_no_action_has_both_a_row_and_a_reason(dialect: Dialect, folder: str) -> None:
    assert not dialect.said_by_name.keys() & dialect.unsaid.keys()
    assert not dialect.heard_by_name.keys() & dialect.refused.keys()
    assert len(dialect.heard_by_name) == len(dialect.heard)


@EACH_DIALECT
def test_rows_of_one_action_share_their_secrets(dialect: Dialect, folder: str) -> None:
    assert all(row.secrets == dialect.said_by_name[row.action].secrets for row in dialect.said)


@EACH_DIALECT
def test_each_contract_has_one_row_or_a_choice_among_its_rows(dialect: Dialect, folder: str) -> None:
    for contract in {row.contract for row in dialect.said}:
        rows = [row.action for row in dialect.said if row.contract is contract]
        assert len(set(rows)) == len(rows)
        assert len(rows) == 1 or contract in dialect.choices


@EACH_DIALECT
def test_an_answer_of_its_own_to_a_declined_request_is_valid(dialect: Dialect, folder: str) -> None:
    reasons = set(get_args(Declined.model_fields["reason"].annotation))
    for row in dialect.heard:
        assert row.declined.keys() <= reasons
        for payload in row.declined.values():
            assert Schemas(folder).check_result(row.action, payload) is None


def test_all_words_of_the_contracts_are_spoken_somewhere() -> None:
    spoken = {row.contract for dialect in DIALECTS.values() for row in dialect.said}
    heard = {row.contract for dialect in DIALECTS.values() for row in dialect.heard}
    by_hand = {RawCall, RawText}
    assert spoken == set(AnyAction.__origin__.__args__) - by_hand
    assert heard == set(AnyRequest.__origin__.__args__)


def test_the_charger_is_told_what_each_version_can_say() -> None:
    old, new = ocpp16.DIALECT.announced.speaks, ocpp201.DIALECT.announced.speaks
    assert new - old == {
        "report_events",
        "report_settings",
        "report_profiles",
        "report_reservation",
        "report_limit",
        "report_limit_cleared",
    }
    assert old == {
        "boot",
        "beat",
        "authorize",
        "report_status",
        "report_transaction",
        "report_meter",
        "pass_data",
        "report_firmware",
        "report_upload",
        "report_security_event",
        "ask_signing",
    }


def test_an_action_without_a_row_is_unspoken() -> None:
    class Sing(Action):
        type: str = "sing"

    assert ocpp16.DIALECT.row_for(Sing(id="a1", charge_point="CP1")) is None


def test_what_the_contract_refuses_is_unreadable_and_names_the_field() -> None:
    envelope: Envelope = {
        "id": "r1",
        "charge_point": "CP1",
        "at": Beat(id="a", charge_point="CP1").at,
        "link": "l1",
        "n": 0,
        "message_id": "1",
    }
    asks = Heard(
        action="GetBaseReport",
        contract=ListSettings,
        read=lambda payload, envelope: ListSettings(**envelope, report=payload["requestId"], what="full"),
        write=lambda reply, original: {},
    )
    with pytest.raises(Unreadable) as caught:
        asks.request({"requestId": 1.5}, envelope)
    assert caught.value.field == "report"


def test_a_choice_names_the_row_of_that_contract() -> None:
    def chosen(report: ReportTransaction) -> str:
        return "MeterValues"

    mine = Said(action="MeterValues", contract=ReportTransaction, write=lambda a: {}, read=lambda p, a: None)
    other = Said(action="MeterValues", contract=ReportMeter, write=lambda a: {}, read=lambda p, a: None)
    dialect = Dialect(
        subprotocol="ocpp0",
        manners=ocpp16.MANNERS,
        said=(other, mine),
        choices={ReportTransaction: chosen},
        heard=(
            Heard(
                action="ClearCache",
                contract=ForgetTokens,
                read=lambda payload, envelope: ForgetTokens(**envelope),
                write=lambda reply, original: {},
            ),
        ),
    )
    report = ReportTransaction(
        id="a1",
        charge_point="CP1",
        phase="updated",
        transaction="t",
        place={"evse": 1},
        state="charging",
        seq=1,
        trigger="trigger",
        register_wh=0,
    )
    assert dialect.row_for(report) is mine


def test_the_coverage_page_is_current() -> None:
    page = (DOCS / "coverage.md").read_text(encoding="utf-8")
    assert page == coverage.page(), "python -m vcp_handler.dialects.coverage > docs/coverage.md"


def test_the_manners_page_has_every_field_with_the_values_of_the_dialects() -> None:
    lines = (DOCS / "manners.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    head, _, *facts = rows
    assert head[:3] == ["field", ocpp16.SUBPROTOCOL, ocpp201.SUBPROTOCOL]
    assert all(all(row) and len(row) == len(head) for row in facts)
    assert [row[:3] for row in facts] == [
        [name, plain(name, ocpp16.MANNERS), plain(name, ocpp201.MANNERS)] for name in Manners.model_fields
    ]


def plain(name: str, manners: Manners) -> str:
    match getattr(manners, name):
        case _ if name == "speaks":
            return "from the table"
        case None:
            return "setting"
        case bool(yes):
            return "yes" if yes else "no"
        case frozenset() as points:
            return ", ".join(sorted(points))
        case value:
            return str(value)
