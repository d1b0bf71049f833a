"""Authorize and ClearCache of OCPP 1.6."""

from vcp_contracts.actions import Authorize
from vcp_contracts.outcomes import AuthorizeAnswer
from vcp_contracts.requests import ForgetTokens

from vcp_handler.dialects.ocpp16.spelling import token_info
from vcp_handler.dialects.table import Envelope, Payload


def write_authorize(authorize: Authorize) -> Payload:
    """Authorize.req."""
    return {"idTag": authorize.token.value}


def read_authorize(payload: Payload, _authorize: Authorize) -> AuthorizeAnswer:
    """Authorize.conf."""
    return AuthorizeAnswer(info=token_info(payload["idTagInfo"]))


def read_clear_cache(_payload: Payload, envelope: Envelope) -> ForgetTokens:
    """ClearCache.req."""
    return ForgetTokens(**envelope)
