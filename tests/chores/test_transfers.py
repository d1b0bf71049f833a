"""Files fetched and stored over each protocol, from servers of another make; and what each refusal is called."""

import asyncio
import ssl
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import aioftp
import asyncssh
import pytest
import trustme
from chores.file_servers import FtpServer, SftpServer, WebServer
from redis.asyncio import Redis
from vcp_chores import ftp as over_ftp
from vcp_chores.arriving import Arrival, Departure
from vcp_chores.doing import Doer
from vcp_chores.location import Location
from vcp_contracts.chores import ChoreFailed, FetchFile, FileFetched, FileStored, StoreFile
from vcp_contracts.values import AddressQuery
from vcp_plumbing.vault import Vault

FIRMWARE = bytes(range(256)) * 5_000
BOTH: dict[str, Any] = {"id": "c1", "charge_point": "CP001", "ca_label": "test"}


@pytest.fixture
def do(redis: Redis, vault: Vault) -> Callable[..., Any]:
    doer = Doer(redis, vault)

    async def do(chore: Any) -> Any:
        async with asyncio.timeout(30):
            return await doer.do(3, chore)

    return do


def fetch(location: str, **fields: Any) -> FetchFile:
    return FetchFile(**BOTH, location=location, **fields)


def store(location: str, **fields: Any) -> StoreFile:
    return StoreFile(**BOTH, location=location, kind="diagnostics", name="CP001-log.tar.gz", **fields)


def came(result: Any) -> None:
    assert result == FileFetched(size=len(FIRMWARE), sha256=sha256(FIRMWARE).hexdigest())


def failed(result: Any, why: str) -> None:
    assert isinstance(result, ChoreFailed), result
    assert result.why == why, result
    assert "s3cret" not in result.detail


# --- HTTP ------------------------------------------------------------------------------------------------------------


