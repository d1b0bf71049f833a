"""Properties: whatever a backend says within the schemas is understood or Unreadable, never a crash, and any reply to it
is written as valid OCPP. The payloads are made from the schemas themselves."""

from typing import Any

import pytest
from handler.dialects.payloads import ANYTHING, payloads
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vcp_contracts import requests
from vcp_contracts.actions import Authorize, Beat, Boot, PassData, ReportTransaction
from vcp_contracts.profiles import SchedulePeriod
from vcp_contracts.requests import Reply
from vcp_contracts.values import Token
from vcp_handler.dialects import ocpp16, ocpp201
from vcp_handler.dialects.table import Dialect, Envelope, Unreadable
from vcp_handler.validation import Schemas

FOLDER = {ocpp16.SUBPROTOCOL: "v16", ocpp201.SUBPROTOCOL: "v201"}
SCHEMAS = {name: Schemas(folder) for name, folder in FOLDER.items()}
ENVELOPE: Envelope = {
    "id": "l1:0",
    "charge_point": "CP1",
    "at": Beat(id="a", charge_point="CP1").at,
    "link": "l1",
    "n": 0,
    "message_id": "1",
}


REPLIES: dict[type[requests.Request], tuple[type[Reply], tuple[str, ...]]] = {
    requests.StartCharging: (requests.ChargingStart, ("accepted", "rejected")),
    requests.StopCharging: (requests.ChargingStop, ("accepted", "rejected")),
    requests.SetAvailability: (requests.Availability, ("accepted", "scheduled", "rejected")),
    requests.Unlock: (
        requests.Unlocked,
        ("unlocked", "failed", "no_lock", "unknown_place", "in_transaction"),
    ),
    requests.Reset: (requests.Resetting, ("accepted", "scheduled", "rejected")),
    requests.Trigger: (requests.Triggered, ("accepted", "rejected", "not_implemented")),
    requests.ForgetTokens: (requests.TokensForgotten, ("accepted", "rejected")),
    requests.SetTokenList: (requests.TokenListSet, ("accepted", "failed", "version_mismatch")),
    requests.Reserve: (requests.Reserved, ("accepted", "rejected", "occupied", "faulted", "unavailable")),
    requests.CancelReservation: (requests.ReservationCancelled, ("accepted", "rejected")),
    requests.PassData: (requests.DataPassed, ("accepted", "rejected", "unknown_message", "unknown_vendor")),
    requests.SetProfile: (requests.ProfileSet, ("accepted", "rejected")),
    requests.ClearProfiles: (requests.ProfilesCleared, ("accepted", "unknown")),
    requests.UpdateFirmware: (
        requests.FirmwareUpdate,
        ("accepted", "rejected", "accepted_canceled", "invalid_certificate", "revoked_certificate"),
    ),
    requests.UploadLog: (requests.LogUpload, ("accepted", "rejected", "accepted_canceled")),
    requests.TakeCertificate: (requests.CertificateTaken, ("accepted", "rejected")),
    requests.InstallRoot: (requests.RootInstalled, ("accepted", "rejected", "failed")),
    requests.DeleteCertificate: (requests.CertificateDeleted, ("accepted", "failed", "not_found")),
    requests.ListCertificates: (requests.CertificatesListed, ("accepted", "not_found")),
    requests.ListProfiles: (requests.ProfilesListed, ("accepted", "none")),
    requests.ListSettings: (requests.SettingsListed, ("accepted", "rejected", "not_supported", "empty")),
}
READ = ("accepted", "unknown_component", "unknown_variable", "write_only", "no_such_attribute")
WRITTEN = (
    "accepted",
    "reboot_required",
    "unknown_component",
    "unknown_variable",
    "read_only",
    "bad_value",
    "no_such_attribute",
)


def any_reply(data: st.DataObject, request: requests.Request) -> Reply:
    head: dict[str, Any] = {
        "id": "r1",
        "charge_point": "CP1",
        "link": "l1",
        "request": request.id,
        "detail": data.draw(st.none() | st.text(max_size=600)),
    }
    if isinstance(request, requests.ReadSettings):
        return requests.SettingsRead(**head, settings=tuple(any_read(data, name) for name in request.names))
    if isinstance(request, requests.WriteSettings):
        wanted = [setting.name for setting in request.settings]
        return requests.SettingsWritten(**head, settings=tuple(any_write(data, name) for name in wanted))
    if isinstance(request, requests.ComposeSchedule):
        return any_composite(data, head, request)
    if isinstance(request, requests.ReadTokenListVersion):
        return requests.TokenListVersion(
            **head,
            supported=data.draw(st.booleans()),
            enabled=data.draw(st.booleans()),
            version=data.draw(st.integers(0, 2**31)),
            entries=data.draw(st.integers(0, 1000)),
        )
    model, results = REPLIES[type(request)]
    return model(**head, result=data.draw(st.sampled_from(results)))


