"""What a backend says that no charger can take as said: told as violations, and the charger goes on sensibly."""

from datetime import datetime, timedelta

from vcp_contracts.actions import Action, ReportTransaction
from vcp_contracts.events import ProtocolViolation
from vcp_contracts.outcomes import BootAnswer, TransactionAnswer
from vcp_contracts.requests import StartCharging, StopCharging
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
    others = (known for id, known in cp.facts.tellings.items() if id != action.transaction)
    if any(known.backend_name == answer.backend_name for known in others):
        rule = f"{answer.backend_name} is the id of another transaction"
        _tell(cp, action, "transaction_id_used", rule)


def judge_session(cp: Charger, it: StartCharging | StopCharging) -> None:
    """A wish to start or stop a session: not while the boot is pending (1.6 §4.2, 2.0.1 B02.FR.05)."""
    if cp.facts.registration.verdict == "pending":
        cp.note(
            ProtocolViolation,
            link=it.link,
            code="session_while_pending",
            rule="the boot of this charge point is pending: accept it first",
            message_id=it.message_id,
        )


def _tell(cp: Charger, action: Action, code: Code, rule: str) -> None:
    cp.note(ProtocolViolation, link=action.link, code=code, rule=rule, message_id=action.id)
