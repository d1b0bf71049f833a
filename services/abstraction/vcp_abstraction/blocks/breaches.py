"""What a backend says that no charger can take as said: told as violations, and the charger goes on sensibly."""

from datetime import datetime, timedelta

from vcp_contracts.actions import Action, ReportTransaction
from vcp_contracts.events import ProtocolViolation
from vcp_contracts.outcomes import BootAnswer, TransactionAnswer
from vcp_contracts.requests import Request, StartCharging, StopCharging, UpdateFirmware
from vcp_contracts.violations import Code

from vcp_abstraction.charger import Charger

FAR_OFF = timedelta(minutes=5)
"""How far a backend's clock may be off the world's."""


def judge_boot(cp: Charger, action: Action, answer: BootAnswer) -> None:
    """The interval and the time in an answer to a boot."""
    if answer.interval_s < 0:
        _tell(cp, action, "boot_interval_negative", f"an interval of {answer.interval_s} s")
    judge_time(cp, action, answer.now)


def judge_time(cp: Charger, action: Action, told: datetime) -> None:
    """The time in an answer. It is held against the world's clock: the charger's own may stand anywhere."""
    off = told - cp.real
    if abs(off) > FAR_OFF:
        way = "ahead" if off > timedelta(0) else "behind"
        rule = f"the backend's clock is {abs(off).total_seconds():.0f} s {way}"
        _tell(cp, action, "time_far_off", rule)


def judge_name(cp: Charger, action: ReportTransaction, answer: TransactionAnswer) -> None:
    """The name that the backend gives to a transaction: no other one that is still open or untold may have it."""
    if answer.info is not None and answer.info.status != "accepted":
        # a backend that refuses a start has no transaction, and may put anything there
        return
    others = (
        known for id, known in cp.facts.tellings.items() if id != action.transaction and not known.refused
    )
    if any(known.backend_name == answer.backend_name for known in others):
        rule = f"{answer.backend_name} is the id of another transaction"
        _tell(cp, action, "transaction_id_used", rule)


def judge_session(cp: Charger, it: StartCharging | StopCharging) -> None:
    """A wish to start or stop a session: not while the boot is pending (1.6 §4.2, 2.0.1 B02.FR.05)."""
    registration = cp.facts.registration
    if registration.verdict == "pending" and not registration.by_rule:
        rule = "the boot of this charge point is pending: accept it first"
        _tell_of(cp, it, "session_while_pending", rule)


def judge_signing(cp: Charger, it: UpdateFirmware) -> None:
    """The certificate and the signature of firmware: each is of no use without the other (2.0.1 L01.FR.11, FR.12)."""
    if it.signing is not None and not it.signing.whole:
        missing = "certificate" if it.signing.certificate is None else "signature"
        rule = f"signed firmware needs a certificate and a signature, and has no {missing}"
        _tell_of(cp, it, "firmware_half_signed", rule)


def _tell(cp: Charger, action: Action, code: Code, rule: str) -> None:
    _note(cp, code, rule, link=action.link, message_id=action.id)


def _tell_of(cp: Charger, it: Request, code: Code, rule: str) -> None:
    _note(cp, code, rule, link=it.link, message_id=it.message_id)


def _note(cp: Charger, code: Code, rule: str, *, link: str | None, message_id: str) -> None:
    subprotocol = cp.facts.link.subprotocol
    cp.note(
        ProtocolViolation, link=link, subprotocol=subprotocol, code=code, rule=rule, message_id=message_id
    )
