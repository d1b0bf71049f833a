"""SendLocalList and GetLocalListVersion of OCPP 2.0.1."""

from typing import Literal

from vcp_contracts.requests import (
    ListedToken,
    ReadTokenListVersion,
    SetTokenList,
    TokenListSet,
    TokenListVersion,
)

from vcp_handler.dialects.ocpp201.spelling import optional_token_info, remark, token
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Envelope, Payload

_UPDATE: dict[str, Literal["full", "differential"]] = {"Full": "full", "Differential": "differential"}

_SET = {"accepted": "Accepted", "failed": "Failed", "version_mismatch": "VersionMismatch"}


def read_send_local_list(payload: Payload, envelope: Envelope) -> SetTokenList:
    """SendLocalListRequest. An entry without idTokenInfo is one to be removed."""
    return SetTokenList(
        **envelope,
        version=payload["versionNumber"],
        update=_UPDATE[payload["updateType"]],
        entries=tuple(_entry(each) for each in payload.get("localAuthorizationList", ())),
    )


def _entry(written: Payload) -> ListedToken:
    return ListedToken(token=token(written["idToken"]), info=optional_token_info(written.get("idTokenInfo")))


def write_list_set(reply: TokenListSet, _original: Payload) -> Payload:
    """SendLocalListResponse."""
    return told(status=_SET[reply.result], statusInfo=remark(reply))


def read_list_version(_payload: Payload, envelope: Envelope) -> ReadTokenListVersion:
    """GetLocalListVersionRequest."""
    return ReadTokenListVersion(**envelope)


def write_list_version(reply: TokenListVersion, _original: Payload) -> Payload:
    """GetLocalListVersionResponse: 0 where no list is used (D02.FR.02)."""
    return {"versionNumber": reply.version if reply.supported and reply.enabled else 0}
