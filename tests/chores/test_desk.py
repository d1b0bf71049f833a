"""Chores begun once, told once, dropped without a word."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import orjson
from vcp_chores import desk as desks
from vcp_chores.desk import Desk
from vcp_contracts.chores import DropChore, FetchFile, FileFetched

FETCHED = FileFetched(size=1, sha256="00")


class Work:
    """Chores that end when the test says so."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.cancelled: list[str] = []
        self.ends: dict[str, asyncio.Future[Any]] = {}

    async def do(self, chore: Any) -> Any:
        self.begun.append(chore.id)
        self.ends[chore.id] = asyncio.get_running_loop().create_future()
        try:
            return await self.ends[chore.id]
        except asyncio.CancelledError:
            self.cancelled.append(chore.id)
            raise


def a_desk(do: Callable[[Any], Awaitable[Any]]) -> tuple[Desk, list[bool]]:
    filled: list[bool] = []
    ids = count(1)
    return Desk(do, lambda: f"w{next(ids)}", lambda: filled.append(True)), filled


def fetch(id: str) -> FetchFile:
    return FetchFile(id=id, charge_point="CP001", location="ftp://h/x")


def told(desk: Desk) -> list[tuple[str, str]]:
    results = [orjson.loads(desk.results.popleft()) for _ in range(len(desk.results))]
    return [(result["id"], result["chore"]) for result in results]


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_chore_is_begun_once_and_told_once():
    work = Work()
    desk, filled = a_desk(work.do)
    desk.hear(fetch("a"))
    desk.hear(fetch("a"))
    await settled()
    assert (work.begun, desk.under_way) == (["a"], 1)
    work.ends["a"].set_result(FETCHED)
    await settled()
    assert (told(desk), filled, desk.under_way) == ([("w1", "a")], [True], 0)


async def test_a_chore_that_was_done_is_told_again_with_its_result():
    work = Work()
    desk, _ = a_desk(work.do)
    desk.hear(fetch("a"))
    await settled()
    work.ends["a"].set_result(FETCHED)
    await settled()
    desk.hear(fetch("a"))
    assert told(desk) == [("w1", "a"), ("w2", "a")]
    assert work.begun == ["a"]


async def test_a_chore_that_was_dropped_ends_without_a_word():
    work = Work()
    desk, _ = a_desk(work.do)
    drop = DropChore(id="d", charge_point="CP001", chore="a")
    desk.hear(drop)
    desk.hear(fetch("a"))
    await settled()
    desk.hear(drop)
    await settled()
    assert (work.cancelled, told(desk), desk.under_way) == (["a"], [], 0)


async def test_a_desk_that_closes_ends_all_that_is_under_way():
    work = Work()
    desk, _ = a_desk(work.do)
    desk.hear(fetch("a"))
    desk.hear(fetch("b"))
    await settled()
    desk.close()
    await settled()
    assert work.cancelled == ["a", "b"]


async def test_results_that_were_not_committed_come_first_again():
    async def do(chore: Any) -> Any:
        return FETCHED

    desk, _ = a_desk(do)
    for name in "abc":
        desk.hear(fetch(name))
    await settled()
    some = [desk.results.popleft() for _ in range(2)]
    desk.put_back(some)
    assert [chore for _, chore in told(desk)] == ["a", "b", "c"]


async def test_only_the_last_results_are_remembered(monkeypatch):
    monkeypatch.setattr(desks, "RESULTS_KEPT", 1)
    begun: list[str] = []

    async def do(chore: Any) -> Any:
        begun.append(chore.id)
        return FETCHED

    desk, _ = a_desk(do)
    for name in ("a", "b", "b", "a"):
        desk.hear(fetch(name))
        await settled()
    assert begun == ["a", "b", "a"]
