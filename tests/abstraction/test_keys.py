"""Settings under their keys: each that the standard names is there, and those with a rule of their own keep to it."""

from pathlib import Path

import pytest
import vcp_abstraction
from abstraction.story import Story
from vcp_abstraction.settings import Settings
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import (
    ChargePointConfiguration,
    ConnectorConfiguration,
    EvseConfiguration,
)
from vcp_contracts.settings import CATALOGUE, key_of, name_of_key

TWO = (EvseConfiguration(), EvseConfiguration())
FIXED = (EvseConfiguration(connectors=(ConnectorConfiguration(fixed_cable=True),)),)

KEYS = {
    "AllowOfflineTxForUnknownId": "rw", "AuthorizationCacheEnabled": "rw", "AuthorizeRemoteTxRequests": "rw",
    "BlinkRepeat": "rw", "ClockAlignedDataInterval": "rw", "ConnectionTimeOut": "rw",
    "ConnectorPhaseRotation": "rw", "ConnectorPhaseRotationMaxLength": "r", "GetConfigurationMaxKeys": "r",
    "HeartbeatInterval": "rw", "LightIntensity": "rw", "LocalAuthorizeOffline": "rw", "LocalPreAuthorize": "rw",
    "MaxEnergyOnInvalidId": "rw", "MessageTimeout": "rw", "MeterValuesAlignedData": "rw",
    "MeterValuesAlignedDataMaxLength": "r", "MeterValuesSampledData": "rw", "MeterValuesSampledDataMaxLength": "r",
    "MeterValueSampleInterval": "rw", "MinimumStatusDuration": "rw", "NumberOfConnectors": "r",
    "ResetRetries": "rw", "StopTransactionMaxMeterValues": "r", "StopTransactionOnEVSideDisconnect": "rw",
    "StopTransactionOnInvalidId": "rw", "StopTxnAlignedData": "rw", "StopTxnAlignedDataMaxLength": "r",
    "StopTxnSampledData": "rw", "StopTxnSampledDataMaxLength": "r", "SupportedFeatureProfiles": "r",
    "SupportedFeatureProfilesMaxLength": "r", "TransactionMessageAttempts": "rw",
    "TransactionMessageRetryInterval": "rw", "UnlockConnectorOnEVSideDisconnect": "rw",
    "WebSocketPingInterval": "rw",
    "LocalAuthListEnabled": "rw", "LocalAuthListMaxLength": "r", "SendLocalListMaxLength": "r",
    "ReserveConnectorZeroSupported": "r",
}  # fmt: skip
"""Core, local list and reservation (1.6 §9), and who may change each."""


def read(story: Story, *keys: str) -> dict[str, tuple[str | None, bool]]:
    reply = story.request(r.ReadSettings, names=tuple(name_of_key(key) for key in keys))
    return {
        key: (it.value, it.read_only)
        for key, it in zip(keys, reply.settings, strict=True)
        if it.result == "accepted"
    }


def write(story: Story, key: str, value: str) -> str:
    setting = r.SettingToWrite(name=name_of_key(key), value=value)
    return story.request(r.WriteSettings, settings=(setting,)).settings[0].result


def test_every_key_of_the_standard_is_there():
    story = Story(settings={"GetConfigurationMaxKeys": "100"}).online()
    assert {key: "r" if found[1] else "rw" for key, found in read(story, *KEYS).items()} == KEYS
    everything = story.request(r.ReadSettings)
    assert {key_of(it.name) for it in everything.settings} >= KEYS.keys()


@pytest.mark.parametrize("key", [key for key, access in KEYS.items() if access == "r"])
def test_what_is_read_only_can_not_be_written(key: str):
    assert write(Story().online(), key, "7") == "read_only"


def test_too_many_keys_at_once_are_declined():
    story = Story(settings={"GetConfigurationMaxKeys": "2"}).online()
    assert len(read(story, "BlinkRepeat", "LightIntensity")) == 2
    names = tuple(name_of_key(key) for key in ("BlinkRepeat", "LightIntensity", "ResetRetries"))
    reply = story.request(r.ReadSettings, names=names)
    assert (reply.type, reply.reason, reply.detail) == ("declined", "too_many", "at most 2 at once")


