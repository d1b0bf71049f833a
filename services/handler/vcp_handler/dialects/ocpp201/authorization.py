"""Authorize and ClearCache of OCPP 2.0.1."""

from vcp_contracts.actions import Authorize
from vcp_contracts.outcomes import AuthorizeAnswer
from vcp_contracts.requests import ForgetTokens

from vcp_handler.dialects.ocpp201.spelling import token_info, written_token
from vcp_handler.dialects.table import Envelope, Payload


def write_authorize(authorize: Authorize) -> Payload:
    """AuthorizeRequest."""
    return {"idToken": written_token(authorize.token)}


def read_authorize(payload: Payload, _authorize: Authorize) -> AuthorizeAnswer:
    """AuthorizeResponse."""
    return AuthorizeAnswer(info=token_info(payload["idTokenInfo"]))


def read_clear_cache(_payload: Payload, envelope: Envelope) -> ForgetTokens:
    """ClearCacheRequest."""
    return ForgetTokens(**envelope)
