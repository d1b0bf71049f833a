"""Security profiles, and passwords that the backend sets (whitepaper A01, A05; 2.0.1 A01)."""

from typing import Any

import pytest
from abstraction.story import Story
from vcp_contracts import commands as c
from vcp_contracts.link import LinkFailed
from vcp_contracts.requests import ReadSettings, Sealed, SettingToWrite, WriteSettings
from vcp_contracts.settings import name_of_key

HEX = Sealed(label="CP001#0", length=40, form="hex")
BASIC = {"basic": True}
TRUSTED = {"basic": True, "ca_label": "test"}


def write(story: Story, key: str, value: str = "", sealed: Sealed | None = None) -> tuple[str, str | None]:
    item = SettingToWrite(name=name_of_key(key), value=value, sealed=sealed)
    result = story.request(WriteSettings, settings=(item,)).settings[0]
    return result.result, result.detail


def read(story: Story, key: str) -> tuple[str, str | None, bool]:
    (result,) = story.request(ReadSettings, names=(name_of_key(key),)).settings
    return result.result, result.value, result.read_only


def orders(story: Story) -> list[Any]:
    return [word for word in story.ever_said if word.type == "open_link"]


def in_force(story: Story) -> tuple[str, int | None, bool, str | None]:
    order = orders(story)[-1]
    return order.url, order.security.profile, order.security.basic, order.security.password_label


@pytest.mark.parametrize(
    ("url", "security", "profile"),
    [
        ("ws://backend/ocpp", {}, "0"),
        ("wss://backend/ocpp", {}, "0"),
        ("ws://backend/ocpp", {"basic": True}, "1"),
        ("wss://backend/ocpp", {"basic": True}, "2"),
        ("wss://backend/ocpp", {"certificate_label": "cp"}, "3"),
        ("ws://backend/ocpp", {"profile": 2}, "2"),
    ],
)
def test_the_profile_that_a_configuration_means(url: str, security: dict[str, Any], profile: str):
    story = Story(url=url, security=security).online()
    assert read(story, "SecurityProfile") == ("accepted", profile, False)


@pytest.mark.parametrize(
    ("url", "security", "field"),
    [
        (None, {"profile": 1}, "url"),
        ("ws://b", {"profile": 0, "basic": True}, "security.basic"),
        ("wss://b", {"profile": 1}, "security.profile"),
        ("wss://b", {"profile": 3}, "security.certificate_label"),
    ],
)
def test_a_profile_that_can_not_be_had_is_refused(url: str | None, security: dict[str, Any], field: str):
    story = Story(url=url, security=security)
    assert story.result is not None
    assert (story.result.status, story.result.field) == ("rejected", field)


def test_a_new_password_is_in_force_once_the_answer_has_left():
    story = Story(security=BASIC).online()
    assert in_force(story) == ("ws://backend/ocpp", 1, True, None)
    assert write(story, "AuthorizationKey", sealed=HEX) == ("accepted", None)
    assert story.words() == ["settings_written", "close_link", "open_link"]
    assert in_force(story) == ("ws://backend/ocpp", 1, True, "CP001#0")
    assert story.seen("setting_changed")[-1].value is None


def test_a_password_of_a_charger_without_basic_is_kept_for_later():
    story = Story().online()
    assert write(story, "AuthorizationKey", sealed=HEX) == ("accepted", None)
    assert story.words() == ["settings_written"]
    assert write(story, "SecurityProfile", "1") == ("accepted", None)
    assert in_force(story) == ("ws://backend/ocpp", 1, True, "CP001#0")


@pytest.mark.parametrize(
    ("length", "form", "result"),
    [
        (40, "hex", "accepted"),
        (32, "hex", "accepted"),
        (16, "hex", "accepted"),
        (30, "hex", "bad_value"),
        (33, "hex", "bad_value"),
        (42, "hex", "bad_value"),
        (16, "text", "accepted"),
        (15, "text", "bad_value"),
    ],
)
def test_passwords_by_the_rule_of_hex_or_text(length: int, form: Any, result: str):
    story = Story(security=BASIC).online()
    sealed = Sealed(label="CP001#0", length=length, form=form)
    assert write(story, "AuthorizationKey", sealed=sealed)[0] == result


