"""Firmware and logs of OCPP 1.6, plain and of the security whitepaper, through both gates.

| action | valid | broken | refused |
| --- | --- | --- | --- |
| UpdateFirmware, FirmwareStatusNotification | fetched, installed, told | no date; an answer with a field | signed firmware only: NotSupported |
| SignedUpdateFirmware, SignedFirmwareStatusNotification | checked first, every stage with its number | no number; an answer with a field | bad certificate, under way |
| GetDiagnostics, DiagnosticsStatusNotification | a file name, then its upload | no location; an answer with a field | no log: no file name |
| GetLog, LogStatusNotification | the same with a number | unknown kind; an answer with a field | no log |
"""

import pytest
from both_gates.wired import Wired, broken
from vcp_contracts import commands as c
from vcp_contracts.chores import ChainChecked, ChoreFailed, FileFetched, FileStored

ACTIONS = (
    "UpdateFirmware",
    "FirmwareStatusNotification",
    "SignedUpdateFirmware",
    "SignedFirmwareStatusNotification",
    "GetDiagnostics",
    "DiagnosticsStatusNotification",
    "GetLog",
    "LogStatusNotification",
)
NO_REFUSAL = {
    "FirmwareStatusNotification": "it is the charger's own, and its answer is empty",
    "SignedFirmwareStatusNotification": "it is the charger's own, and its answer is empty",
    "DiagnosticsStatusNotification": "it is the charger's own, and its answer is empty",
    "LogStatusNotification": "it is the charger's own, and its answer is empty",
}

UPDATE = '{"location":"https://f.example/fw-2.0.bin","retrieveDate":"2026-06-01T12:00:00Z"}'
SIGNED = (
    '{"requestId":7,"firmware":{"location":"https://f.example/fw-2.0.bin","retrieveDateTime":"2026-06-01T12:00:00Z",'
    '"signingCertificate":"-----BEGIN CERTIFICATE-----","signature":"c2ln"}}'
)
DIAGNOSTICS = '{"location":"https://f.example/logs"}'
LOG = '{"logType":"SecurityLog","requestId":9,"log":{"remoteLocation":"https://f.example/logs"}}'
FETCHED = FileFetched(size=12, sha256="ab" * 32, signature_good=True)


def quiet(**configuration) -> Wired:
    wired = Wired(**configuration)
    wired.heard()
    return wired


def told(wired: Wired, action: str) -> list[str]:
    return [call[3]["status"] for call in wired.calls if call[2] == action]


@pytest.mark.shows("valid", "UpdateFirmware", "FirmwareStatusNotification")
def test_new_firmware_is_fetched_installed_and_told():
    wired = quiet(firmware_version="1.0")
    assert wired.says(f'[2,"b1","UpdateFirmware",{UPDATE}]') == [
        '[3,"b1",{}]',
        '[2,"#","FirmwareStatusNotification",{"status":"Downloading"}]',
    ]
    wired.worked(FETCHED)
    wired.wait(10)
    assert told(wired, "FirmwareStatusNotification") == [
        "Downloading",
        "Downloaded",
        "Installing",
        "Installed",
    ]
    assert wired.last("BootNotification")["firmwareVersion"] == "2.0"
    assert wired.statuses() == ["Available", "Available"]


@pytest.mark.shows("valid", "FirmwareStatusNotification")
def test_firmware_that_is_not_there_is_told():
    wired = quiet()
    wired.says(f'[2,"b1","UpdateFirmware",{UPDATE}]')
    wired.worked(ChoreFailed(why="not_found", detail="404"))
    assert wired.heard() == ['[2,"#","FirmwareStatusNotification",{"status":"DownloadFailed"}]']


@pytest.mark.shows("refused", "UpdateFirmware")
def test_where_firmware_must_be_signed_plain_firmware_is_not_supported():
    """whitepaper L01.FR.20"""
    wired = quiet(settings={"UnsignedFirmware": "false"})
    assert wired.says(f'[2,"b1","UpdateFirmware",{UPDATE}]') == [
        '[4,"b1","NotSupported","only signed firmware is installed",{}]'
    ]
    assert wired.chores == []


@pytest.mark.shows("valid", "SignedUpdateFirmware", "SignedFirmwareStatusNotification")
def test_signed_firmware_is_answered_once_its_certificate_is_checked_and_told_in_full():
    wired = quiet(firmware_version="1.0")
    assert wired.says(f'[2,"b1","SignedUpdateFirmware",{SIGNED}]') == []
    wired.worked(ChainChecked(good=True))
    assert wired.heard() == [
        '[3,"b1",{"status":"Accepted"}]',
        '[2,"#","SignedFirmwareStatusNotification",{"status":"Downloading","requestId":7}]',
    ]
    wired.worked(FETCHED)
    wired.wait(10)
    assert told(wired, "SignedFirmwareStatusNotification") == [
        "Downloading",
        "Downloaded",
        "SignatureVerified",
        "Installing",
        "InstallRebooting",
        "Installed",
    ]


@pytest.mark.shows("refused", "SignedUpdateFirmware")
def test_a_bad_signing_certificate_is_refused():
    wired = quiet()
    wired.says(f'[2,"b1","SignedUpdateFirmware",{SIGNED}]')
    wired.worked(ChainChecked(good=False, detail="expired"))
    assert wired.heard() == ['[3,"b1",{"status":"InvalidCertificate"}]']


