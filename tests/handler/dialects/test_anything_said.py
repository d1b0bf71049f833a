"""Properties: whatever the charger means to say within a version's limits is written as valid OCPP, or left unsaid."""

from datetime import UTC, datetime
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from vcp_contracts import actions, values
from vcp_contracts.actions import Action
from vcp_contracts.profiles import (
    ChargingProfile,
    ChargingSchedule,
    LimitSource,
    ProfilePurpose,
    SchedulePeriod,
)
from vcp_handler.dialects import ocpp16, ocpp201
from vcp_handler.dialects.table import Dialect
from vcp_handler.validation import Schemas

SCHEMAS = {ocpp16.SUBPROTOCOL: Schemas("v16"), ocpp201.SUBPROTOCOL: Schemas("v201")}

INT = st.integers(-(2**31), 2**31)
COUNT = st.integers(0, 2**31)
AT = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
JSON = st.recursive(
    st.none() | st.booleans() | COUNT | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def text(longest: int, shortest: int = 0) -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="utf-8"), min_size=shortest, max_size=longest)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def one_of(words: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(words))


def some(model: type[Any], /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(dict(fields)).map(lambda drawn: model(**drawn))


# The measurands and units that both versions have, as the charger's meter knows them.
MEASURED = st.sampled_from(
    [
        ("Energy.Active.Import.Register", "Wh"),
        ("Power.Active.Import", "W"),
        ("Current.Import", "A"),
        ("Voltage", "V"),
        ("SoC", "Percent"),
        ("Frequency", "Hertz"),
        ("Power.Factor", None),
    ]
)
PLACE = some(values.Place, evse=st.integers(0, 1000), connector=optional(st.integers(1, 1000)))
CONNECTOR = some(values.Place, evse=st.integers(1, 1000), connector=st.integers(1, 1000))
TOKEN = some(values.Token, value=text(20), kind=optional(one_of(values.TokenKind)))
FAULT = some(
    values.Fault,
    kind=one_of(values.FaultKind),
    blocking=st.booleans(),
    info=optional(text(50)),
    vendor=optional(text(255)),
    vendor_code=optional(text(50)),
)
READING = st.builds(
    lambda measured, **rest: values.Reading(measurand=measured[0], unit=measured[1], **rest),
    measured=MEASURED,
    value=st.floats(-1e300, 1e300),
    phase=optional(one_of(values.Phase)),
    location=one_of(values.Location),
    context=one_of(values.ReadingContext),
)
SAMPLES = st.lists(
    some(values.Sample, at=AT, readings=st.lists(READING, max_size=3).map(tuple)), max_size=3
).map(tuple)
ENVELOPE: dict[str, st.SearchStrategy[Any]] = {
    "id": st.just("a1"),
    "charge_point": st.just("CP1"),
    "at": AT,
}
SETTING = some(
    actions.SettingReport,
    component=text(50, 1),
    component_instance=optional(text(50)),
    evse=optional(st.integers(0, 1000)),
    connector=optional(st.integers(1, 1000)),
    variable=text(50, 1),
    instance=optional(text(50)),
    value=optional(text(100)),
    access=st.sampled_from(["read_only", "read_write", "write_only"]),
    kind=st.sampled_from(
        ["string", "decimal", "integer", "date_time", "boolean", "option_list", "member_list"]
    ),
    unit=optional(text(16)),
    minimum=optional(st.floats(-1e300, 1e300)),
    maximum=optional(st.floats(-1e300, 1e300)),
    options=st.lists(text(10), max_size=5).map(tuple),
    persistent=st.booleans(),
    constant=st.booleans(),
)

SCHEDULE = some(
    ChargingSchedule,
    id=optional(INT),
    start=optional(AT),
    duration_s=optional(COUNT),
    unit=st.sampled_from(["A", "W"]),
    periods=st.lists(
        some(
            SchedulePeriod,
            start_s=COUNT,
            limit=st.floats(0, 1e9),
            phases=optional(st.integers(1, 3)),
            phase_to_use=optional(st.integers(1, 3)),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    min_rate=optional(st.floats(0, 1e9)),
)
PROFILE = some(
    ChargingProfile,
    id=INT,
    stack_level=COUNT,
    purpose=one_of(ProfilePurpose),
    kind=st.sampled_from(["absolute", "recurring", "relative"]),
    recurrency=st.sampled_from([None, "daily", "weekly"]),
    valid_from=optional(AT),
    valid_to=optional(AT),
    transaction=optional(text(36)),
    schedules=st.lists(SCHEDULE, min_size=1, max_size=3).map(tuple),
)

ANY_ACTION = st.one_of(
    some(
        actions.Boot,
        **ENVELOPE,
        reason=one_of(values.BootReason),
        vendor=text(20),
        model=text(20),
        serial_number=optional(text(25)),
        firmware_version=optional(text(50)),
        meter_serial_number=optional(text(25)),
        meter_type=optional(text(25)),
        iccid=optional(text(20)),
        imsi=optional(text(20)),
    ),
    some(actions.Beat, **ENVELOPE),
    some(actions.Authorize, **ENVELOPE, token=TOKEN),
    some(
        actions.ReportStatus,
        **ENVELOPE,
        place=CONNECTOR | st.just(values.STATION),
        fine=one_of(values.FineStatus),
        coarse=one_of(values.CoarseStatus),
        fault=optional(FAULT),
        note=optional(text(50)),
    ),
    some(
        actions.ReportTransaction,
        **ENVELOPE,
        phase=st.sampled_from(["started", "updated", "ended"]),
        transaction=text(36, 1),
        backend_name=optional(INT.map(str)),
        place=PLACE,
        token=TOKEN,
        state=one_of(values.ChargingState),
        seq=COUNT,
        offline=st.booleans(),
        trigger=one_of(values.Trigger),
        stop_reason=optional(one_of(values.StopReason)),
        register_wh=COUNT,
        samples=SAMPLES,
        remote_start=optional(INT),
        reservation=optional(INT),
        stop_token=optional(TOKEN),
        phases_used=optional(st.integers(0, 3)),
        news=st.frozensets(one_of(actions.SessionNews)),
    ),
    some(actions.ReportMeter, **ENVELOPE, place=PLACE, samples=SAMPLES),
    some(
        actions.ReportSettings,
        **ENVELOPE,
        report=INT,
        seq=COUNT,
        more=st.booleans(),
        settings=st.lists(SETTING, max_size=3).map(tuple),
    ),
    some(
        actions.ReportEvents,
        **ENVELOPE,
        event_number=COUNT,
        place=PLACE,
        fault=FAULT,
        active=st.booleans(),
    ),
    some(actions.ReportReservation, **ENVELOPE, reservation=INT, end=st.sampled_from(["expired", "removed"])),
    some(
        actions.ReportFirmware,
        **ENVELOPE,
        stage=one_of(values.FirmwareStage),
        request_id=optional(INT),
        tracked=st.booleans(),
        triggered=st.booleans(),
    ),
    some(
        actions.ReportUpload,
        **ENVELOPE,
        stage=one_of(values.UploadStage),
        request_id=optional(INT),
        tracked=st.booleans(),
        triggered=st.booleans(),
    ),
    some(actions.AskSigning, **ENVELOPE, csr=text(500)),
    some(
        actions.ReportSecurityEvent,
        **ENVELOPE,
        kind=one_of(values.SecurityEventKind),
        info=optional(text(255)),
    ),
    some(
        actions.ReportProfiles,
        **ENVELOPE,
        report=INT,
        place=PLACE,
        source=one_of(LimitSource),
        profiles=st.lists(PROFILE, min_size=1, max_size=2).map(tuple),
        more=st.booleans(),
    ),
    some(
        actions.ReportLimit, **ENVELOPE, place=PLACE, source=one_of(LimitSource), schedule=optional(SCHEDULE)
    ),
    some(actions.ReportLimitCleared, **ENVELOPE, place=PLACE, source=one_of(LimitSource)),
    some(actions.PassData, **ENVELOPE, vendor=text(255), message=optional(text(50)), content=JSON),
)


def check(dialect: Dialect, action: Action) -> None:
    row = dialect.row_for(action)
    if row is None:
        return
    fault = SCHEMAS[dialect.subprotocol].check_call(row.action, row.write(action), formats=True)
    assert fault is None, f"{row.action}: {fault}"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(ANY_ACTION)
def test_1_6_writes_only_what_its_schemas_allow(action: Action) -> None:
    check(ocpp16.DIALECT, action)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(ANY_ACTION)
def test_2_0_1_writes_only_what_its_schemas_allow(action: Action) -> None:
    check(ocpp201.DIALECT, action)
