"""Lines against a real backend in this process: orders in, facts out. No broker."""

import asyncio
import socket as network
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from handler.fakes import Backend, a_backend
from vcp_contracts.actions import Beat
from vcp_contracts.configuration import SecurityConfiguration
from vcp_contracts.letters import to_abstraction
from vcp_contracts.link import BackOff, CloseLink, LinkDown, LinkFailed, LinkUp, OpenLink, SetGate, TuneLink
from vcp_contracts.outcomes import Answered
from vcp_contracts.requests import ForgetTokens, TokensForgotten
from vcp_handler.pacer import Pacer
from vcp_handler.switchboard import Switchboard
from vcp_plumbing.vault import Vault
from websockets.asyncio.server import ServerConnection, serve

P = 3
AT_ONCE = BackOff(minimum_s=0, random_s=0, repeats=0)


class Desk:
    """One partition's desk with the facts that came out of it."""

    def __init__(self, vault: Vault | None = None, pacer: Pacer | None = None) -> None:
        self.filled = asyncio.Event()
        self.now = 0.0
        self.switchboard = Switchboard(
            "h", vault=vault, pacer=pacer, filled=self.filled.set, random=lambda: 0.0
        )
        self.switchboard.take(P, deadline=float("inf"))
        self.facts: list[Any] = []

    def say(self, word: Any) -> None:
        self.switchboard.hear(P, word)

    def look(self) -> list[Any]:
        pouch = self.switchboard.desks[P].pouch
        self.facts += [to_abstraction.validate_json(fact) for fact in pouch.parcel().facts]
        return self.facts

    async def fact(self, kind: type[Any]) -> Any:
        """The next fact, which must be of this kind."""
        while not self.look():
            self.filled.clear()
            await self.filled.wait()
        fact = self.facts.pop(0)
        assert isinstance(fact, kind), fact
        return fact

    async def up(self, backend: Backend, **more: Any) -> LinkUp:
        self.say(order(backend.url, **more))
        fact = await self.fact(LinkUp)
        assert isinstance(fact, LinkUp)
        return fact


@asynccontextmanager
async def a_desk(**more: Any) -> AsyncIterator[Desk]:
    desk = Desk(**more)
    try:
        yield desk
    finally:
        desk.switchboard.lose(P)


def order(url: str, n: int = 1, **more: Any) -> OpenLink:
    given: dict[str, Any] = {"protocols": ("ocpp1.6",), "back_off": AT_ONCE, **more}
    return OpenLink(id=f"o{n}", charge_point="CP 1", order=n, url=url, **given)


def beat(link: str, id: str = "a1", charge_point: str = "CP 1") -> Beat:
    return Beat(id=id, charge_point=charge_point, link=link)


def close(n: int, how: str = "close") -> CloseLink:
    return CloseLink(id=f"o{n}", charge_point="CP 1", order=n, how=how, reason="test")  # type: ignore[arg-type]


def nobody() -> str:
    """The address of a port where nobody listens."""
    with network.create_server(("127.0.0.1", 0)) as server:
        return f"ws://127.0.0.1:{server.getsockname()[1]}"


async def test_an_order_brings_a_link_and_the_link_an_outcome() -> None:
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend, protocols=("ocpp2.0.1", "ocpp1.6"))
        assert (up.n, up.order, up.cause, up.subprotocol) == (0, 1, "o1", "ocpp2.0.1")
        assert (await backend.connections.get()).request.path == "/ocpp/CP%201"  # type: ignore[union-attr]
        desk.say(beat(up.link))
        answered = await desk.fact(Answered)
        assert (answered.link, answered.n, answered.action) == (up.link, 1, "a1")


async def test_what_is_for_another_link_is_dropped() -> None:
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend)
        desk.say(beat("h.0", "lost"))
        desk.say(beat(up.link, "lost", charge_point="CP2"))
        desk.say(beat(up.link, "sent"))
        assert (await backend.got.get())[1] == "sent"


async def test_an_order_for_the_handler_before_is_left_alone() -> None:
    async with a_backend() as backend, a_desk() as desk:
        desk.say(order(backend.url, 1, handler="the one before"))
        desk.say(order(backend.url, 2, handler="h"))
        assert (await desk.fact(LinkUp)).order == 2
        assert backend.connections.qsize() == 1


async def test_a_request_goes_up_and_its_reply_down() -> None:
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend)
        connection = await backend.connections.get()
        await connection.send('[2,"1","ClearCache",{}]')
        request = await desk.fact(ForgetTokens)
        desk.say(
            TokensForgotten(id="r", charge_point="CP 1", link=up.link, request=request.id, result="accepted")
        )
        assert await backend.got.get() == [3, "1", {"status": "Accepted"}]


