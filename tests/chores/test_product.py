"""Firmware and logs on the whole product, as a backend sees them: real processes, a real wire, literal frames."""

import io
import tarfile
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chores.file_servers import FtpServer, WebServer
from chores.test_signatures import SIGNER, SIGNER_KEY
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from redis.asyncio import Redis
from vcp_backend import Backend, serve_backend
from vcp_runner.stack import Plan, Stack, running_stack

CP = "CP001"
LONG_AGO = "2020-01-01T00:00:00Z"
FIRMWARE = b"firmware"


@asynccontextmanager
async def a_charger(protocol: str = "ocpp1.6") -> AsyncIterator[tuple[Backend, Stack]]:
    """A charger that is online at a backend."""
    async with (
        serve_backend() as backend,
        running_stack(Plan(api_port=0)) as stack,
        stack.client() as client,
    ):
        await client.configure(
            CP, {"url": backend.url, "protocols": [protocol], "firmware_version": "1.0.0", "online": True}
        )
        await client.command(CP, "set-behaviour", {"firmware": {"install_s": 0.2}})
        await backend.wait_for(CP, "StatusNotification", timeout=20)
        yield backend, stack


def said(backend: Backend, action: str) -> list[dict[str, Any]]:
    return [call.payload for call in backend.calls(CP, action)]


async def until_status(backend: Backend, action: str, status: str) -> None:
    await backend.wait_for(CP, action, lambda payload: payload["status"] == status, timeout=40)


async def everything(stack: Stack) -> bytes:
    """All that the broker holds."""
    async with Redis.from_url(stack.redis_url) as redis:
        found: list[object] = []
        for key in await redis.keys():
            match await redis.type(key):
                case b"stream":
                    found.append(await redis.xrange(key))
                case b"hash":
                    found.append(await redis.hgetall(key))
                case b"list":
                    found.append(await redis.lrange(key, 0, -1))
                case b"zset":
                    found.append(await redis.zrange(key, 0, -1))
                case b"set":
                    found.append(await redis.smembers(key))
                case b"string":
                    found.append(await redis.get(key))
                case kind:
                    raise AssertionError(f"{key!r} is a {kind!r}")
    return repr(found).encode()


async def test_firmware_and_diagnostics_of_1_6(web: WebServer, ftp: FtpServer):
    signed = "/fw/vcp-2.1.0.bin?X-Amz-Signature=s3cret"
    web.files[signed] = FIRMWARE
    async with a_charger() as (backend, stack):
        update = {"location": web.url(signed), "retrieveDate": LONG_AGO}
        assert await backend.call(CP, "UpdateFirmware", update) == {}
        await until_status(backend, "FirmwareStatusNotification", "Installed")
        assert said(backend, "FirmwareStatusNotification") == [
            {"status": "Downloading"},
            {"status": "Downloaded"},
            {"status": "Installing"},
            {"status": "Installed"},
        ]
        assert [boot["firmwareVersion"] for boot in said(backend, "BootNotification")] == ["1.0.0", "2.1.0"]

        answer = await backend.call(CP, "GetDiagnostics", {"location": ftp.url("/")})
        await until_status(backend, "DiagnosticsStatusNotification", "Uploaded")
        assert said(backend, "DiagnosticsStatusNotification") == [
            {"status": "Uploading"},
            {"status": "Uploaded"},
        ]
        with tarfile.open(fileobj=io.BytesIO((ftp.folder / answer["fileName"]).read_bytes())) as archive:
            frames = archive.extractfile("frames.jsonl").read()  # type: ignore[union-attr]
        assert b"UpdateFirmware" in frames
        assert b"s3cret" not in frames

        later = {"location": ftp.url("/fw.bin"), "retrieveDate": "2999-01-01T00:00:00Z"}
        assert await backend.call(CP, "UpdateFirmware", later) == {}
        kept = await everything(stack)
        assert b"ftp://cp@127.0.0.1" in kept
        assert b"s3cret" not in kept
        assert backend.violations == []


async def test_signed_firmware_and_a_log_of_the_whitepaper(web: WebServer):
    web.files["/fw.bin"] = FIRMWARE
    signature = b64encode(SIGNER_KEY.sign(FIRMWARE, ec.ECDSA(SHA256()))).decode()
    firmware = {
        "location": web.url("/fw.bin"),
        "retrieveDateTime": LONG_AGO,
        "signingCertificate": SIGNER,
        "signature": signature,
    }
    async with a_charger() as (backend, stack):
        async with stack.client() as client:
            # the certificate is of that day
            await client.command(CP, "set-clock", {"source": "own", "time": "2026-06-01T12:00:00Z"})
        bad = {"requestId": 6, "firmware": firmware | {"signingCertificate": "none"}}
        assert await backend.call(CP, "SignedUpdateFirmware", bad) == {"status": "InvalidCertificate"}
        good = {"requestId": 7, "firmware": firmware}
        assert await backend.call(CP, "SignedUpdateFirmware", good) == {"status": "Accepted"}
        await until_status(backend, "SignedFirmwareStatusNotification", "Installed")
        told = said(backend, "SignedFirmwareStatusNotification")
        assert [report["status"] for report in told] == [
            "Downloading",
            "Downloaded",
            "SignatureVerified",
            "Installing",
            "InstallRebooting",
            "Installed",
        ]
        assert {report["requestId"] for report in told} == {7}

        log = {"logType": "SecurityLog", "requestId": 8, "log": {"remoteLocation": web.url("/in/")}}
        answer = await backend.call(CP, "GetLog", log)
        assert answer["status"] == "Accepted"
        await until_status(backend, "LogStatusNotification", "Uploaded")
        assert [path for _, path, _, _ in web.taken] == [f"/in/{answer['filename']}"]
        trigger = {"requestedMessage": "FirmwareStatusNotification"}
        assert await backend.call(CP, "ExtendedTriggerMessage", trigger) == {"status": "Accepted"}
        await until_status(backend, "SignedFirmwareStatusNotification", "Idle")
        assert backend.violations == []


async def test_firmware_and_a_log_of_2_0_1(web: WebServer):
    web.files["/vcp-2.1.0.bin"] = FIRMWARE
    async with a_charger("ocpp2.0.1") as (backend, _):
        firmware = {"location": web.url("/vcp-2.1.0.bin"), "retrieveDateTime": LONG_AGO}
        update = {"requestId": 7, "firmware": firmware}
        assert (await backend.call(CP, "UpdateFirmware", update))["status"] == "Accepted"
        await until_status(backend, "FirmwareStatusNotification", "Installed")
        boots = said(backend, "BootNotification")
        assert [boot["reason"] for boot in boots] == ["PowerUp", "FirmwareUpdate"]
        assert boots[1]["chargingStation"]["firmwareVersion"] == "2.1.0"
        log = {"logType": "DiagnosticsLog", "requestId": 8, "log": {"remoteLocation": web.url("/in/")}}
        await backend.call(CP, "GetLog", log)
        await until_status(backend, "LogStatusNotification", "Uploaded")
        assert said(backend, "LogStatusNotification") == [
            {"status": "Uploading", "requestId": 8},
            {"status": "Uploaded", "requestId": 8},
        ]
        assert backend.violations == []
