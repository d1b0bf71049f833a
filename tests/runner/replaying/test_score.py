"""What is played of a recording: calls with their answers and times, answers by action, links."""

from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter
from vcp_contracts.recorded_session import RecordedFrame
from vcp_contracts.rules import Rule
from vcp_runner.replaying.recording import Message, Recording, opened
from vcp_runner.replaying.score import Call, Reconnect, Score, Text, rules_of, score_of

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def frame(second: float, direction: str, text: str, link: str | None = None) -> Message:
    at = START + timedelta(seconds=second)
    return opened(
        RecordedFrame.model_validate({"at": at, "direction": direction, "text": text, "link": link})
    )


def scored(*messages: Message) -> Score:
    return score_of(Recording(messages))


def test_a_call_has_the_answer_that_came_to_it() -> None:
    score = scored(
        frame(0, "sent", '[2,"1","Heartbeat",{}]'),
        frame(1, "received", '[2,"1","Reset",{"type":"Soft"}]'),
        frame(1.5, "sent", '[3,"1",{"status":"Accepted"}]'),
        frame(2, "received", '[3,"1",{"currentTime":"x"}]'),
    )
    [call] = score.moves
    assert isinstance(call, Call)
    assert call.answer is not None
    assert (call.at_s, call.message.action, call.answer.payload) == (0.0, "Heartbeat", {"currentTime": "x"})
    [reset] = score.answers["Reset"]
    assert reset is not None
    assert reset.payload == {"status": "Accepted"}


def test_an_id_that_is_used_again_names_another_exchange() -> None:
    score = scored(
        frame(0, "received", '[2,"1","ClearCache",{}]'),
        frame(1, "received", '[2,"1","Reset",{}]'),
        frame(2, "sent", '[3,"1",{"status":"Rejected"}]'),
    )
    assert score.answers["ClearCache"] == [None]
    assert score.answers["Reset"] != [None]


def test_another_link_is_a_reconnect_and_a_broken_text_is_sent_as_it_is() -> None:
    score = scored(
        frame(0, "sent", '[2,"1","Heartbeat",{}]', "a"),
        frame(5, "received", '[3,"1",{}]', "b"),
        frame(6, "sent", "[2,", "b"),
        frame(7, "received", "[9]", "b"),
    )
    call, reconnect, text = score.moves
    assert isinstance(call, Call)
    assert call.answer is None
    assert reconnect == Reconnect(5.0)
    assert isinstance(text, Text)


def test_the_rules_are_rules_of_the_contract_and_long_sequences_are_cut() -> None:
    many = [frame(0, "received", f'[2,"{n}","ClearCache",{{}}]') for n in range(101)]
    given = [frame(1, "sent", f'[3,"{n}",{{"status":"Accepted"}}]') for n in range(99)]
    error = frame(1, "sent", '[4,"99","InternalError","",{}]')
    rules = TypeAdapter(list[Rule]).validate_python(
        rules_of(scored(*many, *given, error), "2026-06-01T12:00:00Z")
    )
    *_, first, second = rules
    assert (len(first.then), first.times, first.then[0].do, first.then[99].do) == (100, 100, "answer", "fail")
    assert (len(second.then), second.then[0].do) == (1, "drop")


def test_what_is_repeated_passes_before_all_else() -> None:
    rules = rules_of(Score([]), "2026-06-01T12:00:00Z")
    assert rules[0]["when"] == {"direction": "sent", "by_hand": True}
    assert [rule["then"][0]["do"] for rule in rules] == ["pass", "answer", "drop"]
