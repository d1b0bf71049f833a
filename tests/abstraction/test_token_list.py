"""The local list of tokens: set whole or in part, read before the cache, and contradicted only aloud."""

from datetime import timedelta

import pytest
from abstraction.story import NOON, Story
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.requests import ListedToken
from vcp_contracts.values import Token, TokenInfo


def entry(token: str, status: str | None = "accepted", **more) -> ListedToken:
    info = None if status is None else TokenInfo(status=status, **more)
    return ListedToken(token=Token(value=token), info=info)


def full(story: Story, version: int, *entries: ListedToken) -> str:
    reply = story.request(r.SetTokenList, version=version, update="full", entries=entries)
    return getattr(reply, "result", None) or reply.reason


def change(story: Story, version: int, *entries: ListedToken) -> str:
    return story.request(r.SetTokenList, version=version, update="differential", entries=entries).result


def version(story: Story) -> tuple[int, int]:
    reply = story.request(r.ReadTokenListVersion)
    return reply.version, reply.entries


def tap(story: Story, token: str, **more) -> tuple[str, str] | None:
    """Holds a card to the reader; the verdict, if there is one already."""
    before = len(story.seen("token_judged"))
    assert story.do(c.PresentToken, token=token, **more).status == "done"
    judged = story.seen("token_judged")[before:]
    return (judged[-1].status, judged[-1].by) if judged else None


# --- set -------------------------------------------------------------------------------------------------------------


def test_a_full_list_replaces_and_a_differential_one_changes():
    story = Story().online()
    assert version(story) == (0, 0)
    assert full(story, 3, entry("A"), entry("B")) == "accepted"
    assert version(story) == (3, 2)
    assert change(story, 4, entry("B", None), entry("C", "blocked"), entry("GONE", None)) == "accepted"
    assert [kept.token.value for kept in story.cp.token_list.entries.values()] == ["A", "C"]
    assert change(story, 5) == "accepted"
    assert version(story) == (5, 2)
    assert full(story, 2) == "accepted"
    assert version(story) == (0, 0)
    assert [(e.version, e.entries, e.by) for e in story.seen("token_list_changed")][-1] == (2, 0, "backend")


@pytest.mark.parametrize("stale", [3, 2, 1])
def test_a_differential_update_must_have_a_newer_version(stale: int):
    story = Story().online()
    full(story, 3, entry("A"))
    assert change(story, stale, entry("B")) == "version_mismatch"
    assert version(story) == (3, 1)


@pytest.mark.parametrize(
    ("number", "entries"),
    [
        (0, (entry("B"),)),
        (-1, (entry("B"),)),
        (4, (entry("B"), entry("b", "blocked"))),
        (4, (entry("B"), entry("C", None))),
        (4, (entry("B"), entry("C"), entry("D"))),
    ],
    ids=["version 0", "version -1", "one token twice", "nothing said of one", "more than fit into the list"],
)
def test_a_list_that_is_no_good_changes_nothing(number: int, entries: tuple[ListedToken, ...]):
    story = Story(settings={"LocalAuthListMaxLength": "2"}).online()
    full(story, 3, entry("A"))
    before = story.cp.token_list.model_copy(deep=True)
    assert full(story, number, *entries) == "failed"
    assert story.cp.token_list == before


def test_more_entries_than_one_message_may_have():
    story = Story(settings={"SendLocalListMaxLength": "2"}).online()
    assert full(story, 1, entry("A"), entry("B"), entry("C")) == "failed"
    assert full(story, 1, entry("A"), entry("B")) == "accepted"
    assert change(story, 2, entry("C"), entry("D")) == "accepted"
    assert version(story) == (2, 4)


def test_what_a_change_would_make_too_long_changes_nothing():
    story = Story(settings={"LocalAuthListMaxLength": "2"}).online()
    full(story, 1, entry("A"), entry("B"))
    assert change(story, 2, entry("C")) == "failed"
    assert change(story, 2, entry("A", None), entry("C")) == "accepted"
    assert version(story) == (2, 2)


