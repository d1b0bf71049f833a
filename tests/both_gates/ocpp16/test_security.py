"""Security events and certificates of OCPP 1.6's whitepaper through both gates.

| action | valid | broken | refused |
| --- | --- | --- | --- |
| SecurityEventNotification | told in order | an answer with a field: retried | NotSupported: not told again |
| SignCertificate | after the trigger | unknown verdict: asked for anew | Rejected: forgotten |
| CertificateSigned | used | no chain | not asked for, another's key |
| InstallCertificate | listed, trusted | unknown use | no root |
| DeleteCertificate | gone | unknown algorithm | not there, needed |
| GetInstalledCertificateIds | hashes | unknown use | NotFound |
"""

import json
from datetime import timedelta
from hashlib import sha256

import pytest
from both_gates.wired import NOON, Wired, broken, refusing
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from vcp_contracts import commands as c
from vcp_contracts.chores import KeyMade

ACTIONS = (
    "SecurityEventNotification",
    "SignCertificate",
    "CertificateSigned",
    "InstallCertificate",
    "DeleteCertificate",
    "GetInstalledCertificateIds",
)

CSR = "-----BEGIN CERTIFICATE REQUEST-----"


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


class Authority:
    """A root of the test's own, and what it signs."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.pem = self.signs("root", self.key, ca=True)

    def signs(self, name: str, key: ec.EllipticCurvePrivateKey, *, ca: bool = False) -> str:
        begins = NOON - timedelta(days=1)
        builder = x509.CertificateBuilder(
            named("root"), named(name), key.public_key(), 77, begins, begins + timedelta(days=90)
        ).add_extension(x509.BasicConstraints(ca, None), critical=True)
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.PEM).decode()


ROOT = Authority()


def quiet(**configuration) -> Wired:
    wired = Wired(settings={"CpoName": "Operator"}, **configuration)
    wired.heard()
    return wired


def install(wired: Wired, pem: str) -> list[str]:
    payload = json.dumps({"certificateType": "CentralSystemRootCertificate", "certificate": pem})
    return wired.says(f'[2,"b1","InstallCertificate",{payload}]')


def listed(wired: Wired) -> dict:
    [answer] = wired.says(
        '[2,"b1","GetInstalledCertificateIds",{"certificateType":"CentralSystemRootCertificate"}]'
    )
    payload: dict = json.loads(answer)[2]
    return payload


def asked_to_sign(wired: Wired) -> ec.EllipticCurvePrivateKey:
    """The charger has a key, and has asked for its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    wired.says('[2,"b1","ExtendedTriggerMessage",{"requestedMessage":"SignChargePointCertificate"}]')
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    wired.worked(KeyMade(csr=CSR, public_key=sha256(der).hexdigest()))
    return key


@pytest.mark.shows("valid", "SecurityEventNotification")
def test_security_events_are_told_in_order():
    wired = quiet(security={"basic": True})
    wired.do(c.RaiseSecurityEvent, kind="tampering", info="lid")
    wired.wait(1)
    wired.do(c.RaiseSecurityEvent, kind="memory_exhausted")
    assert wired.heard() == [
        '[2,"#","SecurityEventNotification",{"type":"TamperDetectionActivated",'
        '"timestamp":"2026-06-01T12:00:00Z","techInfo":"lid"}]',
        '[2,"#","SecurityEventNotification",{"type":"MemoryExhaustion","timestamp":"2026-06-01T12:00:01Z"}]',
    ]


@pytest.mark.shows("broken", "SecurityEventNotification")
def test_a_broken_answer_to_a_security_event_is_a_failed_try():
    wired = quiet(security={"basic": True})
    wired.answers["SecurityEventNotification"] = broken('{"status":"Accepted"}')
    wired.do(c.RaiseSecurityEvent, kind="tampering")
    del wired.answers["SecurityEventNotification"]
    wired.wait(60)
    assert len(wired.called()) == 2
    assert wired.violations() == ["SecurityEventNotification: status: not a field of this message"]
    assert wired.view.queue.transactions == 0


@pytest.mark.shows("refused", "SecurityEventNotification")
def test_a_backend_without_security_events_says_so_once():
    wired = quiet(security={"basic": True})
    wired.answers["SecurityEventNotification"] = refusing("NotImplemented")
    wired.do(c.RaiseSecurityEvent, kind="tampering")
    wired.do(c.RaiseSecurityEvent, kind="tampering")
    wired.wait(300)
    assert len(wired.called()) == 1


@pytest.mark.shows("valid", "SignCertificate", "CertificateSigned")
def test_the_charger_asks_for_a_certificate_and_uses_it():
    wired = quiet(serial_number="SN1")
    install(wired, ROOT.pem)
    key = asked_to_sign(wired)
    assert wired.heard() == [f'[2,"#","SignCertificate",{{"csr":"{CSR}"}}]']
    chain = json.dumps({"certificateChain": ROOT.signs("SN1", key)})
    assert wired.says(f'[2,"b1","CertificateSigned",{chain}]') == ['[3,"b1",{"status":"Accepted"}]']
    assert len(wired.cp.certificates.own) == 1


