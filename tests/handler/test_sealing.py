"""Secrets that come in: what the vault holds afterwards, and what is told of them."""

import os
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest
from handler.linked import Linked
from vcp_contracts.labels import own_labels
from vcp_contracts.requests import Sealed, UpdateFirmware, UploadLog, WriteSettings
from vcp_contracts.values import AddressPassword, AddressQuery
from vcp_handler.sealing import Sealer
from vcp_plumbing.vault import Vault

KEY = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "keys")


@pytest.mark.parametrize(
    ("secret", "form"),
    [(KEY, "hex"), ("a:b|c@d.e+f=g_h-i*", "identifier"), ("open sesame", "text"), ("", "text")],
)
def test_what_is_told_of_a_secret(vault: Vault, secret: str, form: str) -> None:
    sealed = Sealer(vault, "CP1", None)(secret, "link")
    assert sealed == Sealed(label="CP1#0", length=len(secret), form=form)
    assert vault.get("password", "CP1#0") == secret.encode()


def test_labels_take_turns_and_spare_the_one_in_force(vault: Vault) -> None:
    seal = Sealer(vault, "CP1", "CP1#2")
    labels = [sealed.label for n in range(8) if (sealed := seal(f"password {n}", "link")) is not None]
    assert labels == [f"CP1#{slot}" for slot in (3, 4, 5, 6, 7, 0, 1, 3)]


def test_without_a_vault_nothing_is_sealed(tmp_path: Path) -> None:
    assert Sealer(None, "CP1", None)(KEY, "link") is None
    (tmp_path / "open").mkdir(mode=0o755)
    assert Sealer(Vault(tmp_path / "open"), "CP1", None)(KEY, "link") is None


def test_a_password_on_the_wire_is_in_the_vault_and_nowhere_else(vault: Vault) -> None:
    linked = Linked(seal=Sealer(vault, "CP1", None))
    call = [2, "1", "ChangeConfiguration", {"key": "AuthorizationKey", "value": KEY}]
    linked.link.take(orjson.dumps(call).decode())
    (request,) = linked.facts
    assert isinstance(request, WriteSettings)
    assert request.settings[0].sealed == Sealed(label="CP1#0", length=40, form="hex")
    assert vault.get("password", "CP1#0") == KEY.encode()
    told = [word.model_dump_json() for word in [*linked.facts, *linked.events]]
    assert KEY not in "".join([*told, *(str(frame) for frame in linked.frames)])


@pytest.mark.parametrize(
    ("subprotocol", "action", "payload"),
    [
        (
            "ocpp1.6",
            "UpdateFirmware",
            {
                "location": "https://cp:s3cret@files/fw.bin?X-Amz-Signature=s3cret-too",
                "retrieveDate": "2026-06-01T12:00:00Z",
            },
        ),
        ("ocpp1.6", "GetDiagnostics", {"location": "https://cp:s3cret@files/in/?sig=s3cret-too"}),
        (
            "ocpp1.6",
            "SignedUpdateFirmware",
            {
                "requestId": 1,
                "firmware": {
                    "location": "https://cp:s3cret@files/fw.bin?X-Amz-Signature=s3cret-too",
                    "retrieveDateTime": "2026-06-01T12:00:00Z",
                    "signingCertificate": "pem",
                    "signature": "abc",
                },
            },
        ),
        (
            "ocpp1.6",
            "GetLog",
            {
                "logType": "SecurityLog",
                "requestId": 1,
                "log": {"remoteLocation": "https://cp:s3cret@files/in/?sig=s3cret-too"},
            },
        ),
        (
            "ocpp2.0.1",
            "UpdateFirmware",
            {
                "requestId": 1,
                "firmware": {
                    "location": "https://cp:s3cret@files/fw.bin?X-Amz-Signature=s3cret-too",
                    "retrieveDateTime": "2026-06-01T12:00:00Z",
                },
            },
        ),
        (
            "ocpp2.0.1",
            "GetLog",
            {
                "logType": "SecurityLog",
                "requestId": 1,
                "log": {"remoteLocation": "https://cp:s3cret@files/in/?sig=s3cret-too"},
            },
        ),
    ],
)
def test_the_password_and_the_query_of_a_files_address_are_in_the_vault_and_nowhere_else(
    vault: Vault, subprotocol: str, action: str, payload: dict[str, object]
) -> None:
    linked = Linked(subprotocol, seal=Sealer(vault, "CP1", None))
    linked.link.take(orjson.dumps([2, "1", action, payload]).decode())
    (request,) = linked.facts
    assert isinstance(request, UpdateFirmware | UploadLog)
    use = "firmware" if isinstance(request, UpdateFirmware) else "log"
    assert request.password == AddressPassword(label=f"CP1#{use}-0")
    assert request.query == AddressQuery(label=f"CP1#{use}-1")
    assert request.location in ("https://cp@files/fw.bin", "https://cp@files/in/")
    assert vault.get("password", f"CP1#{use}-0") == b"s3cret"
    assert (vault.get("password", f"CP1#{use}-1") or b"").endswith(b"=s3cret-too")
    told = [word.model_dump_json() for word in [*linked.facts, *linked.events]]
    assert "s3cret" not in "".join([*told, *(str(frame) for frame in linked.frames)])