def test_a_list_that_is_switched_off_is_neither_set_nor_used():
    story = Story(settings={"LocalPreAuthorize": "true"}).online()
    full(story, 1, entry("A"))
    story.do(c.WriteSetting, name="LocalAuthListEnabled", value="false")
    assert full(story, 2, entry("A")) == "not_supported"
    reply = story.request(r.ReadTokenListVersion)
    assert (reply.supported, reply.enabled, reply.version) == (True, False, 1)
    assert tap(story, "A") is None


# --- used ------------------------------------------------------------------------------------------------------------


def test_online_a_listed_token_is_asked_about_unless_the_setting_says_not_to():
    story = Story().online()
    full(story, 1, entry("A"))
    assert tap(story, "A") is None
    story.answer_all()
    other = Story(settings={"LocalPreAuthorize": "true"}).online()
    full(other, 1, entry("A"))
    assert tap(other, "a") == ("accepted", "local_list")


def test_where_the_setting_governs_the_cache_alone_the_list_is_always_believed():
    story = Story("stream").online()
    full(story, 1, entry("A"))
    assert tap(story, "A") == ("accepted", "local_list")


@pytest.mark.parametrize("verdict", ["blocked", "expired", "invalid"])
def test_online_a_bad_entry_is_asked_about(verdict: str):
    story = Story(settings={"LocalPreAuthorize": "true"}).online()
    full(story, 1, entry("A", verdict))
    assert tap(story, "A") is None
    assert story.words()[-1] == "authorize"


@pytest.mark.parametrize(
    ("listed", "verdict"),
    [
        (entry("A"), ("accepted", "local_list")),
        (entry("A", "concurrent_tx"), ("accepted", "local_list")),
        (entry("A", "blocked"), ("blocked", "local_list")),
        (entry("A", "expired"), ("expired", "local_list")),
        (entry("A", "invalid"), ("invalid", "local_list")),
        (entry("A", valid_until=NOON - timedelta(seconds=1)), ("expired", "local_list")),
        (entry("A", valid_until=NOON + timedelta(days=1)), ("accepted", "local_list")),
        (entry("A", evses=(2,)), ("not_allowed_type_evse", "local_list")),
        (entry("B"), ("accepted", "offline_rule")),
    ],
    ids=lambda each: str(each[0]) if isinstance(each, tuple) else None,
)
def test_offline_the_list_decides_even_where_unknown_tokens_may_charge(
    listed: ListedToken, verdict: tuple[str, str]
):
    story = Story(settings={"AllowOfflineTxForUnknownId": "true"}).online()
    full(story, 1, listed)
    story.do(c.GoOffline)
    assert tap(story, "A") == verdict


def test_offline_no_listed_token_charges_where_the_setting_forbids_it():
    story = Story(settings={"LocalAuthorizeOffline": "false"}).online()
    full(story, 1, entry("A"))
    story.do(c.GoOffline)
    assert tap(story, "A") == ("invalid", "local_list")


def test_the_list_comes_before_the_cache():
    story = Story("stream").online()
    story.do(c.PutToken, where="cache", token="A")
    full(story, 1, entry("A", "blocked"))
    story.do(c.GoOffline)
    assert tap(story, "A") == ("blocked", "local_list")


def test_what_is_listed_is_kept_out_of_the_cache_where_manners_say_so():
    three, stream = Story().online(), Story("stream").online()
    for story in (three, stream):
        story.do(c.PutToken, where="cache", token="A")
        full(story, 1, entry("A"), entry("B", "blocked"))
        tap(story, "B")
        story.answer()
    assert list(three.cp.tokens.cache) == []
    assert list(stream.cp.tokens.cache) == ["a", "b"]


