"""One charge point's wanted connection: opens it, lives on it, opens it again, until it is no longer wanted.

Decides nothing but when to try again; what is said on the link is the link's.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog
from vcp_contracts.link import CloseLink, LinkFailed, OpenLink, RulesInForce, SetGate, SetRules, TuneLink
from vcp_contracts.rules import Cut, StandingRule
from vcp_plumbing.crash_points import Passing
from vcp_plumbing.vault import Vault

from vcp_handler import credentials
from vcp_handler.backoff import Attempts
from vcp_handler.journal import Outlet
from vcp_handler.link import Around, Link
from vcp_handler.pacer import Pacer
from vcp_handler.rules.standing import Rulebook
from vcp_handler.sealing import Sealer
from vcp_handler.socket import ConnectFailed, End, Socket, open_socket
from vcp_handler.versions import VERSIONS

MOST_HALF_OPEN = 4
"""How many connections that were silenced on purpose are kept half open."""

HALF_OPEN_S = 600.0
"""How long such a connection is kept, if the backend does not give it up (s)."""

_LONGEST_REASON = 100
"""RFC 6455 5.5: a close frame holds 125 bytes."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, frozen=True)
class Exchange:
    """What all lines of a partition share."""

    outlet: Outlet
    name: Callable[[], str]
    """A new id for a link, or for a fact without one."""
    ours: Callable[[], bool]
    """Whether the partition is still ours: otherwise nothing may be sent or read."""
    vault: Vault | None
    pacer: Pacer
    random: Callable[[], float]
    passing: Passing
    clock: Callable[[], float]
    utc: Callable[[], datetime]


