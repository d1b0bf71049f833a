"""The cache: the backend's latest verdict on each token. Who is asked first is decided elsewhere."""

from datetime import timedelta

from vcp_contracts.values import Token, TokenInfo

from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.tokens import CachedToken

MOST_CACHED = 1000
"""Entries beyond which one goes for each that comes."""


def cached(cp: Charger, token: Token) -> TokenInfo | None:
    """What the cache says of a token; an entry past its time counts as expired."""
    if not cp.settings.flag("AuthCacheCtrlr.Enabled"):
        return None
    kept = cp.tokens.cache.get(token.value.casefold())
    if kept is None or not kept.token.equals(token):
        return None
    if kept.info.valid_until is not None and kept.info.valid_until <= cp.now:
        return kept.info.model_copy(update={"status": "expired"})
    life = cp.settings.number("AuthCacheCtrlr.LifeTime")
    if life and kept.info.valid_until is None and kept.at + timedelta(seconds=life) <= cp.now:
        return kept.info.model_copy(update={"status": "expired"})
    return kept.info


def remember(cp: Charger, token: Token, info: TokenInfo) -> None:
    """Keeps the latest verdict on a token, good or bad (1.6 §3.5.1, 2.0.1 C10). Remote tokens are not kept."""
    if not cp.settings.flag("AuthCacheCtrlr.Enabled") or token.kind in ("no_authorization", "central"):
        return
    keep(cp, token, info)


def keep(cp: Charger, token: Token, info: TokenInfo) -> None:
    """Writes an entry. The same again moves its time only where entries grow too old."""
    cache = cp.tokens.cache
    folded = token.value.casefold()
    kept = cache.get(folded)
    if kept is not None and kept.info == info and cp.settings.number("AuthCacheCtrlr.LifeTime") is None:
        return
    if folded not in cache and len(cache) >= MOST_CACHED:
        _make_room(cp)
    cache[folded] = CachedToken(token=token, info=info, at=cp.now)
    cp.touch("tokens")


def _make_room(cp: Charger) -> None:
    """Entries that are not valid go first, then the oldest."""
    cache = cp.tokens.cache
    oldest = min(cache, key=lambda folded: (cache[folded].info.status == "accepted", cache[folded].at))
    del cache[oldest]


def forget(cp: Charger, token: Token | None) -> bool:
    """Takes one token out, or all; False where there was none."""
    cache = cp.tokens.cache
    gone = [folded for folded, kept in cache.items() if token is None or kept.token.equals(token)]
    for folded in gone:
        del cache[folded]
    if gone:
        cp.touch("tokens")
    return bool(gone)
