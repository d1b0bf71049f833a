"""A recorded payload for today: ids of today, times of now."""

from datetime import timedelta
from itertools import count

import pytest
from vcp_runner.replaying.translating import Translator, moved

DAY = timedelta(days=1)


def test_a_transaction_gets_the_backend_s_name_of_today() -> None:
    it = Translator()
    it.learn({"transactionId": 17}, {"transactionId": 42})
    meter = {"connectorId": 17, "transactionId": 17, "meterValue": [{"sampledValue": [{"value": "17"}]}]}
    assert it.today(meter, None) == {**meter, "transactionId": 42}
    assert it.today({"transactionId": 18}, None) == {"transactionId": 18}
    assert it.expected({"transactionId": 17}) == {"transactionId": 42}


def test_a_charge_point_s_own_name_is_new_and_stays_the_same() -> None:
    numbers = count(1)
    it = Translator(fresh=lambda: f"new-{next(numbers)}")
    event = {"transactionInfo": {"transactionId": "t-a"}}
    assert it.today(event, None) == {"transactionInfo": {"transactionId": "new-1"}}
    assert it.today({"transactionInfo": {"transactionId": "t-b"}}, None)["transactionInfo"] == {
        "transactionId": "new-2"
    }
    assert it.today(event, None) == {"transactionInfo": {"transactionId": "new-1"}}
    assert Translator(keep_ids=True).today(event, None) == event


def test_times_are_moved_where_they_are_times() -> None:
    payload = {
        "timestamp": "2026-06-01T12:00:00Z",
        "meterValue": [{"timestamp": "2026-06-01T12:00:00.5+02:00"}],
        "info": "2026-06-01T12:00:00Z",
    }
    assert Translator().today(payload, DAY) == {
        "timestamp": "2026-06-02T12:00:00.000Z",
        "meterValue": [{"timestamp": "2026-06-02T10:00:00.500Z"}],
        "info": "2026-06-01T12:00:00Z",
    }
    assert Translator().today(payload, None) == payload


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01T12:00:00Z", "9999-12-31T23:59:59Z", ""])
def test_what_is_no_time_or_can_not_move_stays(text: str) -> None:
    assert moved(text, DAY) == text
