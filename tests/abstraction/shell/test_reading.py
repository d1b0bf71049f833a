"""From an entry's body to a word: what is filled in, and how a wrong one is named. Literal bodies."""

from datetime import UTC, datetime

import pytest
from vcp_abstraction.shell.reading import COMMANDS, Unread, read
from vcp_contracts.commands import PlugIn
from vcp_contracts.link import HandlerUp

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def reading(body: bytes) -> object:
    return read(body, own_id="p07-1-0", time=NOON)


def refused(body: bytes) -> Unread:
    with pytest.raises(Unread) as refusal:
        reading(body)
    return refusal.value


def test_a_word_without_a_time_has_that_of_its_entry():
    word = reading(b'{"type":"plug_in","id":"a","charge_point":"CP1"}')
    assert word == PlugIn(id="a", charge_point="CP1", at=NOON)


def test_a_given_time_stays():
    word = reading(b'{"type":"plug_in","id":"a","charge_point":"CP1","at":"2026-01-01T00:00:00Z"}')
    assert word == PlugIn(id="a", charge_point="CP1", at=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("id", [b"", b'"id":null,'])
def test_a_word_without_an_id_is_named_after_its_entry(id: bytes):
    word = reading(b"{" + id + b'"type":"plug_in","charge_point":"CP1"}')
    assert word == PlugIn(id="p07-1-0", charge_point="CP1", at=NOON)


def test_a_handler_that_comes_up_has_no_charge_point():
    word = reading(b'{"type":"handler_up","id":"u","owner":"h","manners":{}}')
    assert word == HandlerUp(id="u", at=NOON, owner="h", manners={})


def test_a_bad_value_names_its_field_and_its_command():
    no = refused(b'{"type":"plug_in","id":"a","charge_point":"CP1","evse":"left"}')
    assert (no.field, no.command, no.charge_point, no.known) == ("evse", "a", "CP1", True)
    assert no.reason.startswith("evse: ")


def test_an_unknown_field_is_refused_with_the_fields_there_are():
    no = refused(b'{"type":"plug_in","id":"a","charge_point":"CP1","socket":1}')
    assert no.reason == "there is no field socket"
    assert "connector" in (no.remedy or "")


def test_a_field_inside_another_is_named_with_its_path():
    no = refused(
        b'{"type":"provision","id":"a","charge_point":"CP1","configuration":{"evses":[{"register_wh":-1}]}}'
    )
    assert no.field == "configuration.evses.0.register_wh"


def test_no_charge_point():
    no = refused(b'{"type":"plug_in","id":"a"}')
    assert (no.reason, no.command, no.charge_point) == ("charge_point is missing", "a", None)


def test_an_unknown_type_is_answered_with_the_types_there_are():
    no = refused(b'{"type":"plug_inn","charge_point":"CP1"}')
    assert (no.field, no.command, no.known) == ("type", "p07-1-0", False)
    assert "plug_in," in (no.remedy or "")


def test_no_type():
    assert refused(b'{"id":"a"}').reason == "type is missing"


def test_a_type_that_is_no_text():
    assert refused(b'{"id":"a","type":["plug_in"]}').field == "type"


def test_nobody_waits_for_a_result_of_what_the_handler_says():
    no = refused(b'{"type":"link_up","id":"f","charge_point":"CP1"}')
    assert (no.command, no.charge_point) == (None, "CP1")


def test_an_id_that_can_t_be_one_names_no_command():
    no = refused(b'{"type":"plug_in","id":7,"charge_point":"CP1"}')
    assert (no.field, no.command) == ("id", None)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"7", b'"text"'])
def test_what_is_no_json_object(body: bytes):
    no = refused(body)
    assert no.reason.startswith("not ")
    assert (no.command, no.charge_point) == (None, None)


def test_a_secret_value_is_not_repeated_in_the_reason():
    no = refused(b'{"type":"present_token","id":"a","charge_point":"CP1","token":["SECRET"]}')
    assert no.field == "token"
    assert "SECRET" not in f"{no.reason} {no.remedy}"


def test_every_command_of_the_contracts_is_known():
    assert {"provision", "plug_in", "ask", "set_behaviour"} <= COMMANDS.keys()
