"""Answers of a small CSMS to all that an OCPP 2.0.1 charging station may ask. Sends nothing by itself."""

from collections.abc import Callable

from vcp_backend.behaviour import Desk, stamp
from vcp_backend.frames import Call, Payload

SPOKEN = {
    "Accepted",
    "Blocked",
    "ConcurrentTx",
    "Expired",
    "Invalid",
    "NoCredit",
    "NotAllowedTypeEVSE",
    "NotAtThisLocation",
    "NotAtThisTime",
    "Unknown",
}


def boot(desk: Desk, call: Call) -> Payload:
    verdict = desk.verdict(call.identity)
    return {"status": verdict.status, "currentTime": desk.now(), "interval": verdict.interval_s}


def heartbeat(desk: Desk, call: Call) -> Payload:
    return {"currentTime": desk.now()}


def authorize(desk: Desk, call: Call) -> Payload:
    answer: Payload = {"idTokenInfo": id_token_info(desk, call.payload["idToken"])}
    if "certificate" in call.payload or "iso15118CertificateHashData" in call.payload:
        answer["certificateStatus"] = "Accepted"
    return answer


def transaction_event(desk: Desk, call: Call) -> Payload:
    token = call.payload.get("idToken")
    # E05: every token that a transaction event brings is judged again
    return {} if token is None else {"idTokenInfo": id_token_info(desk, token)}


def accept(desk: Desk, call: Call) -> Payload:
    return {"status": "Accepted"}


def noted(desk: Desk, call: Call) -> Payload:
    return {}


def no_ev_certificate(desk: Desk, call: Call) -> Payload:
    return {"status": "Failed", "exiResponse": ""}


def no_certificate_status(desk: Desk, call: Call) -> Payload:
    return {"status": "Failed"}


def id_token_info(desk: Desk, token: object) -> Payload:
    """The verdict on a token; a status that 2.0.1 has no word for is Invalid.

    Raises TypeError or KeyError where the token isn't one.
    """
    if not isinstance(token, dict):
        raise TypeError("idToken is an object")
    if token.get("type") == "NoAuthorization":
        return {"status": "Accepted"}
    known = desk.token(token["idToken"])
    info: Payload = {"status": known.status if known.status in SPOKEN else "Invalid"}
    if known.parent is not None:
        info["groupIdToken"] = {"idToken": known.parent, "type": "Central"}
    if known.expiry is not None:
        info["cacheExpiryDateTime"] = stamp(known.expiry)
    return info


ANSWERS: dict[str, Callable[[Desk, Call], Payload]] = {
    "Authorize": authorize,
    "BootNotification": boot,
    "ClearedChargingLimit": noted,
    "DataTransfer": accept,
    "FirmwareStatusNotification": noted,
    "Get15118EVCertificate": no_ev_certificate,
    "GetCertificateStatus": no_certificate_status,
    "Heartbeat": heartbeat,
    "LogStatusNotification": noted,
    "MeterValues": noted,
    "NotifyChargingLimit": noted,
    "NotifyCustomerInformation": noted,
    "NotifyDisplayMessages": noted,
    "NotifyEVChargingNeeds": accept,
    "NotifyEVChargingSchedule": accept,
    "NotifyEvent": noted,
    "NotifyMonitoringReport": noted,
    "NotifyReport": noted,
    "PublishFirmwareStatusNotification": noted,
    "ReportChargingProfiles": noted,
    "ReservationStatusUpdate": noted,
    "SecurityEventNotification": noted,
    "SignCertificate": accept,
    "StatusNotification": noted,
    "TransactionEvent": transaction_event,
}
"""All that a 2.0.1 charging station may ask."""
