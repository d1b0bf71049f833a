"""One socket of one charger: reads calls, answers them, pairs the answers to our own. Decides no answer's content."""

import asyncio
from collections.abc import Mapping
from uuid import uuid4

import orjson
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from vcp_backend import answers16, answers201, judge
from vcp_backend.books import Books
from vcp_backend.faults import Close, Plan, Say, Step, StopReading, Wait, spoil
from vcp_backend.frames import Call, Payload, Socket, Violation

ANSWERS = {"ocpp1.6": answers16.ANSWERS, "ocpp2.0.1": answers201.ANSWERS}
MALFORMED = {"ocpp1.6": "FormationViolation", "ocpp2.0.1": "RpcFrameworkError"}
UNREADABLE = {"ocpp1.6": "FormationViolation", "ocpp2.0.1": "FormatViolation"}


class CallFailed(Exception):
    """A charger answered a call of ours with CALLERROR."""

    def __init__(self, code: str, description: str, details: object = None) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.details = details


class NotConnected(Exception):
    """There is no link to this charger, or it ended before the answer came."""

    def __init__(self, identity: str) -> None:
        super().__init__(f"no link to {identity}")
        self.identity = identity


class Session:
    """The talk over one connection. The reader never waits for anything but the socket, unless a fault says so."""

    def __init__(self, books: Books, connection: ServerConnection, socket: Socket) -> None:
        self.socket = socket
        self.half_open = False
        self._books = books
        self._connection = connection
        self._version = socket.subprotocol
        self._answers = ANSWERS[socket.subprotocol]
        self._turn = asyncio.Lock()
        self._pending: dict[str, tuple[str, asyncio.Future[Payload]]] = {}
        self._plans: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Reads until the connection ends."""
        recv = self._connection.recv
        # without a record the text is parsed as it came, and a binary frame passes for one
        decode = None if self._books.record.wanted else False
        try:
            while not self.half_open:
                text = await recv(decode)
                seq = self._books.record.add(self.socket, "in", text)
                if decode is None and isinstance(text, bytes):
                    await self._malformed(seq, None, "a binary frame")
                else:
                    await self._hear(seq, text)
            await self._connection.wait_closed()
        except ConnectionClosed:
            pass  # the end of a link is no error; the record of sockets has its code
        finally:
            self._end()

    async def call(
        self,
        action: str,
        payload: Mapping[str, object],
        timeout: float,
        message_id: str | None = None,
        at_once: bool = False,
    ) -> Payload:
        """Calls the charger; see `Backend.call`."""
        async with asyncio.timeout(timeout):
            if at_once:
                return await self._ask(action, payload, message_id or str(uuid4()))
            # OCPP-J: one open call per sender
            async with self._turn:
                return await self._ask(action, payload, message_id or str(uuid4()))

    async def say(self, text: str | bytes) -> None:
        """Sends a text as it is. Raises NotConnected where the link has ended."""
        if not await self._put(text):
            raise NotConnected(self.socket.identity)

    async def close(self, code: int, reason: str) -> None:
        """Closes with a goodbye; a half-open connection can't hear one and is cut."""
        if self.half_open:
            self.cut()
        else:
            await self._connection.close(code, reason)

    def cut(self) -> None:
        """Ends the TCP connection without a goodbye."""
        self._connection.transport.abort()

    async def _ask(self, action: str, payload: Mapping[str, object], message_id: str) -> Payload:
        answer: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._pending[message_id] = (action, answer)
        try:
            await self.say(orjson.dumps([2, message_id, action, payload]))
            return await answer
        finally:
            if self._pending.get(message_id) == (action, answer):
                del self._pending[message_id]

    async def _hear(self, seq: int, text: str | bytes) -> None:
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            await self._malformed(seq, None, f"not JSON: {error}")
            return
        match message:
            case [kind, *_] if type(kind) is not int:
                await self._malformed(seq, None, "the message type is no integer")
            case [2, str(message_id), str(action), dict(payload)] if 0 < len(message_id) <= 36:
                await self._called(
                    Call(
                        seq,
                        self.socket.number,
                        self.socket.identity,
                        self._version,
                        message_id,
                        action,
                        payload,
                    )
                )
            case [3, str(message_id), dict(payload)]:
                self._answered(seq, message_id, payload)
            case [4, str(message_id), str(code), str(description), dict(details)]:
                self._refused(message_id, CallFailed(code, description, details))
            case [2 | 3 | 4 as kind, *rest]:
                await self._malformed(
                    seq, rest[0] if rest and kind == 2 else None, "not the shape of its type"
                )
            case [int(kind), *rest]:
                await self._unknown_type(seq, kind, rest[0] if rest else None)
            case _:
                await self._malformed(seq, None, "not an OCPP message")

    async def _called(self, call: Call) -> None:
        self._books.note(call)
        answer = orjson.dumps(self._answer(call))
        trouble = self._books.trouble
        faults = trouble.hits(call.identity, call.action, call.payload) if trouble.armed else ()
        if not faults:
            await self._put(answer)
            return
        plan = Plan(call.message_id, (Say(answer, answer=True),))
        for fault in faults:
            plan = spoil(plan, fault)
        if any(isinstance(step, Wait) and not step.alone for step in plan.steps):
            task = asyncio.create_task(self._follow(plan))
            self._plans.add(task)
            task.add_done_callback(self._plans.discard)
        else:
            await self._follow(plan)

    def _answer(self, call: Call) -> list[object]:
        """The sane answer to a call, as a message."""
        if not self._books.desk.may_speak(call):
            return [4, call.message_id, "SecurityError", "boot first", {}]
        answer = self._answers.get(call.action)
        if answer is None:
            self._blame("action", call.seq, f"{self._version} has no {call.action} from a charger")
            return [4, call.message_id, "NotImplemented", "no charger asks this", {}]
        if self._books.behaviour.strict:
            complaint = judge.check_call(self._version, call.action, call.payload)
            if complaint is not None:
                self._blame("schema", call.seq, f"{call.action}: {complaint.text}")
                return [4, call.message_id, complaint.code, complaint.text, {}]
        other = self._books.behaviour.answers.get(call.action)
        if other is not None:
            return [3, call.message_id, other(call) if callable(other) else other]
        try:
            return [3, call.message_id, answer(self._books.desk, call)]
        except (KeyError, TypeError) as error:
            self._blame("payload", call.seq, f"{call.action}: {error!r}")
            return [4, call.message_id, UNREADABLE[self._version], "payload unreadable", {}]

    def _answered(self, seq: int, message_id: str, payload: Payload) -> None:
        action, answer = self._pending.get(message_id, ("", None))
        if answer is None:
            return  # late or stray: the books keep the frame, and `ledger` tells which
        if self._books.behaviour.strict:
            complaint = judge.check_answer(self._version, action, payload)
            if complaint is not None:
                self._blame("schema", seq, f"answer to {action}: {complaint.text}")
        if not answer.done():
            answer.set_result(payload)

    def _refused(self, message_id: str, failure: CallFailed) -> None:
        _, answer = self._pending.get(message_id, ("", None))
        if answer is not None and not answer.done():
            answer.set_exception(failure)

    async def _malformed(self, seq: int, message_id: object, what: str) -> None:
        self._blame("framing", seq, what)
        readable = isinstance(message_id, str) and 0 < len(message_id) <= 36
        if not readable and self._version == "ocpp1.6":
            return  # 1.6 has no id to answer to
        await self._put(
            orjson.dumps([4, message_id if readable else "-1", MALFORMED[self._version], what[:255], {}])
        )

    async def _unknown_type(self, seq: int, kind: int, message_id: object) -> None:
        self._blame("framing", seq, f"message type {kind}")
        # OCPP-J: 1.6 (4.1.3) ignores what it doesn't know; 2.0.1 part 4, 4.4 names an error for it
        if self._version != "ocpp1.6":
            about = message_id if isinstance(message_id, str) else "-1"
            await self._put(orjson.dumps([4, about, "MessageTypeNotSupported", f"type {kind}", {}]))

    async def _follow(self, plan: Plan) -> None:
        for step in plan.steps:
            await self._take(step)

    async def _take(self, step: Step) -> None:
        match step:
            case Say(text):
                await self._put(text)
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Close(None):
                self.cut()
            case Close(int(code)):
                await self._connection.close(code)
            case StopReading():
                self.half_open = True
                self._connection.transport.pause_reading()

    async def _put(self, text: str | bytes) -> bool:
        """Writes down and sends; False where the link has ended, which the reader learns by itself."""
        if self._connection.state is not State.OPEN:
            return False
        # written down first: an answer must not be read after what it brought about
        self._books.record.add(self.socket, "out", text)
        try:
            await self._connection.send(text, text=True)
        except ConnectionClosed:
            return False
        return True

    def _blame(self, rule: str, seq: int, what: str) -> None:
        self._books.violations.append(Violation(rule, self.socket.identity, seq, what))

    def _end(self) -> None:
        for plan in self._plans:
            plan.cancel()
        for _, answer in self._pending.values():
            if not answer.done():
                answer.set_exception(NotConnected(self.socket.identity))
