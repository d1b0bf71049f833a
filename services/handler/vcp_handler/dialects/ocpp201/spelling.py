"""How OCPP 2.0.1 spells the charger's terms: enums, places, tokens, readings, remarks. Decides nothing."""

from collections.abc import Iterable
from typing import Any

from vcp_contracts.requests import Reply
from vcp_contracts.values import NOWHERE, Place, Reading, Sample, Token, TokenInfo, TokenKind, TokenStatus

from vcp_handler.dialects import instants
from vcp_handler.dialects.secrets import Secret
from vcp_handler.dialects.shared import readings
from vcp_handler.dialects.shared.payloads import told
from vcp_handler.dialects.table import Payload, Subject

MAX_PART = 999
"""The highest number of an EVSE or a connector that is read as one; a station has far fewer."""

COARSE_STATUS = {
    "available": "Available",
    "occupied": "Occupied",
    "reserved": "Reserved",
    "unavailable": "Unavailable",
    "faulted": "Faulted",
}

TOKEN_KIND: dict[TokenKind, str] = {
    "central": "Central",
    "emaid": "eMAID",
    "iso14443": "ISO14443",
    "iso15693": "ISO15693",
    "key_code": "KeyCode",
    "local": "Local",
    "mac_address": "MacAddress",
    "no_authorization": "NoAuthorization",
}
_READ_KIND: dict[str, TokenKind] = {spelt: kind for kind, spelt in TOKEN_KIND.items()}
_HEX = frozenset("0123456789abcdefABCDEF")
_CARDS = {8: "ISO14443", 14: "ISO14443", 16: "ISO15693"}
"""Cards by how many hex digits the bytes of their id make (IdTokenEnumType)."""
_NO_CARD = "Local"

TOKEN_STATUS: dict[str, TokenStatus] = {
    "Accepted": "accepted",
    "Blocked": "blocked",
    "ConcurrentTx": "concurrent_tx",
    "Expired": "expired",
    "Invalid": "invalid",
    "NoCredit": "no_credit",
    "NotAllowedTypeEVSE": "not_allowed_type_evse",
    "NotAtThisLocation": "not_at_this_location",
    "NotAtThisTime": "not_at_this_time",
    "Unknown": "unknown",
}


UNIT = {"Hertz": "Hz", "Celcius": "Celsius"}
"""Units that the appendices write otherwise than 1.6 does."""


SUBJECT = Subject(
    evse=(("evse", "id"), ("evseId",)),
    connector=(("evse", "connectorId"), ("connectorId",)),
    transaction=(
        ("transactionInfo", "transactionId"),
        ("transactionId",),
        ("chargingProfile", "transactionId"),
    ),
)

VERDICT = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "scheduled": "Scheduled",
    "not_implemented": "NotImplemented",
    "not_supported": "NotSupported",
    "empty": "EmptyResultSet",
}

REJECTED: dict[str, Payload] = {
    "not_registered": {"status": "Rejected", "statusInfo": {"reasonCode": "CSNotAccepted"}}
}
"""Where a charger that is not accepted yet answers Rejected rather than with an error (B02.FR.05)."""

_MAX_REMARK = 512

# C04: what a driver keyed in must stay out of logs.
KEYED_TOKEN = Secret(path=("idToken", "idToken"), when=("idToken", "type"), among=frozenset({"keycode"}))
LISTED_KEYED_TOKENS = Secret(
    each="localAuthorizationList",
    path=("idToken", "idToken"),
    when=("idToken", "type"),
    among=frozenset({"keycode"}),
)


def place(evse: int, connector: int | None) -> Place:
    """The place that two ids name. EVSE 0 is the station (part 1 §7.1).

    Numbers that count nothing are an unknown place, for which the messages have words of their own.
    """
    if not 0 <= evse <= MAX_PART or not (connector is None or 1 <= connector <= MAX_PART):
        return NOWHERE
    return Place(evse=evse, connector=connector)


def optional_place(payload: Payload) -> Place | None:
    """The place that the field `evse` names, where there is one."""
    evse = payload.get("evse")
    return None if evse is None else place(evse["id"], evse.get("connectorId"))


def written_place(at: Place) -> Payload | None:
    """The value of a field `evse`; the station as a whole has none."""
    if not at.evse:
        return None
    return {"id": at.evse} if at.connector is None else {"id": at.evse, "connectorId": at.connector}


def written_token(token: Token) -> Payload:
    """The value of a field `idToken`."""
    return {
        "idToken": token.value,
        "type": TOKEN_KIND[token.kind] if token.kind else _likely_kind(token.value),
    }


def _likely_kind(value: str) -> str:
    """How a token is told that has no kind: as the card whose id it may be, else as a kind with no format of its own.
    Not as Central, which the charger was not told by the backend, nor as KeyCode, which is a secret."""
    return _CARDS.get(len(value), _NO_CARD) if _HEX.issuperset(value) else _NO_CARD


def token(written: Payload) -> Token:
    """What a field `idToken` or `groupIdToken` says."""
    return Token(value=written["idToken"], kind=_READ_KIND[written["type"]])


def optional_token(written: Payload | None) -> Token | None:
    """Like `token`, None for none."""
    return None if written is None else token(written)


def token_info(info: Payload) -> TokenInfo:
    """What an idTokenInfo says."""
    return TokenInfo(
        status=TOKEN_STATUS[info["status"]],
        valid_until=instants.read_optional(
            info.get("cacheExpiryDateTime"), "idTokenInfo.cacheExpiryDateTime"
        ),
        group=optional_token(info.get("groupIdToken")),
        evses=tuple(info.get("evseId", ())),
        priority=info.get("chargingPriority"),
        language=info.get("language1") or None,
        message=message(info.get("personalMessage")),
    )


def optional_token_info(info: Payload | None) -> TokenInfo | None:
    """Like `token_info`, None for none."""
    return None if info is None else token_info(info)


def message(content: Payload | None) -> str | None:
    """The text of a message for the driver; an empty one is none."""
    return None if content is None else content["content"] or None


def verdict(reply: Any, _original: Payload) -> Payload:
    """The answer to a request whose reply is one of the words of VERDICT."""
    return told(status=VERDICT[reply.result], statusInfo=remark(reply))


def remark(reply: Reply, reason: str = "Unspecified") -> Payload | None:
    """The statusInfo that carries the reply's detail, if there is one."""
    return None if reply.detail is None else status_info(reason, reply.detail)


def status_info(reason: str, detail: str | None = None) -> Payload:
    """A statusInfo: a reason code of the appendices, and text that is cut visibly where it is too long."""
    if not detail:
        return {"reasonCode": reason}
    cut = detail if len(detail) <= _MAX_REMARK else detail[: _MAX_REMARK - 1] + "…"
    return {"reasonCode": reason, "additionalInfo": cut}


def meter_values(samples: Iterable[Sample]) -> list[Payload]:
    """Samples as MeterValue items."""
    return readings.meter_values(samples, _sampled_value)


def _sampled_value(reading: Reading) -> Payload:
    value = readings.described(reading, number(reading.value))
    if reading.unit is not None:
        value["unitOfMeasure"] = {"unit": UNIT.get(reading.unit, reading.unit)}
    return value


_EXACT = float(2**53)


def number(value: float) -> int | float:
    """A number as JSON has it: whole ones without a fraction, as long as they are exact."""
    return int(value) if value.is_integer() and abs(value) <= _EXACT else value
