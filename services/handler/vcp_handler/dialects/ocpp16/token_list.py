"""SendLocalList and GetLocalListVersion of OCPP 1.6."""

from typing import Literal

from vcp_contracts.requests import (
    ListedToken,
    ReadTokenListVersion,
    SetTokenList,
    TokenListSet,
    TokenListVersion,
)
from vcp_contracts.values import Token

from vcp_handler.dialects.ocpp16.spelling import token_info
from vcp_handler.dialects.table import Envelope, Payload

_UPDATE: dict[str, Literal["full", "differential"]] = {"Full": "full", "Differential": "differential"}

_SET = {
    "accepted": {"status": "Accepted"},
    "failed": {"status": "Failed"},
    "version_mismatch": {"status": "VersionMismatch"},
}

NOT_SUPPORTED: dict[str, Payload] = {"not_supported": {"status": "NotSupported"}}
"""SendLocalList has a word of its own for a charger without a list."""

_NO_LIST = -1
_EMPTY = 0


def read_send_local_list(payload: Payload, envelope: Envelope) -> SetTokenList:
    """SendLocalList.req. An entry without idTagInfo is one to be deleted."""
    return SetTokenList(
        **envelope,
        version=payload["listVersion"],
        update=_UPDATE[payload["updateType"]],
        entries=tuple(_entry(each) for each in payload.get("localAuthorizationList", ())),
    )


def _entry(written: Payload) -> ListedToken:
    info = written.get("idTagInfo")
    return ListedToken(token=Token(value=written["idTag"]), info=None if info is None else token_info(info))


def write_list_set(reply: TokenListSet, _original: Payload) -> Payload:
    """SendLocalList.conf."""
    return _SET[reply.result]


def read_list_version(_payload: Payload, envelope: Envelope) -> ReadTokenListVersion:
    """GetLocalListVersion.req."""
    return ReadTokenListVersion(**envelope)


def write_list_version(reply: TokenListVersion, _original: Payload) -> Payload:
    """GetLocalListVersion.conf: -1 without a list, 0 while it is empty (§5.10)."""
    if not (reply.supported and reply.enabled):
        return {"listVersion": _NO_LIST}
    return {"listVersion": reply.version if reply.entries else _EMPTY}
