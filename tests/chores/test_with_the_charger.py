"""The charger and the worker together on a real broker, with real files; the test plays the Handler."""

import asyncio
import io
import tarfile
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from abstraction.shop import PARTITIONS, provision, publish, running, until
from abstraction.shop import environment as abstraction_environment
from abstraction.story import THREE_MESSAGES
from chores.file_servers import FtpServer, WebServer
from chores.test_app import a_process
from chores.test_worker import a_worker
from redis.asyncio import Redis
from vcp_abstraction.charging import CORE
from vcp_abstraction.shell.worker import Worker
from vcp_contracts import streams
from vcp_contracts.link import HandlerUp
from vcp_contracts.manners import Manners
from vcp_contracts.outcomes import Acknowledged, BootAnswer
from vcp_plumbing.ownership import release_owner

CP = "CP001"
HOME = streams.partition_of(CP, PARTITIONS)
LONG_AGO = "2020-01-01T00:00:00Z"
MANNERS: dict[str, Manners] = {"ocpp1.6": THREE_MESSAGES}


class Handler:
    """Links the charger, answers all that it says, and asks it for things."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.said: list[dict[str, Any]] = []
        self.links = 0
        self.n = 0
        self.at = "0-0"

    async def up(self) -> None:
        up = HandlerUp(id="h-up", owner="h", manners=MANNERS).model_dump(mode="json", exclude={"at"})
        await self.redis.xadd(streams.inbox(HOME), {streams.FIELD: orjson.dumps(up)})

    async def fact(self, type: str, **fields: Any) -> None:
        self.n += 1
        await publish(self.redis, type, f"{self.link}#{self.n}", link=self.link, n=self.n, **fields)

    @property
    def link(self) -> str:
        return f"h/{self.links}"

    async def serve(self) -> None:
        """Plays the wire and a backend that accepts everything."""
        while True:
            for _, entries in await self.redis.xread({streams.outbox(HOME): self.at}, block=100):
                for entry, fields in entries:
                    self.at = entry.decode()
                    await self._hear(orjson.loads(fields[streams.FIELD.encode()]))

    async def _hear(self, word: dict[str, Any]) -> None:
        self.said.append(word)
        if word["type"] == "open_link":
            self.links, self.n = self.links + 1, 0
            await publish(
                self.redis,
                "link_up",
                f"up{self.links}",
                link=self.link,
                order=word["order"],
                subprotocol="ocpp1.6",
            )
        elif "timeout_s" in word:
            accepted = BootAnswer(verdict="accepted", now=datetime.now(UTC), interval_s=300)
            answer = accepted if word["type"] == "boot" else Acknowledged()
            await self.fact("answered", action=word["id"], answer=answer.model_dump(mode="json"))

    def told(self, type: str) -> list[str]:
        return [word["stage"] for word in self.said if word["type"] == type]


@pytest.fixture
async def handler(redis: Redis) -> Any:
    handler = Handler(redis)
    await handler.up()
    serving = asyncio.create_task(handler.serve())
    yield handler
    serving.cancel()


async def online(redis: Redis, handler: Handler) -> None:
    await provision(redis, CP)
    await publish(redis, "set_behaviour", "b", firmware={"install_s": 0})
    await publish(redis, "go_online", "on")
    await until(lambda: any(word["type"] == "report_status" for word in handler.said))


async def test_firmware_comes_from_a_real_server_and_is_started(
    redis: Redis, server_url: str, handler: Handler, web: WebServer
):
    web.files["/vcp-2.1.0.bin"] = b"firmware"
    async with a_worker(server_url), running(Worker(redis, abstraction_environment("a"), CORE)):
        await online(redis, handler)
        await handler.fact(
            "update_firmware", message_id="1", location=web.url("/vcp-2.1.0.bin"), retrieve_at=LONG_AGO
        )
        await until(lambda: "installed" in handler.told("report_firmware"))
    assert handler.told("report_firmware") == [
        "downloading",
        "downloaded",
        "installing",
        "install_rebooting",
        "installed",
    ]
    boots = [word for word in handler.said if word["type"] == "boot"]
    assert [(boot["reason"], boot.get("firmware_version")) for boot in boots] == [
        ("power_up", None),
        ("firmware_update", "2.1.0"),
    ]


async def test_a_log_holds_what_the_charger_went_through(
    redis: Redis, server_url: str, handler: Handler, ftp: FtpServer
):
    async with a_worker(server_url), running(Worker(redis, abstraction_environment("a"), CORE)):
        await online(redis, handler)
        await handler.fact("upload_log", message_id="1", kind="diagnostics", location=ftp.url("/"))
        await until(lambda: "uploaded" in handler.told("report_upload"))
    reply = next(word for word in handler.said if word["type"] == "log_upload")
    with tarfile.open(fileobj=io.BytesIO((ftp.folder / reply["file"]).read_bytes())) as archive:
        events = archive.extractfile("events.jsonl").read()  # type: ignore[union-attr]
    types = [orjson.loads(line)["type"] for line in events.splitlines()]
    assert "registered" in types
    assert "upload_step" in types


async def test_a_worker_that_comes_late_gets_what_was_ordered_before_it(
    redis: Redis, server_url: str, handler: Handler, web: WebServer
):
    async with running(Worker(redis, abstraction_environment("a"), CORE)):
        await online(redis, handler)
        web.files["/vcp-2.1.0.bin"] = b"firmware"
        await handler.fact(
            "update_firmware", message_id="1", location=web.url("/vcp-2.1.0.bin"), retrieve_at=LONG_AGO
        )
        await until(lambda: handler.told("report_firmware") == ["downloading"])
        async with a_worker(server_url, "w2"):
            await until(lambda: "installed" in handler.told("report_firmware"))


@pytest.mark.chaos
async def test_a_worker_that_is_killed_with_a_download_in_hand_costs_nothing(
    redis: Redis, server_url: str, handler: Handler, web: WebServer
):
    web.files["/vcp-2.1.0.bin"] = b"firmware"
    web.open.clear()
    variables = {"VCP_PARTITIONS": str(PARTITIONS), "VCP_HEALTH_PORT": "0"}
    async with running(Worker(redis, abstraction_environment("a"), CORE)):
        await online(redis, handler)
        async with a_process(server_url, VCP_OWNER="first", **variables) as first:
            await handler.fact(
                "update_firmware", message_id="1", location=web.url("/vcp-2.1.0.bin"), retrieve_at=LONG_AGO
            )
            await until(lambda: len(web.asked) == 1, 30)
            first.kill()
            await first.wait()
        await release_owner(redis, "chores", "first", PARTITIONS)
        async with a_process(server_url, VCP_OWNER="second", **variables):
            await until(lambda: len(web.asked) == 2, 30)
            web.open.set()
            await until(lambda: "installed" in handler.told("report_firmware"), 30)
    assert handler.told("report_firmware").count("downloaded") == 1
    assert handler.told("report_firmware").count("installed") == 1