def test_a_token_of_the_same_group_by_the_list_ends_the_session():
    story = Story(settings={"LocalPreAuthorize": "true"}).online()
    fleet = Token(value="FLEET")
    full(story, 1, entry("A", group=fleet), entry("B", group=fleet), entry("C"))
    story.do(c.PlugIn)
    story.answer_all()
    assert tap(story, "A") == ("accepted", "local_list")
    story.answer_all()
    assert tap(story, "B", evse=1) == ("accepted", "group")
    assert story.seen("transaction_ended")[-1].reason == "local"


# --- contradicted ----------------------------------------------------------------------------------------------------


def test_a_verdict_against_the_list_is_told_as_a_warning_of_the_station():
    story = Story(settings={"LocalPreAuthorize": "true"}).online()
    full(story, 1, entry("A"))
    story.do(c.PlugIn)
    tap(story, "A")
    for _ in range(2):
        story.answer()
    story.words()
    story.answer(info=TokenInfo(status="blocked"), name="9")
    warning = next(w for w in story.said if w.type == "report_status")
    assert (warning.place.evse, warning.fine, warning.fault.kind) == (0, "available", "local_list_conflict")
    assert warning.fault.blocking is False
    story.answer_all()
    assert [e.reason for e in story.seen("transaction_ended")] == ["deauthorized"]
    story.words()
    full(story, 2)
    assert story.words() == ["token_list_set", "status 0.0 available/available"]
    assert story.cp.facts.faults == []


@pytest.mark.parametrize(
    ("listed", "verdict", "conflicts"),
    [
        ("accepted", "accepted", False),
        ("accepted", "invalid", True),
        ("accepted", "concurrent_tx", False),
        ("blocked", "accepted", True),
        ("blocked", "invalid", False),
    ],
)
def test_what_is_a_contradiction(listed: str, verdict: str, conflicts: bool):
    story = Story("stream").online()
    full(story, 1, entry("A", listed))
    story.do(c.Ask, word="authorize", token="A")
    story.answer(info=TokenInfo(status=verdict))
    assert [f.kind for f in story.cp.facts.faults] == ["local_list_conflict"] * conflicts


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_a_tester_writes_tokens_into_list_and_cache_and_takes_them_out():
    story = Story(settings={"LocalPreAuthorize": "true"}).online()
    story.do(c.PutToken, where="list", token="A")
    assert version(story) == (1, 1)
    story.do(c.PutToken, where="cache", token="B", status="blocked")
    story.do(c.GoOffline)
    assert tap(story, "B") == ("blocked", "cache")
    assert tap(story, "A") == ("accepted", "local_list")
    assert story.do(c.RemoveToken, where="list", token="a").status == "done"
    assert story.do(c.RemoveToken, where="cache").status == "done"
    assert (story.cp.token_list.entries, story.cp.tokens.cache) == ({}, {})


def test_what_can_not_be_written_or_taken_out_is_said():
    story = Story(settings={"LocalAuthListMaxLength": "1", "AuthorizationCacheEnabled": "false"}).online()
    story.do(c.PutToken, where="list", token="A")
    assert story.do(c.PutToken, where="list", token="B").reason == "the list is full"
    assert story.do(c.PutToken, where="cache", token="B").reason == "the cache is switched off"
    assert story.do(c.RemoveToken, where="list", token="B").reason == "the list holds no such token"
    assert story.do(c.PutToken, where="list", token="a", status="blocked").status == "done"


def test_two_kinds_of_one_value_are_two_tokens():
    story = Story("stream").online()
    card = ListedToken(token=Token(value="1", kind="iso14443"), info=TokenInfo(status="accepted"))
    code = ListedToken(token=Token(value="1", kind="key_code"), info=TokenInfo(status="blocked"))
    assert full(story, 1, card, code) == "accepted"
    story.do(c.GoOffline)
    assert tap(story, "1", kind="key_code") == ("blocked", "local_list")
    assert tap(story, "1", kind="emaid") == ("unknown", "offline_rule")
    assert tap(story, "1", kind="iso14443") == ("accepted", "local_list")
