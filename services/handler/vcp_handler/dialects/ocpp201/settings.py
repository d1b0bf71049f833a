"""GetVariables, SetVariables, GetBaseReport and NotifyReport of OCPP 2.0.1: settings as the device model has them."""

from typing import Literal

from vcp_contracts.actions import ReportSettings, SettingReport
from vcp_contracts.requests import (
    ListSettings,
    ReadSettings,
    SettingRead,
    SettingsRead,
    SettingsWritten,
    SettingToWrite,
    SettingWritten,
    WriteSettings,
)
from vcp_contracts.values import Place, SettingName

from vcp_handler.dialects import instants
from vcp_handler.dialects.ocpp201.spelling import number, status_info, written_place
from vcp_handler.dialects.secrets import Secret, if_sealed
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Envelope, Payload, Unreadable

_SECRET_VARIABLES = frozenset({"basicauthpassword"})

NEW_VALUES = Secret(
    each="setVariableData",
    path=("attributeValue",),
    when=("variable", "name"),
    among=_SECRET_VARIABLES,
    seal="link",
)
"""The values in SetVariablesRequest, where the variable is a password."""

_ATTRIBUTE = {"Actual": "actual", "Target": "target", "MinSet": "min_set", "MaxSet": "max_set"}

_READ = {
    "accepted": "Accepted",
    "unknown_component": "UnknownComponent",
    "unknown_variable": "UnknownVariable",
    "write_only": "Rejected",
    "no_such_attribute": "NotSupportedAttributeType",
}

_WRITTEN = {
    "accepted": "Accepted",
    "reboot_required": "RebootRequired",
    "unknown_component": "UnknownComponent",
    "unknown_variable": "UnknownVariable",
    "read_only": "Rejected",
    "bad_value": "Rejected",
    "no_such_attribute": "NotSupportedAttributeType",
}

_REASON = {"read_only": "ReadOnly", "bad_value": "InvalidValue", "write_only": "WriteOnly"}
"""Reason codes of the appendices, where the status alone says too little."""

_BASE: dict[str, Literal["configuration", "full", "summary"]] = {
    "ConfigurationInventory": "configuration",
    "FullInventory": "full",
    "SummaryInventory": "summary",
}

_MUTABILITY = {"read_only": "ReadOnly", "read_write": "ReadWrite", "write_only": "WriteOnly"}

_KIND = {
    "string": "string",
    "decimal": "decimal",
    "integer": "integer",
    "date_time": "dateTime",
    "boolean": "boolean",
    "option_list": "OptionList",
    "sequence_list": "SequenceList",
    "member_list": "MemberList",
}


def _name(asked: Payload) -> SettingName:
    component, variable = asked["component"], asked["variable"]
    if not component["name"] or not variable["name"]:
        raise Unreadable("component.name, variable.name", "1 to 50 characters")
    evse = component.get("evse", {})
    return SettingName(
        component=component["name"],
        variable=variable["name"],
        instance=variable.get("instance"),
        component_instance=component.get("instance"),
        evse=evse.get("id"),
        connector=evse.get("connectorId"),
    )


def _attribute(asked: Payload) -> str:
    return _ATTRIBUTE[asked.get("attributeType", "Actual")]


def read_get_variables(payload: Payload, envelope: Envelope) -> ReadSettings:
    """GetVariablesRequest."""
    asked = payload["getVariableData"]
    return ReadSettings(
        **envelope,
        names=tuple(_name(each) for each in asked),
        attributes=tuple(_attribute(each) for each in asked),
    )


def write_variables(reply: SettingsRead, original: Payload) -> Payload:
    """GetVariablesResponse: a result for each, under the names that were asked."""
    pairs = zip(original["getVariableData"], reply.settings, strict=True)
    return {"getVariableResult": [_read_result(asked, setting) for asked, setting in pairs]}


def _read_result(asked: Payload, setting: SettingRead) -> Payload:
    result: Payload = {"attributeStatus": _READ[setting.result], **_echo(asked)}
    if setting.result == "accepted":
        result["attributeValue"] = setting.value or ""  # B06.FR.13: unset is an empty text
    elif setting.result in _REASON:
        result["attributeStatusInfo"] = status_info(_REASON[setting.result])
    return result


def _echo(asked: Payload) -> Payload:
    return {
        "attributeType": asked.get("attributeType", "Actual"),
        "component": asked["component"],
        "variable": asked["variable"],
    }


def read_set_variables(payload: Payload, envelope: Envelope) -> WriteSettings:
    """SetVariablesRequest. A password comes sealed: it must not travel further than this process."""
    return WriteSettings(**envelope, settings=tuple(_to_write(each) for each in payload["setVariableData"]))


def _to_write(asked: Payload) -> SettingToWrite:
    name = _name(asked)
    value = asked["attributeValue"]
    if name.variable.casefold() in _SECRET_VARIABLES:
        return SettingToWrite(name=name, value="", sealed=if_sealed(value), attribute=_attribute(asked))
    return SettingToWrite(name=name, value=value, attribute=_attribute(asked))


def write_set_variables(reply: SettingsWritten, original: Payload) -> Payload:
    """SetVariablesResponse: a result for each, under the names that were asked."""
    pairs = zip(original["setVariableData"], reply.settings, strict=True)
    return {"setVariableResult": [_write_result(asked, setting) for asked, setting in pairs]}


def written_statuses(answer: Payload) -> list[object]:
    """The statuses of a SetVariablesResponse, valid or not: one each variable."""
    results = answer.get("setVariableResult")
    if not isinstance(results, list):
        return []
    return [result.get("attributeStatus") for result in results if isinstance(result, dict)]


def _write_result(asked: Payload, setting: SettingWritten) -> Payload:
    result: Payload = {"attributeStatus": _WRITTEN[setting.result], **_echo(asked)}
    if setting.result in _REASON or setting.detail:
        reason = _REASON.get(setting.result, "Unspecified")
        result["attributeStatusInfo"] = status_info(reason, setting.detail)
    return result


def read_base_report(payload: Payload, envelope: Envelope) -> ListSettings:
    """GetBaseReportRequest."""
    return ListSettings(**envelope, report=payload["requestId"], what=_BASE[payload["reportBase"]])


def write_report(report: ReportSettings) -> Payload:
    """NotifyReportRequest: one page."""
    return told(
        requestId=report.report,
        generatedAt=instants.written(report.at),
        seqNo=report.seq,
        tbc=report.more,
        reportData=[_reported(setting) for setting in report.settings] or None,
    )


def _reported(setting: SettingReport) -> Payload:
    return {
        "component": told(
            name=setting.component, instance=setting.component_instance, evse=_reported_place(setting)
        ),
        "variable": told(name=setting.variable, instance=setting.instance),
        "variableAttribute": [
            told(
                type="Actual",
                value=None if setting.access == "write_only" else setting.value,
                mutability=_MUTABILITY[setting.access],
                persistent=setting.persistent,
                constant=setting.constant,
            )
        ],
        "variableCharacteristics": told(
            unit=setting.unit,
            dataType=_KIND[setting.kind],
            minLimit=None if setting.minimum is None else number(setting.minimum),
            maxLimit=None if setting.maximum is None else number(setting.maximum),
            valuesList=",".join(setting.options) or None,
            supportsMonitoring=False,
        ),
    }


def _reported_place(setting: SettingReport) -> Payload | None:
    return written_place(Place(evse=setting.evse or 0, connector=setting.connector))
