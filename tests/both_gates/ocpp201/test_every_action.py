"""Whether each of the 41 actions of OCPP 2.0.1 that the charger speaks has its stories: a valid message and a broken one."""

from both_gates.ocpp201 import test_what_the_backend_calls as heard
from both_gates.ocpp201 import test_what_the_charger_calls as said
from vcp_handler.dialects import ocpp201


def test_every_action_is_shown_valid_and_broken():
    spoken = {*ocpp201.DIALECT.heard_by_name, *ocpp201.DIALECT.said_by_name}
    assert len(spoken) == 41
    for calls, shown in (
        (ocpp201.DIALECT.heard_by_name, [heard.VALID, heard.BROKEN]),
        (ocpp201.DIALECT.said_by_name, [said.CAUSES]),
    ):
        for stories in shown:
            assert set(stories) == set(calls)
