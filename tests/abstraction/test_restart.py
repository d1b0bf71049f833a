"""Restarts: tried again as often as the setting says, and told as a warning when they do not come about."""

from abstraction.story import Story
from vcp_abstraction.blocks.restart import RETRY_AFTER
from vcp_abstraction.decide import fire
from vcp_abstraction.due import next_due
from vcp_contracts import commands as c
from vcp_contracts import requests as r


def reset(story: Story, failures: int) -> None:
    story.do(c.SetBehaviour, restart_failures=failures)
    story.said.clear()
    assert story.request(r.Reset, when="now", restart="application").result == "accepted"


def test_a_restart_that_fails_is_tried_again():
    story = Story(settings={"ResetRetries": "2"}, restart_s=1).online()
    reset(story, failures=2)
    assert story.words() == ["resetting"]
    story.wait(1)
    assert story.words() == []
    story.wait(1)
    assert story.words() == ["close_link"]
    assert story.cp.facts.faults == []


def test_when_it_never_comes_about_that_is_a_warning_until_a_restart_does():
    story = Story(settings={"ResetRetries": "1"}).online()
    reset(story, failures=2)
    story.wait(1)
    warning = story.said[-1]
    assert (warning.place.evse, warning.fine, warning.fault.kind) == (0, "available", "reset_failure")
    story.answer_all()
    assert story.cp.facts.restart is None
    story.request(r.Reset, when="now", restart="hardware")
    assert story.words()[-1] == "close_link"
    assert story.cp.facts.faults == []


def test_without_retries_the_first_failure_is_the_last():
    story = Story().online()
    reset(story, failures=1)
    assert [w.fault.kind for w in story.said if w.type == "report_status"] == ["reset_failure"]
    assert "close_link" not in story.words()


def untold(failures: int) -> Story:
    """A restart whose patience is at its end, as an answer does not come, and that fails then."""
    story = Story(settings={"ResetRetries": "2"}).online()
    story.do(c.Ask, word="beat")
    story.do(c.SetBehaviour, restart_failures=failures)
    story.request(r.Reset, when="now", restart="application")
    story.wait(9.9)
    story.words()
    story.now = next_due(story.cp)
    story._took(fire(story.cp, story.now, story.around))
    return story


def test_one_that_fails_past_its_patience_is_due_again_after_a_while_and_not_at_once():
    story = untold(failures=1)
    assert next_due(story.cp) == story.now + RETRY_AFTER
    story.wait(1)
    assert story.words() == ["close_link", "open_link"]


def test_one_that_fails_before_its_patience_is_at_its_end_waits_again_for_what_is_to_be_told():
    story = Story(settings={"ResetRetries": "2"}).online()
    reset(story, failures=1)
    story.do(c.Ask, word="beat")
    story.words()
    story.now += RETRY_AFTER
    story._took(fire(story.cp, story.now, story.around))
    assert next_due(story.cp) > story.now
    assert story.words() == []
    story.answer_all()
    assert story.words() == ["close_link"]