def any_composite(
    data: st.DataObject, head: dict[str, Any], request: requests.ComposeSchedule
) -> requests.ScheduleComposed:
    if data.draw(st.booleans()):
        flaw = data.draw(st.sampled_from([None, "bad_unit", "unknown_place", "bad_duration"]))
        return requests.ScheduleComposed(**head, result="rejected", flaw=flaw)
    limits = data.draw(st.lists(st.floats(0, 1e6), min_size=1, max_size=5))
    phases = data.draw(st.none() | st.integers(1, 3))
    periods = tuple(
        SchedulePeriod(start_s=n, limit=round(limit, 1), phases=phases) for n, limit in enumerate(limits)
    )
    unit = request.unit or "A"
    return requests.ScheduleComposed(
        **head, result="accepted", start=ENVELOPE["at"], duration_s=60, unit=unit, periods=periods
    )


def any_read(data: st.DataObject, name: Any) -> requests.SettingRead:
    value = data.draw(st.none() | st.text(max_size=500))
    result = data.draw(st.sampled_from(READ))
    return requests.SettingRead(name=name, result=result, value=value, read_only=data.draw(st.booleans()))


def any_write(data: st.DataObject, name: Any) -> requests.SettingWritten:
    return requests.SettingWritten(name=name, result=data.draw(st.sampled_from(WRITTEN)))


CALLS = [
    pytest.param(dialect, action, id=f"{dialect.subprotocol}-{action}")
    for dialect in (ocpp16.DIALECT, ocpp201.DIALECT)
    for action in dialect.heard_by_name
]
QUICK = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize(("dialect", "action"), CALLS)
@QUICK
@given(data=st.data())
def test_any_valid_call_is_understood_or_unreadable_and_can_be_answered(
    dialect: Dialect, action: str, data: st.DataObject
) -> None:
    suffix = "" if dialect.subprotocol == ocpp16.SUBPROTOCOL else "Request"
    payload = data.draw(payloads(FOLDER[dialect.subprotocol], action + suffix))
    assert SCHEMAS[dialect.subprotocol].check_call(action, payload) is None
    row = dialect.heard_by_name[action]
    try:
        request = row.request(payload, ENVELOPE)
    except Unreadable:
        return
    answer = row.write(any_reply(data, request), payload)
    fault = SCHEMAS[dialect.subprotocol].check_result(action, answer, formats=True)
    assert fault is None, fault


ASKING = [
    Boot(id="a", charge_point="CP1", reason="power_up", vendor="V", model="M"),
    Beat(id="a", charge_point="CP1"),
    Authorize(id="a", charge_point="CP1", token=Token(value="CARD1")),
    PassData(id="a", charge_point="CP1", vendor="V"),
    *(
        ReportTransaction(
            id="a",
            charge_point="CP1",
            phase=phase,
            transaction="t",
            place={"evse": 1},
            token=Token(value="CARD1"),
            state="charging",
            seq=0,
            trigger="authorized",
            register_wh=0,
        )
        for phase in ("started", "ended")
    ),
]
ANSWERS = [
    pytest.param(dialect, action, id=f"{dialect.subprotocol}-{n}-{action.type}")
    for dialect in (ocpp16.DIALECT, ocpp201.DIALECT)
    for n, action in enumerate(ASKING)
]


@pytest.mark.parametrize(("dialect", "action"), ANSWERS)
@QUICK
@given(data=st.data())
def test_any_valid_answer_is_understood_or_unreadable(
    dialect: Dialect, action: Any, data: st.DataObject
) -> None:
    row = dialect.row_for(action)
    assert row is not None
    payload = data.draw(payloads(FOLDER[dialect.subprotocol], f"{row.action}Response"))
    assert SCHEMAS[dialect.subprotocol].check_result(row.action, payload) is None
    try:
        answer = row.answer(payload, action)
    except Unreadable:
        assert row.readable(payload, action) is None
        return
    assert row.readable(payload, action) == answer


@pytest.mark.parametrize(("dialect", "action"), ANSWERS)
@QUICK
@given(
    payload=st.recursive(ANYTHING, lambda inner: st.dictionaries(st.text(max_size=5), inner), max_leaves=5)
)
def test_no_answer_however_broken_breaks_the_charger(dialect: Dialect, action: Any, payload: Any) -> None:
    row = dialect.row_for(action)
    assert row is not None
    row.readable(payload, action)