async def test_a_file_comes_over_http_and_nothing_stays(web: WebServer, do: Any, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    web.files["/fw.bin"] = FIRMWARE
    came(await do(fetch(web.url("/fw.bin"))))
    assert list((tmp_path / "temp").iterdir()) == []


async def test_a_file_comes_over_https_from_a_trusted_server(secure_web: WebServer, do: Any):
    secure_web.files["/fw.bin"] = FIRMWARE
    came(await do(fetch(secure_web.url("/fw.bin"))))


async def test_an_untrusted_server_is_refused_unless_any_is_taken(secure_web: WebServer, do: Any):
    secure_web.files["/fw.bin"] = FIRMWARE
    chore = fetch(secure_web.url("/fw.bin")).model_copy(update={"ca_label": None})
    failed(await do(chore), "tls")
    came(await do(chore.model_copy(update={"insecure": True})))
    failed(await do(chore.model_copy(update={"ca_label": "unknown"})), "tls")


async def test_a_redirect_is_followed(web: WebServer, do: Any):
    web.moves["/old"] = web.url("/fw.bin")
    web.files["/fw.bin"] = FIRMWARE
    came(await do(fetch(web.url("/old"))))
    web.moves["/round"] = web.url("/round")
    failed(await do(fetch(web.url("/round"))), "protocol")


async def test_a_file_that_is_too_long_is_not_fetched_to_its_end(web: WebServer, do: Any):
    web.files["/fw.bin"] = FIRMWARE
    failed(await do(fetch(web.url("/fw.bin"), most_bytes=1000)), "too_large")


async def test_the_query_of_an_address_comes_out_of_the_vault_and_into_no_log(
    web: WebServer, do: Any, vault: Vault, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("DEBUG")
    vault.put("password", "CP001#firmware-0", b"sig=s3cret%2B")
    vault.put("password", "CP001#log-0", b"token=s3cret")
    web.files["/fw.bin?sig=s3cret%2B"] = FIRMWARE
    came(await do(fetch(web.url("/fw.bin"), query=AddressQuery(label="CP001#firmware-0"))))
    assert isinstance(await do(store(web.url("/in/"), query=AddressQuery(label="CP001#log-0"))), FileStored)
    assert web.taken[0][1] == "/in/CP001-log.tar.gz?token=s3cret"
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("label", [None, "CP001#firmware-7"])
async def test_a_query_that_is_not_kept_is_missed(web: WebServer, do: Any, label: str | None):
    web.files["/fw.bin"] = FIRMWARE
    failed(await do(fetch(web.url("/fw.bin"), query=AddressQuery(label=label))), "permission")
    assert web.asked == []


@pytest.mark.parametrize(
    ("status", "why"),
    [(401, "permission"), (403, "permission"), (404, "not_found"), (500, "refused"), (400, "protocol")],
)
async def test_what_a_web_server_refuses_has_a_name(web: WebServer, do: Any, status: int, why: str):
    web.answers["GET", "/fw.bin"] = status
    failed(await do(fetch(web.url("/fw.bin", "cp:s3cret"))), why)


async def test_a_server_that_is_not_there_is_unreachable(do: Any, unused_tcp_port: int):
    nobody = f"127.0.0.1:{unused_tcp_port}"
    failed(await do(fetch(f"http://{nobody}/fw.bin")), "unreachable")
    failed(await do(fetch(f"ftp://cp:s3cret@{nobody}/fw.bin")), "unreachable")
    failed(await do(fetch(f"sftp://cp:s3cret@{nobody}/fw.bin")), "unreachable")


async def test_what_can_not_be_an_address_fails(do: Any):
    failed(await do(fetch("gopher://files.example/fw.bin")), "unsupported")
    failed(await do(store("nowhere")), "unsupported")


async def test_an_archive_is_put_into_a_folder_or_to_an_address(web: WebServer, do: Any):
    result = await do(store(web.url("/in/")))
    assert isinstance(result, FileStored)
    assert isinstance(await do(store(web.url("/slot/17"))), FileStored)
    assert [(how, where) for how, where, _, _ in web.taken] == [
        ("PUT", "/in/CP001-log.tar.gz"),
        ("PUT", "/slot/17"),
    ]
    _, _, headers, body = web.taken[0]
    assert len(body) == result.size
    assert headers["Content-Type"] == "application/gzip"
    assert headers["Content-Disposition"] == 'attachment; filename="CP001-log.tar.gz"'
    assert "Transfer-Encoding" not in headers


async def test_a_server_that_takes_no_put_gets_a_post(web: WebServer, do: Any):
    web.answers["PUT", "/in/CP001-log.tar.gz"] = 405
    assert isinstance(await do(store(web.url("/in/"))), FileStored)
    assert [(how, where) for how, where, _, _ in web.taken] == [
        ("PUT", "/in/CP001-log.tar.gz"),
        ("POST", "/in/"),
    ]


async def test_a_post_can_be_wanted_and_follows_a_redirect_with_all_it_has(web: WebServer, do: Any):
    web.moves["/slot"] = web.url("/moved")
    result = await do(store(web.url("/slot"), method="post"))
    assert [(how, where) for how, where, _, _ in web.taken] == [("POST", "/slot"), ("POST", "/moved")]
    assert len(web.taken[1][3]) == result.size


async def test_an_upload_without_the_right_to_it_says_so(web: WebServer, do: Any):
    web.answers["PUT", "/slot"] = 403
    failed(await do(store(web.url("/slot"))), "permission")


async def test_a_user_in_the_address_is_the_user_of_the_request(web: WebServer, do: Any):
    await do(store(web.url("/slot", "cp:s3cret")))
    assert web.taken[0][2]["Authorization"] == "Basic Y3A6czNjcmV0"


# --- FTP and FTPS ----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["ftp", "secure_ftp", "sftp"])
def files(request: pytest.FixtureRequest) -> FtpServer | SftpServer:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


async def test_a_file_comes_from_a_file_server(files: Any, do: Any):
    (files.folder / "fw 1.bin").write_bytes(FIRMWARE)
    came(await do(fetch(files.url("/fw%201.bin"))))


async def test_an_archive_goes_into_a_folder_of_a_file_server(files: Any, do: Any):
    (files.folder / "in").mkdir()
    result = await do(store(files.url("/in")))
    assert isinstance(result, FileStored), result
    assert (files.folder / "in" / "CP001-log.tar.gz").stat().st_size == result.size


async def test_what_a_file_server_refuses_has_a_name(files: Any, do: Any):
    failed(await do(fetch(files.url("/none.bin"))), "not_found")
    failed(await do(fetch(files.url("/none.bin", "cp:wrong"))), "permission")
    (files.folder / "long.bin").write_bytes(FIRMWARE)
    failed(await do(fetch(files.url("/long.bin"), most_bytes=1000)), "too_large")


async def test_a_long_file_comes_whole(files: Any, do: Any):
    """A loop that forgets what came just before the server closed would lose the end of it."""
    long = FIRMWARE * 10
    (files.folder / "long.bin").write_bytes(long)
    for _ in range(3):
        result = await do(fetch(files.url("/long.bin")))
        assert (result.size, result.sha256) == (len(long), sha256(long).hexdigest())


async def test_a_file_that_ends_early_has_not_come(ftp: FtpServer, do: Any, monkeypatch: pytest.MonkeyPatch):
    async def longer(client: aioftp.Client, path: str) -> int:
        return len(FIRMWARE) + 1

    monkeypatch.setattr(over_ftp, "_size", longer)
    (ftp.folder / "fw.bin").write_bytes(FIRMWARE)
    failed(await do(fetch(ftp.url("/fw.bin"))), "unreachable")


async def test_an_untrusted_file_server_is_refused(secure_ftp: FtpServer, do: Any):
    chore = fetch(secure_ftp.url("/fw.bin")).model_copy(update={"ca_label": None})
    failed(await do(chore), "tls")


async def test_a_line_end_in_a_path_is_no_second_command(ftp: FtpServer, do: Any):
    failed(await do(fetch(ftp.url("/a%0D%0ADELE%20b"))), "protocol")


async def test_where_tls_begins_at_once(
    tmp_path: Path, server_tls: ssl.SSLContext, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "implicit"
    folder.mkdir()
    user = aioftp.User("cp", "s3cret", base_path=str(folder))
    server = aioftp.Server([user], ssl=server_tls)
    await server.start("127.0.0.1", 0)
    monkeypatch.setattr(over_ftp, "TLS_PORT", server.server_port)
    location = Location.read(f"ftps://cp:s3cret@127.0.0.1:{server.server_port}/in.bin")
    source = tmp_path / "source"
    source.write_bytes(FIRMWARE)
    try:
        await over_ftp.store(location, tls, Departure(source), "")
        async with Arrival(tmp_path / "back", len(FIRMWARE)) as arrival:
            await over_ftp.fetch(location, tls, arrival)
    finally:
        await server.close()
    assert arrival.digest == sha256(FIRMWARE).digest()


# --- whom a transfer trusts ------------------------------------------------------------------------------------------


async def test_a_root_that_is_installed_is_trusted_beside_the_others(
    secure_web: WebServer, do: Any, vault: Vault, authority: trustme.CA
):
    secure_web.files["/fw.bin"] = FIRMWARE
    installed = (authority.cert_pem.bytes().decode(),)
    vault.put("ca", "others", trustme.CA().cert_pem.bytes())
    for label in (None, "others"):
        chore = fetch(secure_web.url("/fw.bin")).model_copy(update={"ca_label": label})
        failed(await do(chore), "tls")
        came(await do(chore.model_copy(update={"authorities": installed})))


async def test_a_host_key_is_learned_once_and_held_against_the_server(
    sftp: SftpServer, do: Any, vault: Vault, tmp_path: Path
):
    (sftp.folder / "fw.bin").write_bytes(FIRMWARE)
    came(await do(fetch(sftp.url("/fw.bin"))))
    met = vault.get("known_hosts", "CP001#met")
    assert met is not None
    assert met.startswith(f"[127.0.0.1]:{sftp.port} ssh-ed25519 ".encode())
    came(await do(fetch(sftp.url("/fw.bin"))))
    assert vault.get("known_hosts", "CP001#met") == met
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode()
    vault.put("known_hosts", "CP001#met", f"[127.0.0.1]:{sftp.port} {key}".encode())
    failed(await do(fetch(sftp.url("/fw.bin"))), "host_key")
    failed(await do(store(sftp.url("/"))), "host_key")
    came(await do(fetch(sftp.url("/fw.bin"), insecure=True)))


async def test_with_known_hosts_of_a_label_nobody_else_is_trusted(sftp: SftpServer, do: Any, vault: Vault):
    (sftp.folder / "fw.bin").write_bytes(FIRMWARE)
    came(await do(fetch(sftp.url("/fw.bin"))))
    met = vault.get("known_hosts", "CP001#met")
    assert met is not None
    pinned = fetch(sftp.url("/fw.bin"), known_hosts_label="acme")
    failed(await do(pinned), "host_key")
    vault.put("known_hosts", "acme", b"files.example ssh-ed25519 " + met.split()[2])
    failed(await do(pinned), "host_key")
    vault.put("known_hosts", "acme", met)
    came(await do(pinned))
