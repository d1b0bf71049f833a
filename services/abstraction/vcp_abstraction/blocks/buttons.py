"""The charger's buttons: start, stop, emergency."""

from vcp_contracts.commands import PressEmergency, PressStart, PressStop
from vcp_contracts.values import StopReason, Token

from vcp_abstraction import preconditions
from vcp_abstraction.blocks import authorization
from vcp_abstraction.charger import Charger, Impossible


def press_start(cp: Charger, it: PressStart) -> None:
    """A session without a token, where that can be told; else with the setting FreeToken (vocabulary: start button)."""
    preconditions.must_have_power(cp)
    preconditions.must_be_accepted(cp)
    evse = cp.evse(it.evse)
    preconditions.must_serve(cp, evse)
    if evse.authorization is not None:
        raise Impossible(f"EVSE {evse.id} is in use", field="evse", remedy="press_stop first")
    preconditions.must_be_anyones(cp, evse)
    if cp.manners.anonymous_start:
        authorization.accept(cp, evse, Token(value="", kind="no_authorization"), None, "none")
        return
    free = cp.settings.text("Custom.FreeToken")
    if not free:
        raise Impossible(
            "the backend's protocol tells no session without a token", remedy="write the setting FreeToken"
        )
    authorization.accept(cp, evse, Token(value=free), None, "free")


def press_stop(cp: Charger, it: PressStop) -> None:
    """The stop button, or the EV ends the session."""
    evse = cp.evse(it.evse)
    if evse.authorization is None:
        raise Impossible(
            f"nothing is going on at EVSE {evse.id}", field="evse", remedy="start a session first"
        )
    reason: StopReason = {"local": "local", "ev": "stopped_by_ev", "other": "other"}[it.why]  # type: ignore[assignment]
    authorization.stop_by(cp, evse, None, reason)


def press_emergency(cp: Charger, it: PressEmergency) -> None:
    """Everything ends at once."""
    preconditions.must_have_power(cp)
    for evse in cp.facts.evses:
        if evse.authorization is not None:
            authorization.withdraw(cp, evse, "abnormal_condition", "emergency_stop")
