"""Which EVSEs are kept free by reservations, derived from facts at each look; and how one is used up.

A reservation of one EVSE, or of any EVSE (of a connector type), is a wish. An EVSE is held where fewer wishes could be
fulfilled without it: then only those whose wish it is may use it (1.6 §5.13, 2.0.1 H01). So one rule serves a
reserved outlet, and the last free one when any outlet was reserved.
"""

from collections.abc import Collection, Sequence

from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.events import ReservationChanged
from vcp_contracts.values import Token

from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.charger import Facts
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.reservations import Reservation
from vcp_abstraction.masking import mask


def suits(configuration: ChargePointConfiguration, wish: Reservation, evse: int) -> bool:
    """Whether the wish is for this EVSE."""
    if wish.evse is not None:
        return wish.evse == evse
    connectors = configuration.evses[evse - 1].connectors
    return wish.connector_type is None or any(c.type == wish.connector_type for c in connectors)


def fulfilled(
    configuration: ChargePointConfiguration, wishes: Sequence[Reservation], places: Collection[int]
) -> int:
    """How many of the wishes can be fulfilled with these EVSEs, each serving one."""
    served: dict[int, Reservation] = {}

    def find(wish: Reservation, tried: set[int]) -> bool:
        for place in places:
            if place in tried or not suits(configuration, wish, place):
                continue
            tried.add(place)
            other = served.get(place)
            if other is None or find(other, tried):
                served[place] = wish
                return True
        return False

    return sum(find(wish, set()) for wish in wishes)


def needs(
    configuration: ChargePointConfiguration, wishes: Sequence[Reservation], place: int, free: Collection[int]
) -> bool:
    """Whether fewer wishes could be fulfilled if somebody else took this EVSE."""
    without = set(free) - {place}
    return fulfilled(configuration, wishes, without | {place}) > fulfilled(configuration, wishes, without)


def unused(facts: Facts) -> list[Reservation]:
    """The reservations whose holder has not come yet."""
    if not facts.reservations:
        return []
    used = {evse.authorization.reservation for evse in facts.evses if evse.authorization is not None}
    return [reservation for reservation in facts.reservations if reservation.id not in used]


def is_untouched(evse: EvseFacts) -> bool:
    """Whether nobody has begun to use an EVSE, be it with a token or a cable."""
    claimed = evse.authorization is not None or evse.transaction is not None or evse.awaiting is not None
    return not claimed and evse.connected is None and not evse.finishing


def of(facts: Facts, token: Token, group: Token | None) -> list[Reservation]:
    """The reservations that a token may use."""
    return [wish for wish in unused(facts) if wish.is_for(token, group)]


def use(cp: Charger, number: int) -> bool:
    """The holder's transaction has begun, and the reservation with that number is over; False where it was gone."""
    for reservation in cp.facts.reservations:
        if reservation.id == number:
            cp.facts.reservations.remove(reservation)
            changed(cp, reservation, "used")
            return True
    return False


def changed(cp: Charger, reservation: Reservation, state: str) -> None:
    """Tells the world."""
    cp.note(
        ReservationChanged,
        reservation=reservation.id,
        state=state,
        evse=reservation.evse,
        token=mask(reservation.token.value),
        until=reservation.until,
    )
