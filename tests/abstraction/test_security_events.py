"""Security events: what the charger's life brings, what of it the backend hears, and when (whitepaper and 2.0.1: A04)."""

from abstraction.story import NOON, Story
from vcp_contracts import commands as c
from vcp_contracts.link import LinkFailed
from vcp_contracts.outcomes import Refused, Unanswered
from vcp_contracts.requests import Reset


def told(story: Story) -> list[tuple[str, str | None]]:
    return [(w.kind, w.info) for w in story.ever_said if w.type == "report_security_event"]


def logged(story: Story) -> list[tuple[str, bool]]:
    return [(e.kind, e.told) for e in story.seen("security_event_raised")]


def test_a_charger_without_a_security_profile_only_logs():
    story = Story().online()
    assert told(story) == []
    assert logged(story) == [("started", False)]


def test_it_tells_all_the_same_where_a_setting_says_so():
    story = Story(settings={"SecurityEvents": "always"})
    story.do(c.GoOnline)
    story.link_up()
    assert [a.type for a in story.answer_all()] == [
        "boot",
        "report_status",
        "report_status",
        "report_security_event",
    ]
    assert told(story) == [("started", "set up")]


def test_another_version_tells_always_unless_a_setting_forbids_it():
    assert told(Story("stream").online()) == [("started", "set up")]
    assert told(Story("stream", settings={"SecurityEvents": "never"}).online()) == []


def test_a_restart_is_told_after_the_boot_that_follows_it():
    story = Story("stream").online()
    story.request(Reset, when="now", restart="application")
    story.wait(1)
    story.link_up()
    assert next(a.type for a in story.answer_all()) == "boot"
    assert told(story)[-1] == ("restarted", "remote_reset")


def test_power_that_returns_starts_the_charger():
    story = Story("stream").online()
    story.do(c.PowerCycle)
    story.link_up()
    story.answer_all()
    assert told(story)[-1] == ("started", "power_up")


def test_a_clock_that_is_set_far_off_is_told_a_little_is_not():
    story = Story("stream").online()
    story.do(c.SetClock, time=NOON.replace(second=15))
    assert told(story) == [("started", "set up")]
    story.do(c.SetClock, time=NOON.replace(hour=13))
    assert told(story)[-1] == ("time_set", "was 2026-06-01T12:00:15+00:00")


def test_what_happens_offline_is_kept_and_told_in_order():
    story = Story("stream").online()
    story.do(c.GoOffline)
    story.do(c.RaiseSecurityEvent, kind="tampering", info="door")
    story.do(c.RaiseSecurityEvent, kind="memory_exhausted")
    story.do(c.GoOnline)
    story.link_up()
    story.answer_all()
    assert told(story)[-2:] == [("tampering", "door"), ("memory_exhausted", None)]


def test_an_event_without_an_answer_is_told_again_with_the_same_id():
    story = Story("stream").online()
    story.do(c.RaiseSecurityEvent)
    first = story.said[-1]
    story.outcome(Unanswered, timeout_s=30.0)
    assert story.cp.facts.lanes.in_flight is None
    story.wait(60)
    again = story.said[-1]
    assert (again.type, again.id, again.at) == ("report_security_event", first.id, first.at)


def test_a_backend_that_knows_no_security_events_is_not_asked_twice():
    story = Story("stream").online()
    story.do(c.RaiseSecurityEvent)
    story.outcome(Refused, kind="unsupported", code="NotImplemented")
    assert story.cp.queue == {}
    result = story.do(c.RaiseSecurityEvent)
    assert result is not None
    assert result.status == "rejected"
    story.do(c.RaiseSecurityEvent, tell="by_rule")
    assert logged(story)[-1] == ("tampering", False)


def test_a_tester_may_tell_what_is_only_logged_by_itself():
    story = Story().online()
    story.do(c.RaiseSecurityEvent, kind="attempted_replay")
    assert told(story) == [("attempted_replay", None)]


def failed(story: Story, **how: str) -> None:
    story.hear(LinkFailed(id="f", charge_point="CP001", order=story.cp.facts.link.order, **how))


def test_failures_to_connect_are_events():
    story = Story("stream")
    story.do(c.GoOnline)
    failed(story, why="unauthorized", detail="HTTP 401")
    failed(story, why="tls", detail="self-signed certificate", tls="certificate")
    failed(story, why="tls", detail="unsupported protocol", tls="version")
    failed(story, why="tls", detail="handshake failure", tls="cipher")
    failed(story, why="refused")
    assert logged(story) == [
        ("started", True),
        ("authentication_refused", False),
        ("invalid_backend_certificate", True),
        ("invalid_tls_version", True),
        ("invalid_tls_cipher", True),
    ]


def test_events_that_wait_are_bounded_and_the_oldest_goes():
    story = Story("stream")
    for number in range(105):
        story.do(c.RaiseSecurityEvent, info=str(number))
    waiting = [entry.action.info for entry in story.cp.queue.values()]
    assert (len(waiting), waiting[0], waiting[-1]) == (100, "5", "104")
    assert [e.outcome for e in story.seen("action_ended")] == ["discarded"] * 6
