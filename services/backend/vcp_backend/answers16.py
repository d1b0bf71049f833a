"""Answers of a small central system to all that an OCPP 1.6 charge point may ask. Sends nothing by itself."""

from collections.abc import Callable

from vcp_backend.behaviour import Desk, stamp
from vcp_backend.frames import Call, Payload

SPOKEN = {"Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"}


def boot(desk: Desk, call: Call) -> Payload:
    verdict = desk.verdict(call.identity)
    return {"status": verdict.status, "currentTime": desk.now(), "interval": verdict.interval_s}


def heartbeat(desk: Desk, call: Call) -> Payload:
    return {"currentTime": desk.now()}


def authorize(desk: Desk, call: Call) -> Payload:
    return {"idTagInfo": id_tag_info(desk, call.payload["idTag"])}


def start_transaction(desk: Desk, call: Call) -> Payload:
    return {"transactionId": desk.number_for(call), "idTagInfo": id_tag_info(desk, call.payload["idTag"])}


def stop_transaction(desk: Desk, call: Call) -> Payload:
    tag = call.payload.get("idTag")
    return {} if tag is None else {"idTagInfo": id_tag_info(desk, tag)}


def accept(desk: Desk, call: Call) -> Payload:
    return {"status": "Accepted"}


def noted(desk: Desk, call: Call) -> Payload:
    return {}


def id_tag_info(desk: Desk, tag: object) -> Payload:
    """The verdict on a card; a status that 1.6 has no word for is Invalid."""
    token = desk.token(tag)
    info: Payload = {"status": token.status if token.status in SPOKEN else "Invalid"}
    if token.parent is not None:
        info["parentIdTag"] = token.parent
    if token.expiry is not None:
        info["expiryDate"] = stamp(token.expiry)
    return info


ANSWERS: dict[str, Callable[[Desk, Call], Payload]] = {
    "Authorize": authorize,
    "BootNotification": boot,
    "DataTransfer": accept,
    "DiagnosticsStatusNotification": noted,
    "FirmwareStatusNotification": noted,
    "Heartbeat": heartbeat,
    "LogStatusNotification": noted,
    "MeterValues": noted,
    "SecurityEventNotification": noted,
    "SignCertificate": accept,
    "SignedFirmwareStatusNotification": noted,
    "StartTransaction": start_transaction,
    "StatusNotification": noted,
    "StopTransaction": stop_transaction,
}
"""All that a 1.6 charge point may ask, security extension included."""
