"""The URL of `connect`: endpoint and identity, and what is wrong with it."""

import pytest
from vcp_runner.target import BadTarget, Target, subprotocol_of, target_of


@pytest.mark.parametrize(
    ("text", "url", "identity"),
    [
        ("ws://localhost:9000/ocpp/CP001", "ws://localhost:9000/ocpp", "CP001"),
        ("wss://csms.example/CP001", "wss://csms.example", "CP001"),
        ("ws://[::1]:9000/a/b/DE%2A1%2F7", "ws://[::1]:9000/a/b", "DE*1/7"),
    ],
)
def test_the_last_segment_is_the_identity(text: str, url: str, identity: str):
    assert target_of(text) == Target(url, identity)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://localhost/CP001", "no websocket URL"),
        ("CP001", "no websocket URL"),
        ("ws://localhost:9000/", "names no charge point"),
        ("ws://localhost:9000", "names no charge point"),
        ("ws://user:secret@localhost/CP001", "VCP_PASSWORD"),
        ("ws://localhost/CP001?token=1", "no query"),
        ("ws://localhost:99999/CP001", "1 to 65535"),
        ("ws://localhost:nine/CP001", "1 to 65535"),
    ],
)
def test_a_wrong_url_says_what_to_write(text: str, reason: str):
    with pytest.raises(BadTarget, match=reason) as caught:
        target_of(text)
    assert "secret" not in str(caught.value)


def test_versions_may_be_written_in_short():
    assert [subprotocol_of(it) for it in ("1.6", "201", "ocpp2.0.1", "OCPP2.1")] == [
        "ocpp1.6", "ocpp2.0.1", "ocpp2.0.1", "ocpp2.1",
    ]  # fmt: skip
    with pytest.raises(BadTarget, match="no OCPP version"):
        subprotocol_of("3")
