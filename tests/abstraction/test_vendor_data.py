"""Vendor data: what the charger says to it is what it was told to say, per vendor and message."""

import pytest
from abstraction.story import Story
from pydantic import ValidationError
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.commands import AnswerToData


def says(story: Story, vendor: str, message: str | None = None) -> tuple[str, object]:
    reply = story.request(r.PassData, vendor=vendor, message=message, content="hello")
    return reply.result, reply.content


def test_nobody_is_known_at_first():
    assert says(Story().online(), "org.example") == ("unknown_vendor", None)


def test_each_message_of_a_vendor_has_its_answer():
    story = Story().online()
    story.do(
        c.SetBehaviour,
        data_answers=(
            AnswerToData(vendor="org.example", message="price", status="accepted", content={"eur": 0.4}),
            AnswerToData(vendor="org.example", message="lamp", status="rejected"),
            AnswerToData(vendor="com.any", content="as you like"),
            AnswerToData(vendor="com.any", message="not this", status="unknown_message"),
        ),
    )
    assert says(story, "org.example", "price") == ("accepted", {"eur": 0.4})
    assert says(story, "org.example", "lamp") == ("rejected", None)
    assert says(story, "org.example", "other") == ("unknown_message", None)
    assert says(story, "org.example") == ("unknown_message", None)
    assert says(story, "com.any", "anything") == ("accepted", "as you like")
    assert says(story, "com.any", "not this") == ("unknown_message", None)
    assert says(story, "net.nobody") == ("unknown_vendor", None)
    assert [event.result for event in story.seen("data_received")][:2] == ["accepted", "rejected"]


def test_vendors_accepted_as_a_whole_stay_accepted():
    story = Story().online()
    story.do(c.SetBehaviour, accepts_data_from=("org.example",))
    story.do(
        c.SetBehaviour, data_answers=(AnswerToData(vendor="org.example", message="no", status="rejected"),)
    )
    assert says(story, "org.example", "anything") == ("accepted", None)
    assert says(story, "org.example", "no") == ("rejected", None)
    story.do(c.SetBehaviour, data_answers=(), accepts_data_from=())
    assert says(story, "org.example", "no") == ("unknown_vendor", None)


def test_an_answer_has_bounds():
    with pytest.raises(ValidationError, match=r"at most 4096 characters of JSON"):
        AnswerToData(vendor="org.example", content="x" * 4096)
    with pytest.raises(ValidationError, match="extra_forbidden"):
        AnswerToData(vendor="org.example", answer="accepted")
