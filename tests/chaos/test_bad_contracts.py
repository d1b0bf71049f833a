"""Words on the streams that nobody can read: they are put aside with their reason, told, and cost nobody anything."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import pytest_asyncio
from chaos.bed import PARTITIONS, Bed, running_bed
from chaos.load import SETTINGS
from vcp_contracts import streams

pytestmark = [pytest.mark.chaos, pytest.mark.asyncio(loop_scope="module")]

CP = "CP1"
HOME = streams.partition_of(CP, PARTITIONS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bed]:
    async with running_bed(tmp_path_factory.mktemp("contracts")) as bed:
        configuration = {"url": bed.wire.url, "settings": SETTINGS, "online": True}
        await bed.driver.do(CP, "provision", configuration=configuration)
        await bed.driver.count(CP, "registered", 1)
        yield bed
        result = await bed.driver.do(CP, "ask", word="beat")
        assert result["detail"]["outcome"] == "answered"
        assert bed.deaths == []
        assert len(bed.sockets) == 1


async def put_aside(bed: Bed, stream: str, fields: dict[str, str], dead: str) -> dict[str, Any]:
    """Adds an entry to a stream; the letter that it became."""
    entry = (await bed.redis.xadd(stream, fields)).decode()  # type: ignore[arg-type]
    at = b"0-0"
    for _ in range(50):
        for _, letters in await bed.redis.xread({dead: at}, block=200):
            at = letters[-1][0]
            for _, words in letters:
                letter: dict[str, Any] = orjson.loads(words[b"__data__"])
                if letter["entry"] == entry:
                    return letter
    raise AssertionError(f"{entry} was not put aside")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("no JSON", "not JSON"),
        ('["a","list"]', "object"),
        ('{"charge_point":"CP1","id":"x1"}', "type"),
        ('{"type":"make_coffee","charge_point":"CP1","id":"x2"}', "none of the words known here"),
        ('{"type":"answered","charge_point":"CP1","id":"x3"}', "link"),
        ("", "empty"),
    ],
)
async def test_what_nobody_can_read_is_put_aside(bed: Bed, body: str, reason: str):
    letter = await put_aside(bed, streams.inbox(HOME), {"__data__": body}, streams.dead(HOME))
    assert reason in letter["reason"]
    assert letter["body"] == body


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"type": "plug_in", "evse": "two"}, "evse"),
        ({"type": "plug_in", "evse": 0}, "evse"),
        ({"type": "plug_in", "colour": "red"}, "colour"),
        ({"type": "present_token"}, "token"),
        ({"type": "provision", "configuration": {"url": "http://not.a.websocket"}}, "configuration.url"),
    ],
)
async def test_a_command_with_a_bad_field_is_rejected_and_names_it(
    bed: Bed, fields: dict[str, Any], wrong: str
):
    fields = dict(fields)
    result = await bed.driver.result_of(await bed.driver.give(CP, fields.pop("type"), **fields))
    assert (result["status"], result["kind"], result["field"]) == ("rejected", "bad_field", wrong)
    assert result["reason"]


async def test_a_command_for_a_charger_that_is_not_there_is_rejected(bed: Bed):
    result = await bed.driver.result_of(await bed.driver.give("NOBODY", "plug_in"))
    assert (result["kind"], result["field"]) == ("unknown_charge_point", "charge_point")


async def test_a_command_in_the_wrong_partition_is_rejected_with_the_right_one(bed: Bed):
    command = {"type": "plug_in", "charge_point": CP, "id": "astray"}
    other = (HOME + 1) % PARTITIONS
    letter = await put_aside(
        bed, streams.inbox(other), {"__data__": orjson.dumps(command).decode()}, streams.dead(other)
    )
    assert f"partition {HOME}" in letter["reason"]
    await bed.driver.until(lambda: "astray" in bed.driver.results, "the result of astray")
    assert streams.inbox(HOME) in bed.driver.results["astray"]["remedy"]


@pytest.mark.parametrize(
    "body", ["no JSON", '{"type":"beat"}', '{"type":"plug_in","charge_point":"CP1","id":"x"}']
)
async def test_the_handler_puts_aside_what_it_can_not_read(bed: Bed, body: str):
    letter = await put_aside(bed, streams.outbox(HOME), {"__data__": body}, streams.dead(HOME))
    assert letter["stream"] == streams.outbox(HOME)
    assert letter["body"] == body


@pytest.mark.parametrize("body", ["no JSON", '{"type":"plug_in"}', '{"type":"plug_in","charge_point":7}'])
async def test_the_door_puts_aside_what_leads_nowhere(bed: Bed, body: str):
    letter = await put_aside(bed, streams.DOOR, {"__data__": body}, streams.DOOR_DEAD)
    assert letter["reason"]
