"""Servers of files for tests: HTTP, FTP and SFTP, each on a free port and alive for the length of a block."""

import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

import asyncssh
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import ThreadedFTPServer


class WebServer:
    """Serves `files` and `answers` (a path → a status), redirects as `moves` says, and keeps what comes in `taken`.
    While it is not `open` it keeps those waiting who want a file."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.files: dict[str, bytes] = {}
        self.answers: dict[tuple[str, str], int] = {}
        self.moves: dict[str, str] = {}
        self.taken: list[tuple[str, str, dict[str, str], bytes]] = []
        self.asked: list[str] = []
        self.open = Event()
        self.open.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if tls is not None else "http"
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str, user: str = "") -> str:
        return f"{self._scheme}://{f'{user}@' if user else ''}127.0.0.1:{self.port}{path}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                return

            def do_GET(self) -> None:
                server.asked.append(self.path)
                server.open.wait(30)
                self._serve(server.files.get(self.path))

            def do_PUT(self) -> None:
                self._take()

            def do_POST(self) -> None:
                self._take()

            def _take(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.taken.append((self.command, self.path, dict(self.headers), body))
                self._serve(b"")

            def _serve(self, body: bytes | None) -> None:
                status = server.answers.get((self.command, self.path), 200 if body is not None else 404)
                if self.path in server.moves:
                    status = 307
                self.send_response(status)
                if status == 307:
                    self.send_header("Location", server.moves[self.path])
                content = (body or b"") if status == 200 else b""
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        return Handler


class FtpServer:
    """Serves a folder to the user `cp` with the password `s3cret`; with a certificate only over TLS."""

    def __init__(self, folder: Path, certificate: Path | None = None) -> None:
        self.folder = folder
        folder.mkdir()
        authorizer = DummyAuthorizer()
        authorizer.add_user("cp", "s3cret", str(folder), perm="elradfmw")
        base = TLS_FTPHandler if certificate is not None else FTPHandler
        fields: dict[str, Any] = {"authorizer": authorizer, "auth_failed_timeout": 0}
        if certificate is not None:
            fields |= {
                "certfile": str(certificate),
                "tls_control_required": True,
                "tls_data_required": True,
                "ssl_context": None,
            }
        self._server = ThreadedFTPServer(("127.0.0.1", 0), type("Handler", (base,), fields))
        self.port = self._server.address[1]
        self._scheme = "ftps" if certificate is not None else "ftp"

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close_all()
        self._thread.join()

    def url(self, path: str, user: str = "cp:s3cret") -> str:
        return f"{self._scheme}://{user}@127.0.0.1:{self.port}{path}"


class _OneUser(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("cp", "s3cret")


class SftpServer:
    """Serves a folder to the user `cp` with the password `s3cret`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    async def __aenter__(self) -> Self:
        self._server = await asyncssh.create_server(
            _OneUser,
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(self.folder)),
        )
        self.port = self._server.get_port()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    def url(self, path: str, user: str = "cp:s3cret") -> str:
        return f"sftp://{user}@127.0.0.1:{self.port}{path}"
