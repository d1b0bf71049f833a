"""Vendor data, both ways."""

from vcp_contracts.actions import PassData
from vcp_contracts.commands import SendData, SetBehaviour
from vcp_contracts.events import DataReceived
from vcp_contracts.requests import DataPassed
from vcp_contracts.requests import PassData as DataForUs
from vcp_contracts.values import DataStatus

from vcp_abstraction import standing
from vcp_abstraction.charger import Charger, Impossible


def send_data(cp: Charger, it: SendData) -> None:
    """Passes data to the backend; the command ends with the answer."""
    must_talk(cp)
    cp.enqueue(
        PassData(**cp.words(), vendor=it.vendor, message=it.message, content=it.content),
        "express",
        command=it.id,
        origin="command",
    )


def must_talk(cp: Charger) -> None:
    """What is asked of the backend by name needs a backend that listens."""
    if not cp.online:
        raise Impossible("there is no link to the backend", remedy="go_online first")
    if not cp.registered and not standing.gate_is_open(cp):
        raise Impossible(
            "the backend has not accepted the charger's boot",
            remedy="wait for `registered`, or open the charger's gate with set_gates",
        )


def receive_data(cp: Charger, it: DataForUs) -> DataPassed:
    """Data from the backend, answered as the charger was told to (1.6 §4.3, 2.0.1 P01)."""
    result, content = _answer(cp, it.vendor, it.message)
    cp.note(DataReceived, vendor=it.vendor, message=it.message, content=it.content, result=result)
    return DataPassed(**cp.reply(it), result=result, content=content)


def _answer(cp: Charger, vendor: str, message: str | None) -> tuple[DataStatus, object]:
    """The answer for this message of the vendor, else that for any of its messages."""
    answers = [answer for answer in cp.data_answers.answers if answer.vendor == vendor]
    for wanted in (message, None):
        for answer in answers:
            if answer.message == wanted:
                return answer.status, answer.content
    if vendor in cp.facts.behaviour.accepts_data_from:
        return "accepted", None
    return ("unknown_message" if answers else "unknown_vendor"), None


def set_behaviour(cp: Charger, it: SetBehaviour) -> None:
    """How the charger's parts behave from now on."""
    behaviour = cp.facts.behaviour
    if it.unlock is not None:
        behaviour.unlock = it.unlock
    if it.reset is not None:
        behaviour.reset = it.reset
    if it.after_power_loss is not None:
        behaviour.after_power_loss = it.after_power_loss
    if it.accepts_data_from is not None:
        behaviour.accepts_data_from = list(it.accepts_data_from)
    if it.restart_failures is not None:
        behaviour.restart_failures = it.restart_failures
    if it.data_answers is not None:
        cp.data_answers.answers = list(it.data_answers)
        cp.touch("data_answers")
    if it.firmware is not None:
        changes = it.firmware.model_dump(exclude_none=True)
        behaviour.firmware = behaviour.firmware.model_copy(update=changes)
    if it.upload is not None:
        behaviour.upload = behaviour.upload.model_copy(update=it.upload.model_dump(exclude_none=True))
