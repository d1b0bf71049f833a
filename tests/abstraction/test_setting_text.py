"""Values of settings are text of OCPP's, not of a programming language: which are numbers, booleans and lists."""

import pytest
from abstraction.story import Story
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.requests import SettingToWrite
from vcp_contracts.values import SettingName

STYLES = pytest.mark.parametrize("style", ["three", "stream"])

INTEGER = ("OCPPCommCtrlr", "HeartbeatInterval")
DECIMAL = ("SmartChargingCtrlr", "LimitChangeSignificance")
BOOLEAN = ("AuthCtrlr", "LocalPreAuthorize")
MEMBERS = ("SampledDataCtrlr", "TxUpdatedMeasurands")
ROTATION = ("Custom", "ConnectorPhaseRotation")

NO_NUMBERS = (
    "", "abc", "true", "1_000", "1_0_0", "١٢", "１２", "²", "½", "Ⅷ", "一", "1\u00a0000", "1 000", "1,000",
    "\u00a012", "12\u00a0", "\u200912", "12\u3000", "\ufeff12", "12\n", "\v12", "12\x00", "+5", "--5", "5-",
    "- 5", "−5", "0x10", "0b1", "0o7", "1e3", "1E3", "NaN", "nan", "inf", "Infinity", "-inf", "007", "00", "01",
    ".5", "5.", "1.", "1.2.3", "1/2", "12s", "True",
)  # fmt: skip


def write(story: Story, setting: tuple[str, str], value: str) -> tuple[str, str]:
    """The result of writing a value, and what is read then."""
    name = SettingName(component=setting[0], variable=setting[1])
    [written] = story.request(r.WriteSettings, settings=(SettingToWrite(name=name, value=value),)).settings
    [read] = story.request(r.ReadSettings, names=(name,), attributes=("actual",)).settings
    return written.result, read.value


@STYLES
@pytest.mark.parametrize("value", [*NO_NUMBERS, "1.5", "-1", "-0", "2147483648", "9" * 19, "9" * 5000])
def test_what_is_no_integer(style: str, value: str):
    """2.0.1 part 2 §2.1.4: no plus sign, no leading zeros; 1.6 is held to the same"""
    assert write(Story(style).online(), INTEGER, value) == ("bad_value", "300")


@STYLES
@pytest.mark.parametrize(
    ("value", "read"),
    [("1", "1"), ("5", "5"), ("1000", "1000"), ("2147483647", "2147483647"), (" 12 ", "12"), ("\t12", "12")],
)
def test_what_is_an_integer(style: str, value: str, read: str):
    """Blanks around it are no part of it."""
    assert write(Story(style).online(), INTEGER, value) == ("accepted", read)


@STYLES
@pytest.mark.parametrize(
    "value", [*NO_NUMBERS, "-1", "100.5", "1.1234567", "1._5", "1.٥", "9" * 400, "1" + "0" * 5000]
)
def test_what_is_no_decimal(style: str, value: str):
    """2.0.1 part 2 §2.1.4: at most six decimal places"""
    assert write(Story(style).online(), DECIMAL, value) == ("bad_value", "10")


@STYLES
@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("0", "0"),
        ("2.5", "2.5"),
        ("99.999999", "99.999999"),
        ("0.000001", "0.000001"),
        ("-0", "0"),
        ("-0.0", "0.0"),
    ],
)
def test_what_is_a_decimal(style: str, value: str, read: str):
    assert write(Story(style).online(), DECIMAL, value) == ("accepted", read)


@STYLES
@pytest.mark.parametrize(
    "value",
    ["", "1", "0", "yes", "on", "t", "falſe", "ｔｒｕｅ", "true\u00a0", "true\n", "true,true", "TRUÉ"],
)
def test_what_is_no_boolean(style: str, value: str):
    assert write(Story(style).online(), BOOLEAN, value) == ("bad_value", "false")


@STYLES
@pytest.mark.parametrize("value", ["true", "True", "TRUE", " true "])
def test_what_is_a_boolean(style: str, value: str):
    assert write(Story(style).online(), BOOLEAN, value) == ("accepted", "true")


@STYLES
@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("Voltage,SoC", ("accepted", "Voltage,SoC")),
        (" Voltage , SoC ,", ("accepted", "Voltage,SoC")),
        ("Voltage,\u00a0SoC", ("bad_value", "Energy.Active.Import.Register")),
        ("Voltage\u3000", ("bad_value", "Energy.Active.Import.Register")),
        ("Voltage，SoC", ("bad_value", "Energy.Active.Import.Register")),
        ("Voltage\nSoC", ("bad_value", "Energy.Active.Import.Register")),
    ],
)
def test_a_list_is_parted_by_commas_and_blanks_of_ascii(style: str, value: str, result: tuple[str, str]):
    assert write(Story(style).online(), MEMBERS, value) == result


@STYLES
@pytest.mark.parametrize(
    "value", ["١.RST", "1_0.RST", "01.RST", "+1.RST", "².RST", "-0.RST", "9" * 5000 + ".RST"]
)
def test_a_connector_in_a_list_is_a_number_too(style: str, value: str):
    assert write(Story(style).online(), ROTATION, value)[0] == "bad_value"


@STYLES
@pytest.mark.parametrize("value", ["١٢", "1_000", "1e3"])
def test_whoever_stands_before_the_charger_is_told_why(style: str, value: str):
    story = Story(style).online()
    result = story.do(c.WriteSetting, name="HeartbeatInterval", value=value)
    assert (result.status, result.reason) == ("rejected", "HeartbeatInterval must be a whole number")
    refused = Story(style, settings={"HeartbeatInterval": value})
    assert refused.result.status == "rejected"


@pytest.mark.parametrize("value", ["٢", "+2", "2_0", "2\u00a0", "02"])
def test_a_security_profile_is_a_number_too(value: str):
    assert write(Story("three").online(), ("SecurityCtrlr", "SecurityProfile"), value) == ("bad_value", "0")