@pytest.mark.parametrize(
    ("length", "form", "result"),
    [
        (16, "identifier", "accepted"),
        (40, "hex", "accepted"),
        (15, "hex", "bad_value"),
        (20, "text", "bad_value"),
    ],
)
def test_passwords_by_the_rule_of_text(length: int, form: Any, result: str):
    story = Story("stream", security=BASIC).online()
    sealed = Sealed(label="CP001#0", length=length, form=form)
    assert write(story, "AuthorizationKey", sealed=sealed)[0] == result


def test_a_refused_password_leaves_the_old_one_and_the_link():
    story = Story(security=BASIC).online()
    write(story, "AuthorizationKey", sealed=Sealed(label="CP001#0", length=3, form="text"))
    assert story.words() == ["settings_written"]
    assert story.cp.facts.security.password_label is None


def test_a_password_that_could_not_be_kept_is_refused():
    story = Story(security=BASIC).online()
    assert write(story, "AuthorizationKey") == ("bad_value", "this charger has no place to keep a password")


def test_a_password_is_never_read_and_no_command_carries_one():
    story = Story(security=BASIC).online()
    assert read(story, "AuthorizationKey") == ("write_only", None, False)
    result = story.do(c.WriteSetting, name="AuthorizationKey", value="0011")
    assert result is not None
    assert (result.status, result.remedy) == ("rejected", "put it into VCP_KEYS, under a label")


def test_the_profile_is_raised_and_the_charger_connects_with_it():
    story = Story(security=TRUSTED).online()
    assert write(story, "SecurityProfile", "2") == ("accepted", None)
    assert story.words() == ["settings_written", "close_link", "open_link"]
    assert in_force(story) == ("wss://backend/ocpp", 2, True, None)
    story.link_up()
    assert read(story, "SecurityProfile") == ("accepted", "2", False)


def test_a_backend_that_listens_elsewhere_with_tls():
    story = Story(security={**TRUSTED, "secure_url": "wss://backend:8443/x"}).online()
    write(story, "SecurityProfile", "2")
    assert in_force(story)[0] == "wss://backend:8443/x"


@pytest.mark.parametrize(
    ("security", "value", "why"),
    [
        (BASIC, "1", "the security profile is only ever raised"),
        (BASIC, "0", "the security profile is only ever raised"),
        (BASIC, "4", "must be 0, 1, 2 or 3"),
        (BASIC, "high", "must be 0, 1, 2 or 3"),
        ({}, "1", "no password is set"),
        (BASIC, "2", "no root certificate of the backend is installed"),
        (TRUSTED, "3", "no certificate of the charger is installed"),
    ],
)
def test_a_profile_whose_needs_are_not_met_is_refused(security: dict[str, Any], value: str, why: str):
    story = Story(security=security).online()
    assert write(story, "SecurityProfile", value) == ("bad_value", why)
    assert story.words() == ["settings_written"]


def test_a_profile_that_does_not_connect_is_given_up():
    story = Story(security=TRUSTED).online()
    write(story, "SecurityProfile", "2")
    assert orders(story)[-1].tries == 3
    order = story.cp.facts.link.order
    story.hear(LinkFailed(id="f", charge_point="CP001", order=order, why="tls", tls="certificate"))
    assert in_force(story) == ("ws://backend/ocpp", 1, True, None)
    assert orders(story)[-1].tries == 1
    story.link_up()
    told = [a.kind for a in story.answer_all() if a.type == "report_security_event"]
    assert told == ["invalid_backend_certificate"]
    assert read(story, "SecurityProfile")[1] == "1"


def test_a_profile_that_has_connected_once_stays():
    story = Story(security=TRUSTED).online()
    write(story, "SecurityProfile", "2")
    story.link_up()
    story.do(c.GoOffline)
    story.do(c.GoOnline)
    story.hear(LinkFailed(id="f", charge_point="CP001", order=story.cp.facts.link.order, why="refused"))
    assert in_force(story) == ("wss://backend/ocpp", 2, True, None)


def test_where_profiles_come_with_network_slots_the_setting_is_read_only():
    story = Story("stream", security=TRUSTED).online()
    assert write(story, "SecurityProfile", "2") == ("read_only", None)
    assert read(story, "SecurityProfile") == ("accepted", "1", True)


def test_another_configuration_takes_back_what_the_backend_has_set():
    story = Story(security=BASIC).online()
    write(story, "AuthorizationKey", sealed=HEX)
    new = story.cp.configuration.model_copy(update={"url": "ws://elsewhere"})
    story.do(c.Provision, configuration=new)
    assert in_force(story) == ("ws://elsewhere", 1, True, None)