async def test_the_gate_is_closed_by_order_and_by_word() -> None:
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend, gate="security_error")
        connection = await backend.connections.get()
        await connection.send('[2,"1","ClearCache",{}]')
        assert (await backend.got.get())[:3] == [4, "1", "SecurityError"]
        desk.say(SetGate(id="g", charge_point="CP 1", link=up.link, gate="open"))
        await connection.send('[2,"2","ClearCache",{}]')
        await desk.fact(ForgetTokens)


async def test_a_gate_that_was_opened_stays_open_on_the_next_connection() -> None:
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend, gate="security_error")
        desk.say(SetGate(id="g", charge_point="CP 1", link=up.link, gate="open"))
        await (await backend.connections.get()).close(1001, "restart")
        await desk.fact(LinkDown)
        await desk.fact(LinkUp)
        await (await backend.connections.get()).send('[2,"1","ClearCache",{}]')
        await desk.fact(ForgetTokens)


async def test_a_lost_link_is_told_and_opened_again() -> None:
    async with a_backend() as backend, a_desk() as desk:
        first = await desk.up(backend)
        await (await backend.connections.get()).close(1001, "restart")
        down = await desk.fact(LinkDown)
        assert (down.link, down.n, down.why, down.detail) == (
            first.link,
            1,
            "closed_by_backend",
            "1001 restart",
        )
        again = await desk.fact(LinkUp)
        assert again.order == 1
        assert again.link != first.link


async def test_only_the_first_failure_of_a_series_is_told() -> None:
    async with a_desk() as desk:
        desk.say(order(nobody()))
        failed = await desk.fact(LinkFailed)
        assert (failed.why, failed.order) == ("refused", 1)
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert desk.look() == []
        desk.say(order(nobody(), 2))
        assert (await desk.fact(LinkFailed)).order == 2


async def test_a_failure_is_told_after_as_many_tries_as_ordered() -> None:
    async with a_desk() as desk:
        desk.say(order(nobody(), tries=3, back_off=BackOff(minimum_s=0.05, random_s=0)))
        began = asyncio.get_running_loop().time()
        assert (await desk.fact(LinkFailed)).why == "refused"
        # 50 ms, then 100
        assert asyncio.get_running_loop().time() - began > 0.14
        assert desk.look() == []


async def test_the_charger_connects_as_soon_as_its_backend_is_there() -> None:
    async with a_desk() as desk:
        url = nobody()
        desk.say(order(url, back_off=BackOff(minimum_s=0.02, random_s=0, repeats=0)))
        await desk.fact(LinkFailed)
        port = int(url.rsplit(":", 1)[1])
        async with serve(ServerConnection.wait_closed, "127.0.0.1", port, subprotocols=["ocpp1.6"]):  # type: ignore[list-item]
            assert isinstance(await desk.fact(LinkUp), LinkUp)
            desk.switchboard.lose(P)
            desk.switchboard.take(P, float("inf"))


async def test_a_close_is_polite_and_final() -> None:
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend)
        desk.say(close(2))
        down = await desk.fact(LinkDown)
        assert (down.link, down.why, down.detail) == (up.link, "closed_by_us", "test")
        assert await backend.ended.get() == 1000
        assert desk.look() == []


async def test_a_reset_is_not_polite() -> None:
    async with a_backend() as backend, a_desk() as desk:
        await desk.up(backend)
        connection = await backend.connections.get()
        desk.say(close(2, "reset"))
        await connection.wait_closed()
        assert connection.close_code == 1006


async def test_a_silent_link_leaves_the_backend_in_the_dark() -> None:
    async with a_backend() as backend, a_desk() as desk:
        await desk.up(backend)
        old = await backend.connections.get()
        desk.say(close(2, "silent"))
        await desk.fact(LinkDown)
        await desk.up(backend, n=3)
        assert old.state.name == "OPEN"
        assert not desk.switchboard.is_idle(P)
        desk.switchboard.lose(P)
        await old.wait_closed()
        desk.switchboard.take(P, float("inf"))


async def test_an_order_repeated_changes_nothing_and_a_new_one_replaces_the_link() -> None:
    async with a_backend() as backend, a_desk() as desk:
        first = await desk.up(backend, n=5)
        desk.say(order(backend.url, 5))
        desk.say(order(backend.url, 6))
        down = await desk.fact(LinkDown)
        assert down.link == first.link
        assert (await desk.fact(LinkUp)).order == 6


async def test_orders_that_count_from_before_are_followed_all_the_same() -> None:
    """A broker that lost its last second takes the Abstraction's count back with it."""
    async with a_backend() as backend, a_desk() as desk:
        await desk.up(backend, n=5)
        desk.say(order(backend.url, 4))
        await desk.fact(LinkDown)
        assert (await desk.fact(LinkUp)).order == 4


