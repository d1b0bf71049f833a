"""How EVSEs share what the station may draw. Arithmetic only.

Everyone gets what his car draws, up to a level that is the same for all; what is left is offered to those who could
take more. Where the level would be too low for a pilot signal, whoever came last waits.
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import NamedTuple


class Claim(NamedTuple):
    """What one EVSE asks for, in amperes of each phase."""

    evse: int
    allowed_a: float
    """What its own limits allow."""
    wanted_a: float
    """What its car would draw."""
    least_a: float
    """Less than this can't be offered."""
    w_per_a: float
    """Watts of all phases together for each ampere."""
    feed_a: float = 1.0
    """Amperes of each phase of the station's feed for each ampere: not 1 where direct current is made of it."""


def share(claims: Sequence[Claim], most_a: float = inf, most_w: float = inf) -> dict[int, float]:
    """Amperes per EVSE, whose sum stays within both limits, that in amperes of the feed. `claims`: who came first stands first."""
    served = [c for c in claims if c.least_a * c.feed_a <= most_a and c.least_a * c.w_per_a <= most_w]
    while served:
        offers = _divided(served, most_a, most_w)
        if all(offers[claim.evse] >= claim.least_a for claim in served):
            return {claim.evse: offers.get(claim.evse, 0.0) for claim in claims}
        served.pop()
    return {claim.evse: 0.0 for claim in claims}


def _divided(claims: list[Claim], most_a: float, most_w: float) -> dict[int, float]:
    level = min(_level(claims, most_a, _feed), _level(claims, most_w, _watts))
    drawn = {claim.evse: min(_wanted(claim), level) for claim in claims}
    spare_a = most_a - sum(drawn[claim.evse] * claim.feed_a for claim in claims)
    spare_w = most_w - sum(drawn[claim.evse] * claim.w_per_a for claim in claims)
    more_a = max(0.0, min(spare_a / sum(map(_feed, claims)), spare_w / sum(map(_watts, claims))))
    return {claim.evse: min(claim.allowed_a, drawn[claim.evse] + more_a) for claim in claims}


def _level(claims: list[Claim], total: float, weight: Callable[[Claim], float]) -> float:
    """The highest current up to which everyone may draw what he wants, so that the weighted sum stays within `total`."""
    weights = sum(map(weight, claims))
    for claim in sorted(claims, key=_wanted):
        wanted_a = _wanted(claim)
        if wanted_a * weights > total:
            return total / weights
        total -= wanted_a * weight(claim)
        weights -= weight(claim)
    return inf


def _wanted(claim: Claim) -> float:
    """What must be offered for what is drawn: a car that draws less than can be offered is offered the least."""
    return max(claim.least_a, min(claim.wanted_a, claim.allowed_a))


def _feed(claim: Claim) -> float:
    return claim.feed_a


def _watts(claim: Claim) -> float:
    return claim.w_per_a