@pytest.mark.shows("refused", "SignedUpdateFirmware")
def test_while_one_is_checked_another_is_rejected():
    wired = quiet()
    wired.says(f'[2,"b1","SignedUpdateFirmware",{SIGNED}]')
    wired.says(f'[2,"b2","SignedUpdateFirmware",{SIGNED}]')
    wired.worked(ChainChecked(good=True))
    answers = [text for text in wired.heard() if text.startswith("[3")]
    assert answers == ['[3,"b1",{"status":"Accepted"}]', '[3,"b2",{"status":"Rejected"}]']


@pytest.mark.shows("valid", "GetDiagnostics", "DiagnosticsStatusNotification")
def test_diagnostics_are_named_uploaded_and_told():
    wired = quiet()
    assert wired.says(f'[2,"b1","GetDiagnostics",{DIAGNOSTICS}]') == [
        '[3,"b1",{"fileName":"CP001-diagnostics-20260601T120000Z.tar.gz"}]',
        '[2,"#","DiagnosticsStatusNotification",{"status":"Uploading"}]',
    ]
    wired.worked(FileStored(size=100))
    wired.wait(5)
    assert told(wired, "DiagnosticsStatusNotification") == ["Uploading", "Uploaded"]


@pytest.mark.shows("refused", "GetDiagnostics", "GetLog")
def test_without_a_log_there_is_no_file():
    wired = quiet()
    wired.do(c.SetBehaviour, upload=c.UploadBehaviour(failure="no_log"))
    assert wired.says(f'[2,"b1","GetDiagnostics",{DIAGNOSTICS}]') == ['[3,"b1",{}]']
    assert wired.says(f'[2,"b2","GetLog",{LOG}]') == ['[3,"b2",{"status":"Rejected"}]']


@pytest.mark.shows("valid", "GetLog", "LogStatusNotification")
def test_a_log_is_uploaded_under_its_number_and_a_new_request_replaces_it():
    wired = quiet()
    assert wired.says(f'[2,"b1","GetLog",{LOG}]') == [
        '[3,"b1",{"status":"Accepted","filename":"CP001-security-20260601T120000Z.tar.gz"}]',
        '[2,"#","LogStatusNotification",{"status":"Uploading","requestId":9}]',
    ]
    again = wired.says(f'[2,"b2","GetLog",{LOG.replace("9", "10", 1)}]')
    assert again[0].startswith('[3,"b2",{"status":"AcceptedCanceled"')
    wired.worked(ChoreFailed(why="permission", detail="403"))
    wired.wait(5)
    assert told(wired, "LogStatusNotification") == ["Uploading", "Uploading", "PermissionDenied"]
    assert wired.last("LogStatusNotification")["requestId"] == 10


REPORTS = {
    "FirmwareStatusNotification": ("UpdateFirmware", UPDATE, None, FETCHED, "Installed"),
    "SignedFirmwareStatusNotification": (
        "SignedUpdateFirmware",
        SIGNED,
        ChainChecked(good=True),
        FETCHED,
        "Installed",
    ),
    "DiagnosticsStatusNotification": ("GetDiagnostics", DIAGNOSTICS, None, FileStored(size=1), "Uploaded"),
    "LogStatusNotification": ("GetLog", LOG, None, FileStored(size=1), "Uploaded"),
}


@pytest.mark.shows("broken", *REPORTS)
@pytest.mark.parametrize("action", REPORTS)
def test_broken_answers_to_the_reports_are_told_and_the_work_goes_on(action: str):
    call, payload, checked, result, last = REPORTS[action]
    wired = quiet()
    wired.answers[action] = broken('{"status":"Accepted"}')
    wired.says(f'[2,"b1","{call}",{payload}]')
    if checked is not None:
        wired.worked(checked)
    wired.worked(result)
    wired.wait(30)
    assert told(wired, action)[-1] == last
    assert set(wired.violations()) == {f"{action}: status: not a field of this message"}


BROKEN = {
    "UpdateFirmware": (
        '{"location":"https://f.example/fw"}',
        "ProtocolError",
        "retrieveDate breaks the rule: required",
    ),
    "SignedUpdateFirmware": (
        SIGNED.replace('"requestId":7', '"requestId":"7"'),
        "TypeConstraintViolation",
        "requestId breaks the rule: type integer",
    ),
    "GetDiagnostics": (
        '{"location":"https://f.example","retries":"3"}',
        "TypeConstraintViolation",
        "retries breaks the rule: type integer",
    ),
    "GetLog": (
        LOG.replace("SecurityLog", "UsageLog"),
        "PropertyConstraintViolation",
        "logType breaks the rule: enum DiagnosticsLog, SecurityLog",
    ),
}


@pytest.mark.shows("broken", *BROKEN)
@pytest.mark.parametrize("action", BROKEN)
def test_a_broken_call_is_an_error_and_begins_nothing(action: str):
    payload, code, text = BROKEN[action]
    wired = quiet()
    before = wired.cp.facts
    assert wired.says(f'[2,"b1","{action}",{payload}]') == [f'[4,"b1","{code}","{text}",{{}}]']
    assert wired.cp.facts == before
    assert wired.chores == []
