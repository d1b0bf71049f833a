"""The product inside a process: it comes up, a charger lives in it, and it leaves nothing behind."""

import logging

import psutil
import pytest
import structlog
from vcp_runner.in_process import InProcess, NotStarted
from vcp_runner.server_binary import NoBroker
from vcp_testkit.client import Client


def brokers() -> set[psutil.Process]:
    """The brokers that this process has started."""
    return {one for one in psutil.Process().children() if "valkey" in one.name() or "redis" in one.name()}


def test_it_comes_up_works_and_leaves_nothing_behind():
    others = brokers()  # the fixture `vcp` may have brought one for the whole run
    with InProcess() as product, Client(product.api_url) as client:
        [broker] = brokers() - others
        client.configure("CP001", {})
        charger = client.charge_point("CP001")
        charger.plug_in()
        view = charger.wait_for(evses__0__connectors__0__fine="preparing")
        assert view["evses"][0]["connectors"][0]["plugged_ev"]
    assert not broker.is_running()
    with pytest.raises(NotStarted, match="was stopped"):
        _ = product.api_url


def test_its_logs_go_where_its_host_wants_them(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, logger="vcp_abstraction"), InProcess():
        pass
    assert any(record.name.startswith("vcp_abstraction") for record in caplog.records)
    assert structlog.is_configured()


def test_without_a_broker_it_says_so(monkeypatch: pytest.MonkeyPatch):
    def none_found() -> None:
        raise NoBroker("no server program is to be had")

    monkeypatch.setattr("vcp_runner.broker.find_server", none_found)
    with pytest.raises(NoBroker, match="no server program"):
        InProcess().start()
