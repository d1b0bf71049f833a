"""Where a file lies or is to go: an address taken apart. Opens nothing."""

from dataclasses import dataclass, replace
from posixpath import join
from urllib.parse import unquote, urlsplit

from vcp_chores.failing import Failed

SCHEMES = ("http", "https", "ftp", "ftps", "sftp")


@dataclass(frozen=True, slots=True)
class Location:
    """One address. `url` is without user and password; `repr` shows neither, and no query."""

    scheme: str
    host: str
    port: int | None
    path: str
    """As it stands in the address, with its query."""
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"Location({self.url.partition('?')[0]})"

    def queried(self, query: str) -> "Location":
        """The same with that query behind it."""
        return replace(self, path=f"{self.path}?{query}")

    @classmethod
    def read(cls, text: str) -> "Location":
        """Takes an address apart. Raises Failed."""
        try:
            parts = urlsplit(text.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            raise Failed("protocol", "the location is no address") from None
        if parts.scheme not in SCHEMES:
            raise Failed("unsupported", f"no transfer over {parts.scheme[:20] or 'nothing'}")
        if not host:
            raise Failed("protocol", "the location names no server")
        return cls(
            scheme=parts.scheme,
            host=host,
            port=port,
            path=parts.path + (f"?{parts.query}" if parts.query else ""),
            user=unquote(parts.username) if parts.username is not None else None,
            password=unquote(parts.password) if parts.password is not None else None,
        )

    @property
    def url(self) -> str:
        """The address without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{f':{self.port}' if self.port else ''}{self.path}"

    @property
    def file(self) -> str:
        """The path on a file server: relative to where its user arrives, as RFC 1738 §3.2.2 has it."""
        return unquote(self.path.removeprefix("/"))

    def in_folder(self, name: str) -> str:
        """The path of a file of that name in the folder that this is, on a file server."""
        return join(self.file, name)

    def of_upload(self, name: str) -> str:
        """Where an HTTP server takes a file: below a folder, else at the very address."""
        if not self.path:
            return f"{self.url}/{name}"
        path, question, query = self.url.partition("?")
        return f"{path}{name}{question}{query}" if path.endswith("/") else self.url