def test_too_many_writes_at_once_are_declined():
    story = Story("stream", settings={"DeviceDataCtrlr.ItemsPerMessage[SetVariables]": "1"}).online()
    one = r.SettingToWrite(name=name_of_key("BlinkRepeat"), value="3")
    assert story.request(r.WriteSettings, settings=(one,)).type == "settings_written"
    assert story.request(r.WriteSettings, settings=(one, one)).reason == "too_many"


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("0.RST,1.RST,2.TSR", "accepted"),
        ("1.Unknown", "accepted"),
        ("0.NotApplicable", "accepted"),
        ("", "accepted"),
        ("3.RST", "bad_value"),
        ("1.ABC", "bad_value"),
        ("RST", "bad_value"),
        ("1.RST,1.STR", "bad_value"),
        ("-1.RST", "bad_value"),
    ],
)
def test_a_phase_rotation_names_connectors_that_there_are(value: str, result: str):
    story = Story(evses=TWO).online()
    assert write(story, "ConnectorPhaseRotation", value) == result
    assert read(story, "ConnectorPhaseRotationMaxLength")["ConnectorPhaseRotationMaxLength"] == ("3", True)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("Voltage.L1,Voltage.L2-N,SoC", "accepted"),
        ("Voltage.L4", "bad_value"),
        ("SoC.L1", "bad_value"),
        ("Energy.Reactive.Import.Register", "bad_value"),
        ("Voltage,Voltage", "bad_value"),
        ("Voltage,Current.Import,Power.Active.Import,SoC", "bad_value"),
    ],
)
def test_a_list_of_measurands_names_what_can_be_measured_and_no_more_than_fit(value: str, result: str):
    story = Story(settings={"MeterValuesSampledDataMaxLength": "3"}).online()
    assert write(story, "MeterValuesSampledData", value) == result
    kept = read(story, "MeterValuesSampledData")["MeterValuesSampledData"][0]
    assert kept == (value if result == "accepted" else "Energy.Active.Import.Register")


def test_the_limit_of_a_list_binds_the_installer_and_the_configuration_too():
    story = Story(settings={"StopTxnSampledDataMaxLength": "1"}).online()
    refused = story.do(c.WriteSetting, name="StopTxnSampledData", value="Voltage,SoC")
    assert (refused.field, refused.reason) == ("value", "StopTxnSampledData must have at most 1 items")
    wrong = ChargePointConfiguration(settings={"ConnectorPhaseRotation": "9.RST"})
    refused = story.do(c.Provision, configuration=wrong)
    assert refused.field == "settings.ConnectorPhaseRotation"


def test_with_fixed_cables_there_is_nothing_to_unlock():
    story = Story(evses=FIXED).online()
    key = "UnlockConnectorOnEVSideDisconnect"
    assert read(story, key)[key] == ("false", True)
    assert write(story, key, "true") == "read_only"
    assert read(Story().online(), key)[key] == ("true", False)


def test_what_the_lamp_does_is_kept():
    story = Story().online()
    assert write(story, "LightIntensity", "101") == "bad_value"
    assert (write(story, "LightIntensity", "40"), write(story, "BlinkRepeat", "3")) == (
        "accepted",
        "accepted",
    )
    assert read(story, "LightIntensity", "BlinkRepeat") == {
        "LightIntensity": ("40", False),
        "BlinkRepeat": ("3", False),
    }


def test_the_features_are_those_that_are_there():
    story = Story().online()
    assert "LocalAuthListManagement,Reservation" in str(read(story, "SupportedFeatureProfiles"))
    without = Story(settings={"ReservationCtrlr.Available": "false"}).online()
    assert "Reservation" not in str(read(without, "SupportedFeatureProfiles"))


def test_the_stream_of_events_reports_how_many_tokens_fit_into_the_list():
    story = Story("stream", settings={"LocalAuthListMaxLength": "7"}).online()
    story.do(c.PutToken, where="list", token="A")
    story.request(r.ListSettings, report=1, what="full")
    pages = [a for a in story.answer_all() if a.type == "report_settings"]
    [entries] = [
        s
        for page in pages
        for s in page.settings
        if (s.component, s.variable) == ("LocalAuthListCtrlr", "Entries")
    ]
    assert (entries.value, entries.maximum) == ("1", 7)


ONLY_TOLD = {
    "AuthCacheCtrlr.Available",
    "Custom.SupportedFeatureProfilesMaxLength",
    "DeviceDataCtrlr.BytesPerMessage[GetReport]",
    "DeviceDataCtrlr.ItemsPerMessage[GetReport]",
    "DeviceDataCtrlr.BytesPerMessage[GetVariables]",
    "DeviceDataCtrlr.BytesPerMessage[SetVariables]",
    "LocalAuthListCtrlr.BytesPerMessage",
    "OCPPCommCtrlr.NetworkConfigurationPriority",
    "SmartChargingCtrlr.ACPhaseSwitchingSupported",
}
"""Settings that say how the charger is: its backend can't write them, or knows but one value of them."""

LAMPS = {"Custom.BlinkRepeat", "Custom.LightIntensity"}
"""There is nothing to see them by."""


def test_every_setting_that_can_be_written_means_something():
    """Its name stands somewhere in the charger's own code, apart from the table."""
    code = "".join(path.read_text() for path in Path(vcp_abstraction.__path__[0]).rglob("*.py")).casefold()
    lists = {row.longest for row in CATALOGUE}
    dead = {
        row.name
        for row in CATALOGUE
        if not row.derived and f'"{row.name.casefold()}"' not in code and row.name not in lists
    }
    assert dead - ONLY_TOLD - LAMPS == set()


def test_a_store_for_certificates_that_was_kept_as_their_number_keeps_its_size():
    kept = Settings.model_validate_json('{"values":{"SecurityCtrlr.CertificateEntries":"7"}}')
    assert kept.number("Custom.CertificateStoreMaxLength") == 7
