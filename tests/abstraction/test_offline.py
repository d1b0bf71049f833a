"""What happens while the backend can't be heard, and when it can again."""

import pytest
from abstraction.story import SPOKEN, Story
from vcp_contracts import commands as c
from vcp_contracts.link import HandlerUp, LinkDown
from vcp_contracts.outcomes import Refused, Unanswered


def lose(story: Story) -> None:
    story.hear(LinkDown(**story.fact(), why="lost"))


def test_a_session_without_a_backend_is_told_later_in_order():
    story = Story(settings={"AllowOfflineTxForUnknownId": "true"}).online()
    lose(story)
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.wait(120)
    story.do(c.PresentToken, token="CARD1")
    assert story.words() == []
    story.link_up()
    story.answer_all()
    assert story.words() == [
        "status 1.0 finishing/occupied",
        "transaction started authorized ev_connected begin",
        "transaction updated meter_periodic charging periodic",
        "transaction updated meter_periodic charging periodic",
        "transaction ended stop_authorized ev_connected local",
    ]


def test_all_that_waited_offline_says_so():
    story = Story("stream").online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    lose(story)
    story.wait(60)
    story.words()
    story.link_up()
    answered = story.answer_all()
    assert [a.offline for a in answered if a.type == "report_transaction"] == [True]


def test_a_transaction_message_in_flight_is_sent_again_with_its_id():
    story = Story().online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    for _ in range(3):
        story.answer()
    first = story.said[-1]
    assert first.phase == "started"
    story.words()
    lose(story)
    story.link_up()
    again = story.said[-1]
    assert (again.id, again.link) == (first.id, "h/2")
    assert again.model_dump(exclude={"link", "offline"}) == first.model_dump(exclude={"link", "offline"})


def test_a_status_that_was_not_told_is_told_anew():
    story = Story().online()
    story.do(c.PlugIn)
    assert story.words() == ["status 1.0 preparing/occupied"]
    lose(story)
    story.do(c.Unplug)
    story.link_up()
    assert story.words() == ["status 1.0 available/available"]


def test_a_failed_transaction_message_waits_longer_each_time_and_blocks_nobody():
    story = Story(
        settings={"TransactionMessageRetryInterval": "10", "TransactionMessageAttempts": "3"}
    ).online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    for _ in range(3):
        story.answer()
    story.words()
    story.outcome(Refused, kind="failed", code="InternalError")
    story.do(c.Ask, word="beat")
    assert story.words() == ["beat"]
    story.answer()
    story.wait(10)
    assert story.words() == ["transaction started authorized ev_connected begin"]
    story.outcome(Unanswered, timeout_s=30)
    story.wait(19)
    assert story.words() == []
    story.wait(1)
    assert story.words() == ["transaction started authorized ev_connected begin"]
    story.outcome(Refused, kind="failed", code="InternalError")
    story.do(c.PresentToken, token="CARD1")
    stop = story.said[-1]
    assert (stop.phase, stop.backend_name) == ("ended", None)


def test_another_handler_means_another_link():
    story = Story().online()
    story.hear(HandlerUp(id="x", owner="other", manners=SPOKEN))
    assert story.words() == ["open_link"]
    assert story.cp.facts.link.state == "connecting"


def test_a_missing_fact_gives_the_link_up():
    story = Story().online()
    story.backend_fact += 1
    story.hear(Refused(**story.fact(), action="n-1", kind="failed", code="x"))
    assert story.words() == ["close_link", "open_link"]


def test_no_outcome_in_time_gives_the_link_up():
    story = Story().online()
    story.do(c.Ask, word="beat")
    story.words()
    story.wait(40)
    assert story.words() == ["close_link", "open_link"]
    assert story.results[-1].detail["outcome"] == "unanswered"


@pytest.mark.parametrize("style", ["three", "stream"])
def test_a_session_that_outlives_a_power_loss_is_read_before_and_after_it(style: str):
    story = Story(style).online()
    story.do(c.SetBehaviour, after_power_loss="resume")
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.wait(1)
    story.words()
    story.do(c.PowerOff)
    story.wait(600)
    assert story.words() == ["close_link"]
    story.do(c.PowerOn)
    story.link_up()
    story.answer_all()
    told = [word for word in story.words() if word.startswith("transaction")]
    assert told == [
        "transaction updated abnormal_condition charging interruption_begin",
        "transaction updated abnormal_condition charging interruption_end",
    ]
    story.wait(60)
    evse = story.cp.facts.evses[0]
    assert evse.transaction is not None
    assert evse.power_w > 0
    began, ended = (
        word.samples[0]
        for word in story.ever_said
        if word.type == "report_transaction" and word.trigger == "abnormal_condition"
    )
    assert (ended.at - began.at).total_seconds() == 600
    assert float(began.readings[0].value) == float(ended.readings[0].value) > 0


def test_power_loss_ends_the_session_and_it_is_told_after_the_boot():
    story = Story().online()
    story.do(c.PlugIn)
    story.do(c.PresentToken, token="CARD1")
    story.answer_all()
    story.words()
    story.do(c.PowerOff)
    assert story.words() == ["close_link"]
    story.wait(600)
    assert story.words() == []
    story.do(c.PowerOn)
    story.link_up()
    story.answer_all()
    assert story.words() == [
        "open_link",
        "boot",
        "status 0.0 available/available",
        "status 1.0 preparing/occupied",
        "transaction ended abnormal_condition ev_connected power_loss",
    ]
