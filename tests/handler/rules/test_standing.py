"""Which rule decides, what it does this time, and how often it has."""

from datetime import UTC, datetime, timedelta
from typing import Any

from vcp_contracts.rules import Rule, StandingRule
from vcp_handler.dialects.table import NOTHING_NAMED
from vcp_handler.rules.matching import Message
from vcp_handler.rules.standing import REMEMBERED, Rulebook

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def standing(
    name: str,
    id: str | None = None,
    /,
    hits: int = 0,
    seen: int = 0,
    until: datetime | None = None,
    **rule: Any,
) -> StandingRule:
    given = {"then": {"do": "drop"}, "name": name, **rule}
    return StandingRule(id=id or name, rule=Rule.model_validate(given), hits=hits, seen=seen, until=until)


def message(action: str = "Heartbeat") -> Message:
    return Message("sent", "call", action, "beat", {}, NOTHING_NAMED)


def chosen(
    book: Rulebook, times: int = 1, action: str = "Heartbeat", now: datetime = NOW
) -> list[str | None]:
    """What is done to so many messages: rule and deed."""
    hits = [book.choose(message(action), now) for _ in range(times)]
    return [f"{hit.rule.name} {hit.deed.do}" if hit else None for hit in hits]


def book_of(*rules: StandingRule) -> Rulebook:
    book = Rulebook()
    book.stand(rules)
    return book


def test_the_first_that_fits_decides() -> None:
    book = book_of(
        standing("one", when={"action": "Authorize"}),
        standing("two", then={"do": "pass"}),
        standing("three"),
    )
    assert chosen(book) == ["two pass"]
    assert chosen(book, action="Authorize") == ["one drop"]


def test_a_sequence_and_what_follows_it() -> None:
    steps = [{"do": "drop"}, {"do": "garble"}]
    assert chosen(book_of(standing("r", then=steps)), 4) == ["r drop", "r garble", "r garble", "r garble"]
    cycle = book_of(standing("r", then=steps, after_last="cycle"))
    assert chosen(cycle, 5) == ["r drop", "r garble", "r drop", "r garble", "r drop"]
    passing = book_of(standing("r", then=steps, after_last="pass"))
    assert chosen(passing, 4) == ["r drop", "r garble", "r pass", "r pass"]


def test_the_nth_message_alone() -> None:
    book = book_of(standing("third", when={"nth": 3}), standing("others", then={"do": "pass"}))
    assert chosen(book, 4) == ["others pass", "others pass", "third drop", "others pass"]


def test_so_many_messages_and_no_more() -> None:
    assert chosen(book_of(standing("r", times=2)), 3) == ["r drop", "r drop", None]


def test_until_its_time_is_over() -> None:
    book = book_of(standing("r", until=NOW + timedelta(seconds=10)))
    assert chosen(book, now=NOW + timedelta(seconds=9)) == ["r drop"]
    assert chosen(book, now=NOW + timedelta(seconds=10)) == [None]


def test_counts_go_on_when_the_rules_are_said_again() -> None:
    rules = [standing("r", times=3), standing("n", when={"nth": 2})]
    book = book_of(*rules)
    assert chosen(book, 2) == ["r drop", "r drop"]
    book.stand(rules)
    assert chosen(book, 3) == ["r drop", None, "n drop"]


def test_the_higher_count_holds() -> None:
    book = book_of(standing("r", times=5, hits=4))
    assert chosen(book, 2) == ["r drop", None]
    book.stand([standing("r", times=5, hits=1)])
    assert chosen(book) == [None]


def test_a_rule_that_goes_and_comes_back_has_kept_its_count() -> None:
    book = book_of(standing("r", times=1))
    assert chosen(book) == ["r drop"]
    book.stand([])
    assert book.is_empty
    book.stand([standing("r", times=1)])
    assert chosen(book) == [None]


def test_a_rule_of_the_same_name_that_is_added_anew_counts_anew() -> None:
    book = book_of(standing("r", "first", times=1))
    assert chosen(book, 2) == ["r drop", None]
    book.stand([standing("r", "second", times=1)])
    assert chosen(book, 2) == ["r drop", None]


def test_what_is_remembered_is_bounded() -> None:
    book = Rulebook()
    for number in range(3 * REMEMBERED):
        book.stand([standing("r", f"r{number}", times=1)])
        assert chosen(book) == ["r drop"]
    for number in range(2_000):
        chosen(book, action=f"Action{number}")
    assert len(book._counts) <= REMEMBERED
    assert len(book._by_sort) <= 500


def test_a_random_part_is_the_same_for_the_same_seed_and_count() -> None:
    def drawn(seed: int) -> list[float]:
        book = book_of(standing("r", seed=seed))
        hits = [book.choose(message(), NOW) for _ in range(3)]
        return [hit.random.random() for hit in hits if hit]

    assert drawn(1) == drawn(1)
    assert len({*drawn(1), *drawn(2)}) == 6