def test_a_password_for_a_file_takes_the_place_of_the_oldest(vault: Vault) -> None:
    labels = own_labels("CP1", "log")
    for age, label in enumerate(labels):
        vault.put("password", label, b"earlier")
        path = vault.directory / "passwords" / quote(label, safe="")
        os.utime(path, (1_000 - age, 1_000 - age))
    sealed = Sealer(vault, "CP1", "CP1#2")("newer", "log")
    assert sealed is not None
    assert sealed.label == labels[-1]


NETWORK = {
    "configurationSlot": 1,
    "connectionData": {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "ws://u:s3cret@backend",
        "messageTimeout": 30,
        "securityProfile": 1,
        "ocppInterface": "Wired0",
        "apn": {"apn": "x", "apnPassword": "s3cret", "apnAuthentication": "CHAP"},
        "vpn": {"server": "s", "user": "u", "password": "s3cret", "key": "s3cret", "type": "IPSec"},
    },
}


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("SetNetworkProfile", NETWORK),
        ("PublishFirmware", {"location": "ftp://u:s3cret@files/fw", "checksum": "x", "requestId": 1}),
        ("PublishFirmware", {"location": "https://files/fw?sig=s3cret", "checksum": "x", "requestId": 1}),
        ("NobodyKnowsThis", [{"newPassword": "s3cret"}]),
    ],
)
def test_what_the_charger_does_not_support_is_recorded_without_passwords(
    action: str, payload: object
) -> None:
    linked = Linked("ocpp2.0.1")
    linked.link.take(orjson.dumps([2, "1", action, payload]).decode())
    told = [*(word.model_dump_json() for word in linked.events), *(str(frame) for frame in linked.frames)]
    assert len(linked.frames) == 2
    assert "s3cret" not in "".join(told)


@pytest.mark.parametrize(
    "text",
    [
        '[2,"1",{"location":"ftp://u:s3cret@files/"}',
        '[2,"1","x","apnPassword s3cret"',
        '[2,"1",{"location":"https://files/fw?sig=s3cret"}',
        r'[2,"1",{"location":"https:\/\/files\/fw?sig=s3cret"}',
        r'[2,"1",{"location":"https://files/fw\u003Fsig=s3cret"}',
        r'[2,"1",{"location":"ftp:\/\/u:s3cret@files\/"}',
    ],
)
def test_what_is_no_frame_is_recorded_without_passwords(text: str) -> None:
    linked = Linked("ocpp2.0.1")
    linked.link.take(text)
    told = [*(word.model_dump_json() for word in linked.events), *(str(frame) for frame in linked.frames)]
    assert "s3cret" not in "".join(told)
