"""What must hold before somebody is served; raises Impossible where it does not. Changes nothing."""

from vcp_abstraction import session_guard
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.session_guard import Obstacle


def must_have_power(cp: Charger) -> None:
    """Nothing works without mains."""
    _must_be_out_of_the_way(session_guard.power(cp))


def must_be_accepted(cp: Charger) -> None:
    """No service before the backend has accepted this charger (1.6 §4.2.1)."""
    _must_be_out_of_the_way(session_guard.registration(cp))


def must_serve(cp: Charger, evse: EvseFacts) -> None:
    """A session begins only where nothing keeps it from beginning; reservations are another matter."""
    _must_be_out_of_the_way(session_guard.obstacle(cp, evse))


def must_be_anyones(cp: Charger, evse: EvseFacts) -> None:
    """Who shows no token begins nothing where somebody else is expected."""
    _must_be_out_of_the_way(session_guard.reserved(cp, evse))


def _must_be_out_of_the_way(obstacle: Obstacle | None) -> None:
    if obstacle is not None:
        raise Impossible(obstacle.reason, field=obstacle.field, remedy=obstacle.remedy)
