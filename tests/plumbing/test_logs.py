import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from vcp_plumbing.logs import mask_secrets, set_up_logs


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_secrets_are_masked_at_any_depth():
    event = {
        "event": "sent",
        "id_token": "04AB",
        "headers": {"Authorization": "Basic abc", "host": "h"},
        "cards": [{"Id-Token": "04AB", "kind": "rfid"}],
        "password": None,
    }
    assert mask_secrets(None, "info", event) == {
        "event": "sent",
        "id_token": "***",
        "headers": {"Authorization": "***", "host": "h"},
        "cards": [{"Id-Token": "***", "kind": "rfid"}],
        "password": None,
    }


def test_a_line_is_json_with_service_and_owner_on_stderr(capsys: pytest.CaptureFixture[str]):
    set_up_logs(level="info", format="json", service="handler", owner="handler-1")
    structlog.get_logger("room").info("answered", id="m1", token="04AB")
    logging.getLogger("websockets").warning("closed %s", 1006)
    captured = capsys.readouterr()
    ours, foreign = (json.loads(line) for line in captured.err.splitlines())
    assert captured.out == ""
    assert (ours["event"], ours["service"], ours["owner"], ours["level"]) == (
        "answered",
        "handler",
        "handler-1",
        "info",
    )
    assert (ours["id"], ours["token"], ours["logger"]) == ("m1", "***", "room")
    assert (foreign["event"], foreign["logger"], foreign["level"]) == ("closed 1006", "websockets", "warning")


def test_a_level_below_the_wanted_one_is_not_written(capsys: pytest.CaptureFixture[str]):
    set_up_logs(level="warning", format="console")
    structlog.get_logger("room").info("quiet")
    structlog.get_logger("room").warning("loud")
    err = capsys.readouterr().err
    assert "quiet" not in err
    assert "loud" in err
