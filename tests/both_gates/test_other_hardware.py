"""A session that nobody was told of, at an outlet that is gone when the backend can be reached again: literal frames."""

import pytest
from both_gates.wired import Wired
from vcp_contracts import commands as c
from vcp_contracts.configuration import EvseConfiguration

ONE = (EvseConfiguration(register_wh=1000.0),)


def untold(version: str) -> Wired:
    """Charged offline at EVSE 2 for a minute; then only EVSE 1 is left, and the network is back."""
    wired = Wired(version, evses=ONE * 2, settings={"LocalAuthorizeOffline": "true"})
    wired.do(c.PutToken, where="cache", token="T")
    wired.do(c.GoOffline)
    wired.do(c.PlugIn, evse=2)
    wired.do(c.PresentToken, token="T", evse=2)
    wired.wait(60)
    wired.do(c.PresentToken, token="T", evse=2)
    wired.do(c.Provision, configuration=wired.cp.configuration.model_copy(update={"evses": ONE}))
    wired.calls.clear()
    wired.do(c.GoOnline)
    return wired


def test_is_told_to_its_end_in_1_6():
    wired = untold("ocpp1.6")
    told = [call[2:] for call in wired.calls if call[2] in ("StartTransaction", "StopTransaction")]
    assert told == [
        [
            "StartTransaction",
            {"connectorId": 2, "idTag": "T", "meterStart": 1000, "timestamp": "2026-06-01T12:00:00Z"},
        ],
        [
            "StopTransaction",
            {
                "idTag": "T",
                "meterStop": 1368,
                "reason": "Local",
                "timestamp": "2026-06-01T12:01:00Z",
                "transactionId": 17,
            },
        ],
    ]
    assert wired.cp.queue == {}
    wired.wait(600)
    assert [call[2] for call in wired.calls].count("StartTransaction") == 1


def test_is_told_to_its_end_in_2_0_1():
    wired = untold("ocpp2.0.1")
    told = [call[3] for call in wired.calls if call[2] == "TransactionEvent"]
    assert (told[0]["eventType"], told[-1]["eventType"]) == ("Started", "Ended")
    assert [event["seqNo"] for event in told] == list(range(len(told)))
    assert {event["offline"] for event in told} == {True}
    assert wired.cp.queue == {}


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
def test_and_the_charger_goes_on(version):
    wired = untold(version)
    wired.calls.clear()
    wired.do(c.PlugIn)
    wired.do(c.PresentToken, token="NEW")
    assert "Authorize" in [call[2] for call in wired.calls]
    assert wired.cp.facts.evses[0].power_w > 0