async def test_new_timings_hold_for_the_link_that_stands() -> None:
    pinged = asyncio.Event()

    async def watch(connection: ServerConnection) -> None:
        process = connection.process_event

        def see(event: Any) -> None:
            if getattr(getattr(event, "opcode", None), "name", "") == "PING":
                pinged.set()
            process(event)

        connection.process_event = see  # type: ignore[method-assign]

    async with a_backend(welcome=watch) as backend, a_desk() as desk:
        await desk.up(backend)
        desk.say(TuneLink(id="t", charge_point="CP 1", ping_s=0.01))
        await pinged.wait()


async def test_a_password_is_shown_to_the_backend_alone(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "keys")
    vault.put("password", "CP 1", b"open sesame")
    async with a_backend() as backend, a_desk(vault=vault) as desk:
        await desk.up(backend, security=SecurityConfiguration(basic=True))
        connection = await backend.connections.get()
        assert connection.request is not None
        assert connection.request.headers["Authorization"] == "Basic Q1AgMTpvcGVuIHNlc2FtZQ=="


@pytest.mark.parametrize(
    ("changes", "why", "detail"),
    [
        ({"protocols": ("ocpp9.9",)}, "protocol", "none of these can be spoken here: ocpp9.9"),
        (
            {"security": SecurityConfiguration(basic=True)},
            "unauthorized",
            "the password 'CP 1' is wanted, but no directory is set in VCP_KEYS",
        ),
        (
            {"url": "wss://backend", "security": SecurityConfiguration(ca_label="acme")},
            "tls",
            "the ca 'acme' is wanted, but no directory is set in VCP_KEYS",
        ),
    ],
)
async def test_what_can_not_work_as_ordered_says_why(changes: dict[str, Any], why: str, detail: str) -> None:
    async with a_desk() as desk:
        desk.say(order(nobody()).model_copy(update=changes))
        failed = await desk.fact(LinkFailed)
        assert (failed.why, failed.detail) == (why, detail)


async def test_past_its_deadline_a_partition_says_and_hears_nothing() -> None:
    async with a_backend() as backend, a_desk() as desk:
        up = await desk.up(backend)
        connection = await backend.connections.get()
        desk.switchboard.desks[P].deadline = 0.0
        desk.say(beat(up.link))
        await connection.send('[2,"1","ClearCache",{}]')
        await (await connection.ping())
        assert desk.look() == []
        desk.switchboard.cut_overdue()
        await connection.wait_closed()
        assert backend.got.empty()
        assert desk.look() == []


async def test_a_partition_without_lines_may_move() -> None:
    async with a_backend() as backend, a_desk() as desk:
        assert desk.switchboard.is_idle(P)
        await desk.up(backend)
        assert not desk.switchboard.is_idle(P)
        desk.say(close(2))
        await backend.ended.get()
        await desk.switchboard.desks[P].lines["CP 1"].leave("test")
        assert desk.switchboard.is_idle(P)
        desk.switchboard.sweep()
        assert desk.switchboard.desks[P].lines == {}


async def test_leaving_says_goodbye_on_every_line() -> None:
    async with a_backend() as backend, a_desk() as desk:
        await desk.up(backend)
        await desk.switchboard.leave("the Handler ends")
        assert await backend.ended.get() == 1001
        assert (await desk.fact(LinkDown)).why == "closed_by_us"


async def test_one_bad_backend_takes_no_neighbour_down() -> None:
    async def shout(connection: ServerConnection) -> None:
        for text in ("not json", "[]", '[2,"1"', '[3,"x",{}]', "\x00"):
            await connection.send(text)
        connection.transport.write(b"\xff\xff\xff garbage that is no websocket frame")

    async with a_backend(welcome=shout) as bad, a_backend() as good, a_desk() as desk:
        desk.say(order(bad.url, back_off=BackOff(minimum_s=60)).model_copy(update={"charge_point": "BAD"}))
        await desk.fact(LinkUp)
        assert (await desk.fact(LinkDown)).charge_point == "BAD"
        up = await desk.up(good)
        desk.say(beat(up.link))
        await desk.fact(Answered)


async def test_many_chargers_connect_at_the_pace_that_is_set() -> None:
    async with a_backend() as backend, a_desk(pacer=Pacer(per_second=100, at_once=50)) as desk:
        began = asyncio.get_running_loop().time()
        for number in range(20):
            desk.say(order(backend.url).model_copy(update={"charge_point": f"CP{number}"}))
        for _ in range(20):
            await desk.fact(LinkUp)
        assert asyncio.get_running_loop().time() - began >= 0.19
        assert desk.switchboard.standing == 20
