"""What is to be played of a recorded session: the charge point's calls in their time, its answers by action. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcp_runner.replaying.recording import Message, Recording


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the charge point. `at_s`: seconds after the first frame; `answer`: what the backend said then."""

    at_s: float
    message: Message
    answer: Message | None


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the charge point that is no call: sent as it is."""

    at_s: float
    message: Message


@dataclass(frozen=True, slots=True)
class Reconnect:
    """The charge point came back on another link."""

    at_s: float


Move = Call | Text | Reconnect


@dataclass(frozen=True, slots=True)
class Score:
    """The whole of it. `answers`: by action, what the charge point answered to the backend's calls, in their order;
    None for one that it did not answer."""

    moves: Sequence[Move]
    answers: Mapping[str, Sequence[Message | None]] = field(default_factory=dict)


def score_of(recording: Recording) -> Score:
    """What is to be played."""
    moves: list[Move] = []
    answers: dict[str, list[Message | None]] = {}
    messages = recording.messages
    began = messages[0].at
    link = messages[0].link
    for number, message in enumerate(messages):
        at_s = max(0.0, (message.at - began).total_seconds())
        if message.link is not None and message.link != link:
            if link is not None:
                moves.append(Reconnect(at_s))
            link = message.link
        if message.kind == "call":
            answer = _answer(message, messages[number + 1 :])
            if message.sent:
                moves.append(Call(at_s, message, answer))
            else:
                answers.setdefault(str(message.action), []).append(answer)
        elif message.kind == "broken" and message.sent:
            moves.append(Text(at_s, message))
    return Score(moves, answers)


def _answer(call: Message, later: Sequence[Message]) -> Message | None:
    """The first answer to a call, before its id is used for another one."""
    for message in _of_link(call, later):
        if message.message_id != call.message_id:
            continue
        if message.kind == "call" and message.sent == call.sent:
            return None
        if message.kind in ("result", "error") and message.sent != call.sent:
            return message
    return None


def _of_link(call: Message, later: Sequence[Message]) -> Iterator[Message]:
    return (message for message in later if None in (message.link, call.link) or message.link == call.link)


Rule = dict[str, Any]

LONGEST_SEQUENCE = 100
OWN_WORDS = "replay: what the charge point would say by itself"


def rules_of(score: Score, now: str) -> list[Rule]:
    """The rules under which the charge point only repeats: it says nothing of its own, and answers as it did.

    Its own boot is answered here, with the time `now`, so that it takes itself for accepted. What the record has no
    answer to is answered by the charge point itself.
    """
    accepted = {"status": "Accepted", "currentTime": now, "interval": 86_400}
    rules: list[Rule] = [
        _rule("replay: what is repeated", {"direction": "sent", "by_hand": True}, [{"do": "pass"}]),
        _rule(
            "replay: its own boot",
            {"direction": "sent", "kind": "call", "word": "boot"},
            [{"do": "answer", "payload": accepted}],
        ),
        _rule(OWN_WORDS, {"direction": "sent", "kind": "call"}, [{"do": "drop"}], follow="altered"),
    ]
    for action, given in score.answers.items():
        for part in range(0, len(given), LONGEST_SEQUENCE):
            deeds = [_deed(answer) for answer in given[part : part + LONGEST_SEQUENCE]]
            rules.append(
                _rule(
                    f"replay: {action} {part // LONGEST_SEQUENCE + 1}",
                    {"direction": "received", "kind": "call", "action": action},
                    deeds,
                    times=len(deeds),
                )
            )
    return rules


def _rule(name: str, when: Mapping[str, Any], then: Sequence[Mapping[str, Any]], **more: Any) -> Rule:
    return {"name": name, "when": when, "then": list(then), "unchecked": True, **more}


def _deed(answer: Message | None) -> Mapping[str, Any]:
    if answer is None:
        return {"do": "drop"}
    if answer.kind == "error":
        return {
            "do": "fail",
            "code": answer.payload["code"],
            "description": str(answer.payload["description"]),
        }
    return {"do": "answer", "payload": answer.payload}
