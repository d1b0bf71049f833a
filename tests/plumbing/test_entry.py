import json

import pytest
from faststream.redis import RedisBroker
from redis.asyncio import Redis
from vcp_plumbing.entry import Unreadable, decode_entry

COMMAND = {"type": "plug_in", "charge_point": "CP-ä€😀", "evse": 1}


async def _published(redis: Redis, stream: str) -> bytes:
    [(_, fields)] = await redis.xrange(stream)
    return decode_entry(fields)


@pytest.fixture
async def broker(server_url, redis):
    broker = RedisBroker(server_url, logger=None)
    await broker.connect()
    yield broker
    await broker.stop()


async def test_plain_json_as_redis_cli_writes_it(redis):
    body = json.dumps(COMMAND).encode()
    for field in ("__data__", "data"):
        await redis.execute_command("XADD", field, "*", field, body)
        assert await _published(redis, field) == body


async def test_fields_as_redis_cli_writes_them_become_an_object_of_texts(redis):
    await redis.execute_command(
        "XADD", "s", "*", "type", "plug_in", "charge_point", "CP-ä", "evse", "1", "data", "d"
    )
    assert json.loads(await _published(redis, "s")) == {
        "type": "plug_in",
        "charge_point": "CP-ä",
        "evse": "1",
        "data": "d",
    }


async def test_what_a_plain_faststream_publisher_sends(broker, redis):
    await broker.publish(COMMAND, stream="s")
    assert json.loads(await _published(redis, "s")) == COMMAND


async def test_a_faststream_message_whose_headers_are_not_ascii(broker, redis):
    await broker.publish(COMMAND, stream="s", headers={"who": "José", "où": "ici"})
    assert json.loads(await _published(redis, "s")) == COMMAND


async def test_a_faststream_message_that_has_a_text_named_data(broker, redis):
    transfer = {"type": "send_raw", "charge_point": "CP1", "data": "text", "headers": "none"}
    await broker.publish(transfer, stream="s")
    assert json.loads(await _published(redis, "s")) == transfer


def test_the_older_json_envelope_is_opened():
    envelope = {"data": json.dumps(COMMAND), "headers": {"content-type": "application/json"}}
    assert json.loads(decode_entry({b"__data__": json.dumps(envelope).encode()})) == COMMAND


def test_an_object_that_only_resembles_the_envelope_is_left_alone():
    body = b'{"data": "text", "headers": {}, "type": "send_raw"}'
    assert decode_entry({b"__data__": body}) == body


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({b"x": b"1"}, "none of the fields"),
        ({b"type": b"\xff"}, "not UTF-8"),
        ({b"__data__": b""}, "empty"),
        ({b"__data__": b"\x89BIN\r\n\x1a\n\x00\x01"}, "ends within its head"),
        ({b"__data__": b"\x89BIN\r\n\x1a\n\x00\x02" + b"\x00" * 8}, "version 2"),
        ({b"__data__": b"\x89BIN\r\n\x1a\n\x00\x01" + b"\xff" * 8}, "points outside itself"),
        ({b"__data__": b'{"headers": '}, "not JSON"),
    ],
)
def test_what_cannot_be_read_says_why(fields: dict[bytes, bytes], reason: str):
    with pytest.raises(Unreadable, match=reason):
        decode_entry(fields)