class Line:
    """The line of one charge point. At most one connection at a time, but for those silenced on purpose."""

    def __init__(self, charge_point: str, exchange: Exchange) -> None:
        self.charge_point = charge_point
        self._order: str | None = None
        self.link: Link | None = None
        self._exchange = exchange
        self._wanted: OpenLink | None = None
        self._unanswered: tuple[str, ...] = ()
        """The ids of calls that the last link has left without an answer."""
        self._socket: Socket | None = None
        self._life: asyncio.Task[None] | None = None
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._half_open: deque[Socket] = deque()
        self._failures = 0
        self._book: Rulebook | None = None
        self._lets_invalid_out = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    @property
    def idle(self) -> bool:
        """Whether nothing is left that holds a connection or wants one."""
        return self._wanted is None and not self._half_open and not self._goodbyes

    # --- orders -------------------------------------------------------------------------------------------------------

    def open(self, order: OpenLink) -> None:
        """Connects, and goes on trying. The same order again changes nothing."""
        if order.id == self._order:
            return
        self._give_up("reset", "ordered anew")
        self._order = order.id
        self._wanted = order
        self._failures = 0
        self._stand(order.rules, lets_invalid_out=order.lets_invalid_out)
        self._life = asyncio.get_running_loop().create_task(self._live())

    def close(self, order: CloseLink) -> None:
        """Loses the connection in the way that is ordered, and stops trying."""
        self._order = order.id
        self._give_up(order.how, order.reason)

    def tune(self, tune: TuneLink) -> None:
        """New timings from now on, and other authorities for the connections to come."""
        if self._wanted is None:
            return
        given = tune.model_dump(include={"ping_s", "authorities"}, exclude_none=True)
        if tune.back_off is not None:
            given["back_off"] = tune.back_off
        self._wanted = self._wanted.model_copy(update=given)
        if self._socket is not None and tune.ping_s is not None:
            self._socket.ping_every(tune.ping_s)

    def gate(self, order: SetGate) -> None:
        """What becomes of the backend's calls from now on, also on the next connection of the same order."""
        if self._wanted is not None:
            gates = {"gate": order.gate, "gate_blames": order.blames}
            self._wanted = self._wanted.model_copy(update=gates)
        if self.link is not None:
            self.link.gate(order.gate, blames=order.blames)

    def rule(self, order: SetRules) -> None:
        """The rules that stand from now on, on this connection and those to come."""
        self._stand(order.rules, lets_invalid_out=order.lets_invalid_out)
        if self.link is not None:
            self.link.rule(self._book, lets_invalid_out=self._lets_invalid_out)
        if order.confirm:
            self._confirm(order)

    def _confirm(self, order: SetRules) -> None:
        exchange = self._exchange
        exchange.outlet.fact(
            RulesInForce(
                id=exchange.name(),
                charge_point=self.charge_point,
                at=exchange.utc(),
                cause=order.id,
                order=order.id,
            )
        )

    def _stand(self, rules: Sequence[StandingRule], *, lets_invalid_out: bool) -> None:
        if rules and self._book is None:
            self._book = Rulebook()
        if self._book is not None:
            self._book.stand(rules)
        self._lets_invalid_out = lets_invalid_out

    def drop(self) -> None:
        """The partition is no longer ours: every connection is cut, and nothing is said about it."""
        if self._life is not None:
            self._life.cancel()
        if self._timer is not None:
            self._timer.cancel()
        sockets = [*self._half_open, *([self._socket] if self._socket else [])]
        self._life = self._wanted = self._socket = self.link = self._timer = None
        self._half_open.clear()
        for socket in sockets:
            socket.reset()

    async def leave(self, reason: str) -> None:
        """Says goodbye to the backend, since this process ends."""
        self._give_up("close", reason, code=1001)
        while self._half_open:
            self._half_open.popleft().reset()
        if self._goodbyes:
            await asyncio.wait(self._goodbyes)

    # --- the end of a connection --------------------------------------------------------------------------------------

    def _give_up(self, how: Literal["close", "reset", "silent"], reason: str, *, code: int = 1000) -> None:
        if self._life is not None:
            self._life.cancel()
        link, socket = self.link, self._socket
        self._life = self._wanted = self._socket = self.link = None
        if link is not None:
            link.down("closed_by_us", reason)
        if socket is not None:
            self._lose(socket, how, code, reason)

    def _cut(self, socket: Socket, cut: Cut) -> None:
        """A rule loses the connection; the line lives on, and connects again."""
        self._lose(socket, cut.how, cut.code, cut.reason or "a rule cuts the connection")

    def _lose(self, socket: Socket, how: Literal["close", "reset", "silent"], code: int, reason: str) -> None:
        match how:
            case "close":
                self._say_goodbye(socket, code, reason)
            case "reset":
                socket.reset(detail=reason)
            case "silent":
                self._leave_half_open(socket)

    def _say_goodbye(self, socket: Socket, code: int, reason: str) -> None:
        closing = socket.close(code, reason.encode()[:_LONGEST_REASON].decode(errors="ignore"))
        goodbye = asyncio.get_running_loop().create_task(closing)
        self._goodbyes.add(goodbye)
        goodbye.add_done_callback(self._goodbyes.discard)

    def _leave_half_open(self, socket: Socket) -> None:
        socket.silence()
        self._half_open.append(socket)
        asyncio.get_running_loop().call_later(HALF_OPEN_S, self._end_half_open, socket)
        if len(self._half_open) > MOST_HALF_OPEN:
            self._half_open.popleft().reset()

    def _end_half_open(self, socket: Socket) -> None:
        if socket in self._half_open:
            self._half_open.remove(socket)
            socket.reset()

    # --- the life of a line -------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        attempts = Attempts(self._exchange.random)
        while (wanted := self._wanted) is not None:
            attempts.ended(await self._attempt(wanted))
            back_off = (self._wanted or wanted).back_off
            await asyncio.sleep(attempts.failed(back_off.minimum_s, back_off.random_s, back_off.repeats))

    async def _attempt(self, wanted: OpenLink) -> float:
        """One attempt to connect, and all that comes of it; how long the connection lasted (s)."""
        try:
            endpoint = credentials.endpoint(wanted, self._exchange.vault, VERSIONS)
            async with self._exchange.pacer.turn():
                socket = await open_socket(endpoint)
        except ConnectFailed as failed:
            self._tell_failure(wanted, failed)
            return 0.0
        began = self._exchange.clock()
        await self._talk(wanted, socket)
        return self._exchange.clock() - began

    async def _talk(self, wanted: OpenLink, socket: Socket) -> None:
        link = self._link_over(socket, wanted)
        self.link, self._socket = link, socket
        self._failures = 0
        link.rule(self._book, lets_invalid_out=self._lets_invalid_out)
        link.up(wanted, socket.subprotocol, socket.trust_path)
        socket.ping_every((self._wanted or wanted).ping_s)
        end = End("lost", "the Handler failed")
        try:
            end = await socket.read(lambda text: self._take(link, text))
        except Exception:
            # A bug of ours costs this connection, never its neighbours.
            log.exception("link_failed", charge_point=self.charge_point, link=link.id)
            socket.reset()
        finally:
            if self.link is link:
                if end.breach:
                    link.breach(end.detail, too_long=end.too_long)
                link.down(end.why, end.detail)
                self.link = self._socket = None
            self._unanswered = link.unanswered

    def _link_over(self, socket: Socket, wanted: OpenLink) -> Link:
        exchange = self._exchange
        return Link(
            id=exchange.name(),
            charge_point=self.charge_point,
            version=VERSIONS[socket.subprotocol],
            gate=(self._wanted or wanted).gate,
            gate_blames=(self._wanted or wanted).gate_blames,
            unanswered=self._unanswered,
            around=Around(
                outlet=exchange.outlet,
                send=lambda text: exchange.ours() and self._send(socket, text),
                abort=lambda why: socket.reset("protocol", why),
                wake=self._wake,
                cut=lambda cut: self._cut(socket, cut),
                clock=exchange.clock,
                utc=exchange.utc,
                seal=Sealer(exchange.vault, self.charge_point, wanted.security.password_label),
            ),
        )

    def _send(self, socket: Socket, text: str) -> bool:
        sent = socket.send(text)
        self._exchange.passing("sent")
        return sent

    def _take(self, link: Link, text: str | bytes) -> None:
        if self._exchange.ours():
            self._exchange.passing("answered")
            link.take(text)

    def _tell_failure(self, wanted: OpenLink, failed: ConnectFailed) -> None:
        """One failure of a series is told: the ones before it are tries, and the next ones say nothing new."""
        self._failures += 1
        if self._failures != wanted.tries or not self._exchange.ours():
            return
        self._exchange.outlet.fact(
            LinkFailed(
                id=self._exchange.name(),
                charge_point=self.charge_point,
                at=self._exchange.utc(),
                cause=wanted.id,
                order=wanted.order,
                why=failed.why,
                detail=failed.detail,
                tls=failed.tls,
            )
        )

    # --- time ---------------------------------------------------------------------------------------------------------

    def _wake(self, at: float) -> None:
        """One timer for the whole link, moved only to the front: what it finds then says when it is due next."""
        if self._timer is not None:
            if self._timer_at <= at:
                return
            self._timer.cancel()
        self._timer_at = at
        delay = max(0.0, at - self._exchange.clock())
        self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self.link is not None and self._exchange.ours():
            self.link.tick()
