"""Chores: slow work outside the charger, ordered by it and done by a worker: transfers and checks of certificates.

Abstraction → chores worker, results back. A chore's id names it for ever: it may be ordered again, and counts once.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from vcp_contracts.values import AddressPassword, AddressQuery, FileAddress, LogKind, Signing
from vcp_contracts.words import UNTIMED, Id, Value, Word

Bytes = Annotated[int, Field(ge=0)]


class Chore(Word):
    """Base of all chores. `id` is the chore's own."""

    timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    """How long the worker may take, in real seconds."""


class Transfer(Chore):
    """Base of all chores that move a file."""

    location: FileAddress
    """Where from or where to."""
    password: AddressPassword | None = None
    """The password of the user that the location names."""
    query: AddressQuery | None = None
    """The query that belongs behind the location."""
    ca_label: str | None = None
    """Which certificate authorities of the vault; default: the system's."""
    authorities: tuple[str, ...] = ()
    """Certificates (PEM) that the backend has installed; trusted beside those."""
    known_hosts_label: str | None = None
    """Which known hosts of the vault hold the keys of SFTP servers; default: those that the charger has met."""
    insecure: bool = False
    """Whether any server certificate is taken."""


class FetchFile(Transfer):
    """Download a file, measure it, and throw it away."""

    type: Literal["fetch_file"] = "fetch_file"
    most_bytes: Annotated[int, Field(gt=0)] = 512 * 1024 * 1024
    """A longer file is not fetched to its end."""
    signing: Signing | None = None
    """What the file is to be signed with."""


class StoreFile(Transfer):
    """Pack what is recorded of the charger into an archive, and upload it."""

    type: Literal["store_file"] = "store_file"
    kind: LogKind
    name: str
    """The archive's file name."""
    method: Literal["put", "post"] = "put"
    """How it is sent to an HTTP server."""
    since: AwareDatetime | None = None
    """Oldest event wanted, by the charger's own clock."""
    until: AwareDatetime | None = None
    since_real: AwareDatetime | None = None
    """The same in real time, for what is recorded of the wire."""
    until_real: AwareDatetime | None = None


class CheckChain(Chore):
    """Judge a certificate for signing firmware."""

    type: Literal["check_chain"] = "check_chain"
    certificate: str
    """PEM: the certificate, and any others between it and its root."""
    roots: tuple[str, ...] = ()
    """PEM of those that may have issued it; none: only the certificate itself is judged."""
    time: AwareDatetime
    """When it must be valid: what the charger's clock shows."""


class MakeKey(Chore):
    """Make a new key for the charger, keep it in the vault, and have a request to sign its certificate ready."""

    type: Literal["make_key"] = "make_key"
    label: str
    """Where the key is kept; one that lay there is gone."""
    common_name: str
    organization: str


class DropChore(Word):
    """The chore is no longer wanted: stop it, and say nothing more of it."""

    type: Literal["drop_chore"] = "drop_chore"
    chore: Id


AnyChore = Annotated[FetchFile | StoreFile | CheckChain | MakeKey, Field(discriminator="type")]


# --- results ---------------------------------------------------------------------------------------------------------


class FileFetched(Value):
    """The file came, whole."""

    type: Literal["file_fetched"] = "file_fetched"
    size: Bytes
    sha256: str
    """Of its content, in hex."""
    signature_good: bool | None = None
    """Whether the signature fits; None: none was to be checked."""


class FileStored(Value):
    """The archive was taken by the server."""

    type: Literal["file_stored"] = "file_stored"
    size: Bytes


class ChainChecked(Value):
    """The verdict on a certificate."""

    type: Literal["chain_checked"] = "chain_checked"
    good: bool
    detail: str = ""


class KeyMade(Value):
    """The key lies in the vault."""

    type: Literal["key_made"] = "key_made"
    csr: str
    """PEM."""
    public_key: str
    """SHA-256 of the public key's DER form, in hex."""


ChoreFailure = Literal[
    "unreachable",
    "timeout",
    "tls",
    "host_key",
    "permission",
    "refused",
    "not_found",
    "too_large",
    "protocol",
    "unsupported",
    "forsaken",
    "internal",
]
"""Why a chore failed. `host_key`: an SFTP server shows another key than the one that is known; `refused`: the server would not; `unsupported`: no such transfer protocol; `forsaken`: no worker took it in time."""


class ChoreFailed(Value):
    """It could not be done."""

    type: Literal["chore_failed"] = "chore_failed"
    why: ChoreFailure
    detail: str = ""


AnyChoreResult = Annotated[
    FileFetched | FileStored | ChainChecked | KeyMade | ChoreFailed, Field(discriminator="type")
]


class ChoreDone(Word):
    """A chore has ended, one way or the other."""

    type: Literal["chore_done"] = "chore_done"
    chore: Id
    result: AnyChoreResult


class ChoresUp(Value):
    """A worker took the partition: what was ordered of an earlier one is to be ordered again."""

    type: Literal["chores_up"] = "chores_up"
    id: Id
    at: AwareDatetime = UNTIMED
    owner: str
