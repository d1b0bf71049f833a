"""What is queued and can't be made ready, answers of another kind than what was asked, tasks whose time came with another
one: nothing waits for them for ever."""

import pytest
from abstraction.story import Story
from vcp_abstraction.decide import fire, give_up
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.chores import KeyMade
from vcp_contracts.outcomes import Acknowledged, Answered, BeatAnswer, Sent

TIMEOUT = "OCPPCommCtrlr.MessageTimeout[Default]"


def ends(story: Story) -> list[tuple[str, str]]:
    return [(event.word, event.outcome) for event in story.seen("action_ended")]


class TestWhatCanNotLeave:
    def story(self) -> Story:
        """A state as no version of today writes it: nothing that leaves can be given its time."""
        story = Story().online()
        story.cp.settings.values[TIMEOUT] = "soon"
        story.cp.settings.changed = True
        return story

    def test_is_dropped_and_told_and_what_waited_for_it_ends(self):
        story = self.story()
        result = story.do(c.Ask, word="beat")
        assert result is not None
        assert (result.status, result.detail["outcome"]) == ("done", "failed")
        assert ends(story) == [("beat", "failed")]
        assert story.cp.queue == {}

    def test_and_what_needs_no_such_time_leaves_in_the_same_step(self):
        story = Story().online()
        story.do(c.Ask, word="beat")
        story.do(c.Ask, word="beat")
        story.do(c.SendRaw, action="Heartbeat")
        story.cp.settings.values[TIMEOUT] = "soon"
        story.cp.settings.changed = True
        story.outcome(Answered, answer=BeatAnswer(now=story.now))
        assert ends(story) == [("beat", "failed")]
        assert story.cp.facts.lanes.in_flight is not None
        assert story.cp.facts.lanes.in_flight.word == "raw_call"

    def test_a_driver_who_waits_for_it_is_free_again(self):
        story = self.story()
        story.do(c.PlugIn)
        story.do(c.PresentToken, token="A")
        assert story.cp.facts.evses[0].awaiting is None
        assert [(e.status, e.by) for e in story.seen("token_judged")] == [("invalid", "none")]

    def test_a_boot_is_tried_again(self):
        story = Story()
        story.cp.settings.values[TIMEOUT] = "soon"
        story.cp.settings.changed = True
        story.do(c.GoOnline)
        story.link_up()
        assert ends(story) == [("boot", "failed")]
        assert story.cp.facts.registration.next_try is not None
        del story.cp.settings.values[TIMEOUT]
        story.cp.settings.changed = True
        story.wait(31)
        story.answer_all()
        assert story.cp.registered


class TestAnAnswerOfAnotherKind:
    """The Handler reads an answer as one to what was asked; the charger does not hang where it once did not."""

    def test_to_a_boot_is_no_verdict(self):
        story = Story()
        story.do(c.GoOnline)
        story.link_up()
        story.outcome(Answered, answer=Acknowledged())
        assert not story.cp.registered
        story.wait(31)
        story.answer_all()
        assert story.cp.registered

    @pytest.mark.parametrize("kind", [Acknowledged(), BeatAnswer(now="2026-06-01T12:00:00Z")])
    def test_to_an_authorization_is_no_verdict(self, kind):
        story = Story().online()
        story.do(c.PlugIn)
        story.answer_all()
        story.do(c.PresentToken, token="A")
        story.outcome(Answered, answer=kind)
        assert story.cp.facts.evses[0].awaiting is None

    def test_to_a_beat_is_an_answer(self):
        story = Story().online()
        story.do(c.Ask, word="beat")
        story.outcome(Answered, answer=Acknowledged())
        assert story.cp.facts.lanes.in_flight is None


class TestGivingUp:
    def test_what_comes_from_a_link_that_is_gone_counts_for_nothing(self):
        story = Story().online()
        story.do(c.Ask, word="beat")
        flight = story.cp.facts.lanes.in_flight
        old = Sent(id="o", charge_point="CP001", link="h/0", n=7, action=flight.id)
        before = story.cp.facts.link.next_fact
        story._took(give_up(story.cp, old, "x", story.now, story.around))
        assert story.cp.facts.link.next_fact == before
        assert story.cp.facts.lanes.in_flight == flight

    def test_a_message_of_the_past_is_not_counted_back(self):
        story = Story().online()
        before = story.cp.facts.link.next_fact
        told = r.ForgetTokens(id="o", charge_point="CP001", link=story.link, n=0, message_id="b")
        story._took(give_up(story.cp, told, "x", story.now, story.around))
        assert story.cp.facts.link.next_fact == before


class TestTasksOfOneInstant:
    def test_a_certificate_is_not_asked_for_again_once_another_key_is_being_made(self):
        """The renewal and the repeated request are due while nobody was there to do them."""
        story = Story(
            "stream",
            settings={"CpoName": "Acme"},
            security={"profile": 3, "certificate_label": "x"},
            url="wss://b/o",
        )
        story.online()
        story.do(c.RenewCertificate)
        story.worked(KeyMade(csr="csr", public_key="00"))
        story.answer_all()
        signing = story.cp.certificates.signing
        assert signing is not None
        assert signing.ask_again_at is not None
        story.cp.certificates.renewal_due = story.now
        story.cp.touch("certificates")
        story.now = signing.ask_again_at
        story.words()
        story._took(fire(story.cp, story.now, story.around))
        assert story.cp.certificates.signing.csr == ""
        assert "ask_signing" not in story.words()

    def test_an_entry_that_is_taken_out_leaves_no_wait_behind(self):
        """The tries and the wait were those of the security event that had to make room."""
        story = Story("stream").online()
        story.do(c.GoOffline)
        for _ in range(3):
            story.do(c.RaiseSecurityEvent)
        lanes = story.cp.facts.lanes
        lanes.tries, lanes.not_before = 1, story.now.replace(year=2027)
        story.cp.dequeue(lanes.transactions[0])
        assert (lanes.tries, lanes.not_before) == (0, None)
