"""Settings read and written, by the backend and by hand."""

from typing import Literal

from vcp_contracts.commands import WriteSetting
from vcp_contracts.events import SettingChanged
from vcp_contracts.requests import (
    Declined,
    ReadSettings,
    SettingRead,
    SettingsRead,
    SettingsWritten,
    SettingToWrite,
    SettingWritten,
    WriteSettings,
)
from vcp_contracts.settings import BY_NAME, CATALOGUE, Setting, find, full_name
from vcp_contracts.values import SettingName

from vcp_abstraction.blocks import credentials, link, restart_keys, setting_effects, setting_values
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.setting_rules import access, broken_rule, least
from vcp_abstraction.settings import normal

COMPONENTS = {row.component.casefold() for row in CATALOGUE} | {"evse", "connector"}


# --- reading ---------------------------------------------------------------------------------------------------------


def read_settings(cp: Charger, it: ReadSettings) -> SettingsRead | Declined:
    """Reads each by name, or all of them. Too many at once are declined (1.6 GetConfigurationMaxKeys, 2.0.1 B06.FR.16)."""
    most = cp.settings.seconds("DeviceDataCtrlr.ItemsPerMessage[GetVariables]")
    if len(it.names) > most:
        return Declined(**cp.reply(it), reason="too_many", detail=f"at most {most} at once")
    if it.names:
        attributes = [*it.attributes, *["actual"] * (len(it.names) - len(it.attributes))]
        results = tuple(
            _read(cp, name, attribute) for name, attribute in zip(it.names, attributes, strict=True)
        )
    else:
        results = tuple(_read_row(cp, row, _name(row)) for row in CATALOGUE if row.access != "write_only")
    return SettingsRead(**cp.reply(it), settings=results)


def _name(row: Setting) -> SettingName:
    return SettingName(component=row.component, variable=row.variable, instance=row.instance)


def _read(cp: Charger, name: SettingName, attribute: str) -> SettingRead:
    row = _row(name)
    if row is None:
        return _read_physical(cp, name, attribute)
    if attribute != "actual":
        return SettingRead(name=name, result="no_such_attribute")
    return _read_row(cp, row, name)


def _unknown(name: SettingName) -> Literal["unknown_component", "unknown_variable"]:
    known = name.component.casefold() in COMPONENTS and not name.component_instance
    return "unknown_variable" if known and name.evse is None else "unknown_component"


def _read_row(cp: Charger, row: Setting, name: SettingName) -> SettingRead:
    if row.access == "write_only":
        return SettingRead(name=name, result="write_only")
    closed = access(cp, row) == "read_only"
    read_only = closed and not credentials.is_writable(cp, row.name)
    return SettingRead(
        name=name, result="accepted", value=setting_values.value_of(cp, row), read_only=read_only
    )


def _read_physical(cp: Charger, name: SettingName, attribute: str) -> SettingRead:
    here = [
        fact
        for fact in setting_values.physical(cp)
        if fact.component.casefold() == name.component.casefold()
        and not name.component_instance
        and (fact.evse, fact.connector) == (name.evse, name.connector)
    ]
    for fact in here:
        if fact.variable.casefold() == name.variable.casefold() and not name.instance:
            if attribute != "actual":
                return SettingRead(name=name, result="no_such_attribute")
            return SettingRead(name=name, result="accepted", value=fact.value, read_only=True)
    return SettingRead(name=name, result="unknown_variable" if here else _unknown(name))


# --- writing ---------------------------------------------------------------------------------------------------------


def write_settings(cp: Charger, it: WriteSettings) -> SettingsWritten | Declined:
    """Writes each on its own (1.6 §5.3, 2.0.1 B05). Too many at once are declined."""
    most = cp.settings.seconds("DeviceDataCtrlr.ItemsPerMessage[SetVariables]")
    if len(it.settings) > most:
        return Declined(**cp.reply(it), reason="too_many", detail=f"at most {most} at once")
    results = tuple(_write(cp, item) for item in it.settings)
    setting_effects.take_effect(
        cp, {full_name(r.name.component, r.name.variable, r.name.instance) for r in results}
    )
    accepted = {row.name for r in results if r.result == "accepted" and (row := _row(r.name)) is not None}
    if credentials.need_new_link(cp, accepted):
        link.renew(cp, "new credentials")
    return SettingsWritten(**cp.reply(it), settings=results)


def _row(name: SettingName) -> Setting | None:
    """The row of the catalogue; None for what belongs to an EVSE or an instance of a component, which has none."""
    if name.evse is not None or name.component_instance:
        return None
    return BY_NAME.get(full_name(name.component, name.variable, name.instance).casefold())


def _write(cp: Charger, item: SettingToWrite) -> SettingWritten:
    name = item.name
    row = _row(name)
    if row is None:
        read = _read_physical(cp, name, item.attribute)
        result = "read_only" if read.result == "accepted" else read.result
        return SettingWritten(name=name, result=result)  # type: ignore[arg-type]
    if item.attribute != "actual":
        return SettingWritten(name=name, result="no_such_attribute")
    if row.access == "write_only" or credentials.is_writable(cp, row.name):
        return credentials.write(cp, row.name, item)
    if access(cp, row) == "read_only":
        return SettingWritten(name=name, result="read_only")
    good, rule = normal(row, item.value)
    if good is not None:
        rule = broken_rule(cp.configuration, cp.settings, row, good) or _too_little(cp, row, good)
    if good is None or rule:
        return SettingWritten(name=name, result="bad_value", detail=rule)
    if restart_keys.counts_later(cp, row):
        cp.settings.put_off(row, good)
        return SettingWritten(name=name, result="reboot_required")
    put(cp, row, good, "backend")
    return SettingWritten(name=name, result="accepted")


def _too_little(cp: Charger, row: Setting, value: str) -> str:
    minimum = least(cp, row)
    if minimum is None or minimum == row.minimum or float(value) >= minimum:
        return ""
    return f"must be at least {minimum:g}"


def put(cp: Charger, row: Setting, value: str, by: str) -> None:
    """Keeps a good value, and tells the world."""
    cp.settings.put(row, value)
    shown = None if row.access == "write_only" else value
    cp.note(SettingChanged, name=row.name, value=shown, by=by)


def write_setting(cp: Charger, it: WriteSetting) -> None:
    """An installer writes a setting, also one that is read-only for the backend."""
    row = find(it.name)
    if row is None or row.derived:
        raise Impossible(
            f"there is no setting {it.name} that can be set", field="name", remedy="see the view's settings"
        )
    if row.access == "write_only":
        raise Impossible(f"{it.name} is a secret", field="name", remedy="put it into VCP_KEYS, under a label")
    good, rule = normal(row, it.value)
    if good is not None:
        rule = broken_rule(cp.configuration, cp.settings, row, good)
    if good is None or rule:
        raise Impossible(f"{it.name} {rule}", field="value", remedy=f"give a value that {rule}")
    put(cp, row, good, "command")
    setting_effects.take_effect(cp, {row.name})