@pytest.mark.shows("refused", "SignCertificate", "CertificateSigned")
def test_what_was_not_asked_for_or_was_refused_is_not_taken():
    wired = quiet(serial_number="SN1")
    install(wired, ROOT.pem)
    unasked = json.dumps({"certificateChain": ROOT.pem})
    assert wired.says(f'[2,"b1","CertificateSigned",{unasked}]') == ['[3,"b1",{"status":"Rejected"}]']
    wired.answers["SignCertificate"] = lambda _: {"status": "Rejected"}
    key = asked_to_sign(wired)
    chain = json.dumps({"certificateChain": ROOT.signs("SN1", key)})
    wired.heard()
    assert wired.says(f'[2,"b1","CertificateSigned",{chain}]') == ['[3,"b1",{"status":"Rejected"}]']


@pytest.mark.shows("refused", "CertificateSigned")
@pytest.mark.parametrize("name", ["SN1", "SN2"])
def test_a_certificate_of_another_key_or_name_is_not_taken(name: str):
    wired = quiet(serial_number="SN1")
    install(wired, ROOT.pem)
    key = asked_to_sign(wired)
    other = ec.generate_private_key(ec.SECP256R1()) if name == "SN1" else key
    chain = json.dumps({"certificateChain": ROOT.signs(name, other)})
    wired.heard()
    assert wired.says(f'[2,"b1","CertificateSigned",{chain}]') == ['[3,"b1",{"status":"Rejected"}]']
    assert wired.seen("security_event_raised")[-1].kind == "invalid_own_certificate"


@pytest.mark.shows("broken", "SignCertificate")
def test_a_verdict_on_the_request_that_can_t_be_read_leaves_the_charger_able_to_ask_again():
    wired = quiet(serial_number="SN1")
    wired.answers["SignCertificate"] = broken('{"status":"Maybe"}')
    asked_to_sign(wired)
    assert wired.violations() == ["SignCertificate: status: enum Accepted, Rejected"]
    del wired.answers["SignCertificate"]
    wired.heard()
    asked_to_sign(wired)
    assert f'[2,"#","SignCertificate",{{"csr":"{CSR}"}}]' in wired.heard()


@pytest.mark.shows("valid", "InstallCertificate", "GetInstalledCertificateIds", "DeleteCertificate")
def test_a_root_is_installed_listed_and_deleted():
    wired = quiet()
    assert install(wired, ROOT.pem) == ['[3,"b1",{"status":"Accepted"}]']
    found = listed(wired)
    assert found["status"] == "Accepted"
    [root] = found["certificateHashData"]
    assert (root["hashAlgorithm"], root["serialNumber"]) == ("SHA256", "4d")
    delete = f'[2,"b1","DeleteCertificate",{json.dumps({"certificateHashData": root})}]'
    assert wired.says(delete) == ['[3,"b1",{"status":"Accepted"}]']
    assert listed(wired) == {"status": "NotFound"}


@pytest.mark.shows("refused", "InstallCertificate", "GetInstalledCertificateIds", "DeleteCertificate")
def test_what_is_no_root_or_is_not_there_is_refused():
    wired = quiet()
    assert install(wired, "no certificate") == ['[3,"b1",{"status":"Rejected"}]']
    assert install(wired, ROOT.signs("leaf", ROOT.key)) == ['[3,"b1",{"status":"Rejected"}]']
    assert listed(wired) == {"status": "NotFound"}
    unknown = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "1"}
    assert wired.says(f'[2,"b1","DeleteCertificate",{json.dumps({"certificateHashData": unknown})}]') == [
        '[3,"b1",{"status":"NotFound"}]'
    ]


@pytest.mark.shows("refused", "DeleteCertificate")
def test_the_root_that_the_link_needs_stays():
    """whitepaper M04"""
    wired = quiet(url="wss://b", security={"profile": 2})
    install(wired, ROOT.pem)
    [root] = listed(wired)["certificateHashData"]
    assert wired.says(f'[2,"b1","DeleteCertificate",{json.dumps({"certificateHashData": root})}]') == [
        '[3,"b1",{"status":"Failed"}]'
    ]


USES = "enum CentralSystemRootCertificate, ManufacturerRootCertificate"
BROKEN = {
    "CertificateSigned": ("{}", "ProtocolError", "certificateChain breaks the rule: required"),
    "InstallCertificate": (
        '{"certificateType":"V2GRootCertificate","certificate":"x"}',
        "PropertyConstraintViolation",
        f"certificateType breaks the rule: {USES}",
    ),
    "DeleteCertificate": (
        '{"certificateHashData":{"hashAlgorithm":"MD5","issuerNameHash":"a","issuerKeyHash":"b","serialNumber":"1"}}',
        "PropertyConstraintViolation",
        "certificateHashData.hashAlgorithm breaks the rule: enum SHA256, SHA384, SHA512",
    ),
    "GetInstalledCertificateIds": (
        '{"certificateType":7}',
        "TypeConstraintViolation",
        "certificateType breaks the rule: type string",
    ),
}


@pytest.mark.shows("broken", *BROKEN)
@pytest.mark.parametrize("action", BROKEN)
def test_a_broken_call_is_an_error_and_changes_nothing(action: str):
    payload, code, text = BROKEN[action]
    wired = quiet()
    install(wired, ROOT.pem)
    before = wired.cp.facts, wired.cp.certificates
    assert wired.says(f'[2,"b1","{action}",{payload}]') == [f'[4,"b1","{code}","{text}",{{}}]']
    assert (wired.cp.facts, wired.cp.certificates) == before
