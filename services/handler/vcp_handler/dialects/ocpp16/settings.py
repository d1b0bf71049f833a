"""GetConfiguration and ChangeConfiguration of OCPP 1.6: settings under their keys."""

from vcp_contracts.requests import (
    ReadSettings,
    SettingRead,
    SettingsRead,
    SettingsWritten,
    SettingToWrite,
    WriteSettings,
)
from vcp_contracts.settings import key_of, name_of_key, worded_for_key
from vcp_contracts.values import SettingName

from vcp_handler.dialects.secrets import Secret, if_sealed
from vcp_handler.dialects.table import Envelope, Payload, Unreadable

_SECRET_KEYS = frozenset({"authorizationkey"})

NEW_VALUE = Secret(path=("value",), when=("key",), among=_SECRET_KEYS, seal="link")
"""The value in ChangeConfiguration.req, where the key is a password's."""

_WRITTEN = {
    "accepted": {"status": "Accepted"},
    "reboot_required": {"status": "RebootRequired"},
    "unknown_component": {"status": "NotSupported"},
    "unknown_variable": {"status": "NotSupported"},
    "no_such_attribute": {"status": "NotSupported"},
    "read_only": {"status": "Rejected"},
    "bad_value": {"status": "Rejected"},
}

_KNOWN = frozenset({"accepted", "write_only"})


def _name(key: str) -> SettingName:
    if not key:
        raise Unreadable("key", "1 to 50 characters")
    return name_of_key(key)


def read_get_configuration(payload: Payload, envelope: Envelope) -> ReadSettings:
    """GetConfiguration.req; no key or an empty list asks for all (§5.8)."""
    return ReadSettings(**envelope, names=tuple(_name(key) for key in payload.get("key", ())))


def write_configuration(reply: SettingsRead, original: Payload) -> Payload:
    """GetConfiguration.conf: keys as they were asked for; all that have one where none was asked for."""
    asked = original.get("key")
    if not asked:
        return _configuration(_all_with_keys(reply), [])
    pairs = list(zip(asked, reply.settings, strict=True))
    return _configuration(
        [(key, setting) for key, setting in pairs if setting.result in _KNOWN],
        [key for key, setting in pairs if setting.result not in _KNOWN],
    )


def _all_with_keys(reply: SettingsRead) -> list[tuple[str, SettingRead]]:
    # A write-only key is not reported unasked: its value could not stand beside it.
    named = ((key_of(setting.name), setting) for setting in reply.settings if setting.result == "accepted")
    return [(key, setting) for key, setting in named if key is not None]


def _configuration(known: list[tuple[str, SettingRead]], unknown: list[str]) -> Payload:
    payload: Payload = {}
    if known:
        payload["configurationKey"] = [_key_value(key, setting) for key, setting in known]
    if unknown:
        payload["unknownKey"] = unknown
    return payload


def _key_value(key: str, setting: SettingRead) -> Payload:
    pair: Payload = {"key": key, "readonly": setting.read_only}
    if setting.value is not None and setting.result == "accepted":
        pair["value"] = worded_for_key(key, setting.value)
    return pair


def read_change_configuration(payload: Payload, envelope: Envelope) -> WriteSettings:
    """ChangeConfiguration.req. A password comes sealed: it must not travel further than this process."""
    key = payload["key"]
    name = _name(key)
    if key.casefold() in _SECRET_KEYS:
        item = SettingToWrite(name=name, value="", sealed=if_sealed(payload["value"]))
    else:
        item = SettingToWrite(name=name, value=payload["value"])
    return WriteSettings(**envelope, settings=(item,))


def write_changed(reply: SettingsWritten, _original: Payload) -> Payload:
    """ChangeConfiguration.conf."""
    return _WRITTEN[reply.settings[0].result]
