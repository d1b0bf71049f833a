"""The local list of tokens: set by the backend alone, read before the cache, and never contradicted in silence."""

from vcp_contracts.events import TokenListChanged
from vcp_contracts.requests import (
    Declined,
    ListedToken,
    ReadTokenListVersion,
    SetTokenList,
    TokenListSet,
    TokenListVersion,
)
from vcp_contracts.values import STATION, Fault, FaultKind, Token, TokenInfo

from vcp_abstraction.blocks import faults
from vcp_abstraction.charger import Charger


def is_valid(cp: Charger, info: TokenInfo) -> bool:
    """Whether what the list says lets a token charge (1.6 §3.5.2; 2.0.1 C13.FR.02, C14.FR.03)."""
    concurrent = info.status == "concurrent_tx" and cp.manners.listed_concurrent == "valid"
    return info.status == "accepted" or concurrent


KINDS = (
    "", "central", "emaid", "iso14443", "iso15693", "key_code", "local", "mac_address", "no_authorization",
)  # fmt: skip

CONFLICT: FaultKind = "local_list_conflict"


def key_of(token: Token) -> str:
    """Under which key a token is listed: two of one value and different kinds are two tokens."""
    return f"{token.kind or ''}:{token.value.casefold()}"


# --- what the backend wants ------------------------------------------------------------------------------------------


def set_token_list(cp: Charger, it: SetTokenList) -> TokenListSet | Declined:
    """Replaces the list, or changes entries of it; all of it or nothing (1.6 §5.15, 2.0.1 D01)."""
    if not (_available(cp) and _enabled(cp)):
        return Declined(**cp.reply(it), reason="not_supported", detail="the local list is switched off")
    version = _version(cp)
    if it.update == "differential" and 0 < it.version <= version:
        why = f"the list has version {version}"
        return TokenListSet(**cp.reply(it), result="version_mismatch", detail=why)
    why_not = _improper(cp, it)
    entries = _changed(cp, it)
    capacity = cp.settings.seconds("Custom.LocalAuthListMaxLength")
    if why_not is None and len(entries) > capacity:
        why_not = f"the list holds at most {capacity} tokens"
    if why_not is not None:
        return TokenListSet(**cp.reply(it), result="failed", detail=why_not)
    _put(cp, entries, it.version, "backend")
    return TokenListSet(**cp.reply(it), result="accepted")


def _improper(cp: Charger, it: SetTokenList) -> str | None:
    if it.version <= 0 and not _names_the_empty_list(cp, it):
        return "versions begin with 1"
    most = cp.settings.seconds("LocalAuthListCtrlr.ItemsPerMessage")
    if len(it.entries) > most:
        return f"at most {most} tokens at once"
    if any(entry.token.is_blank for entry in it.entries):
        return "a blank token names nobody"
    if len({key_of(entry.token) for entry in it.entries}) < len(it.entries):
        return "a token is named twice"
    if it.update == "full" and any(entry.info is None for entry in it.entries):
        return "a full list says of each token whether it may charge"
    return None


def _names_the_empty_list(cp: Charger, it: SetTokenList) -> bool:
    """Where 0 is the version of an empty list, a list that is emptied may be given that (1.6 §5.10)."""
    zero = cp.manners.empty_list_version == "zero" and it.version == 0
    return zero and it.update == "full" and not it.entries


def _changed(cp: Charger, it: SetTokenList) -> dict[str, ListedToken]:
    entries = {} if it.update == "full" else dict(cp.token_list.entries)
    for entry in it.entries:
        key = key_of(entry.token)
        if entry.info is None:
            entries.pop(key, None)
        else:
            entries[key] = entry
    return entries


def read_version(cp: Charger, it: ReadTokenListVersion) -> TokenListVersion:
    """The list's version, and whether there is a list to speak of (1.6 §5.10, 2.0.1 D02)."""
    return TokenListVersion(
        **cp.reply(it),
        supported=_available(cp),
        enabled=_enabled(cp),
        version=_version(cp),
        entries=len(cp.token_list.entries),
    )


def _version(cp: Charger) -> int:
    """The version that the backend is told, and judged against: 1.6 §5.10 knows none but 0 of an empty list, 2.0.1
    keeps the one that the list was emptied with (D01.FR.04)."""
    if not cp.token_list.entries and cp.manners.empty_list_version == "zero":
        return 0
    return cp.token_list.version


def _available(cp: Charger) -> bool:
    return cp.settings.flag("LocalAuthListCtrlr.Available")


def _enabled(cp: Charger) -> bool:
    return cp.settings.flag("LocalAuthListCtrlr.Enabled")


def _put(cp: Charger, entries: dict[str, ListedToken], version: int, by: str) -> None:
    cp.token_list.entries = entries
    cp.token_list.version = version
    cp.touch("token_list")
    cp.note(TokenListChanged, version=version, entries=len(entries), by=by)
    if cp.manners.cache_excludes_list:
        _leave_cache(cp)
    _settle_conflict(cp)


def _leave_cache(cp: Charger) -> None:
    """What the list knows, the cache must not (1.6 §3.5.1)."""
    cache = cp.tokens.cache
    both = [folded for folded, kept in cache.items() if listed(cp, kept.token) is not None]
    for folded in both:
        del cache[folded]
    if both:
        cp.touch("tokens")


# --- by hand ---------------------------------------------------------------------------------------------------------


def put(cp: Charger, token: Token, info: TokenInfo) -> bool:
    """Writes one entry past the backend; False where the list is full. A list that holds something has a version."""
    entries = cp.token_list.entries | {key_of(token): ListedToken(token=token, info=info)}
    if len(entries) > cp.settings.seconds("Custom.LocalAuthListMaxLength"):
        return False
    _put(cp, entries, max(1, cp.token_list.version), "command")
    return True


def remove(cp: Charger, token: Token | None) -> bool:
    """Takes one entry out, or all; False where there is none."""
    entries = dict(cp.token_list.entries)
    gone = list(entries) if token is None else [key for key in _keys(token) if key in entries]
    if not gone:
        return False
    for key in gone:
        del entries[key]
    _put(cp, entries, cp.token_list.version, "command")
    return True


# --- what it says ----------------------------------------------------------------------------------------------------


def listed(cp: Charger, token: Token) -> TokenInfo | None:
    """What the list says of a token, where it is used; an entry past its time counts as expired, where the list heeds
    that (2.0.1 C13.FR.05, C14.FR.04)."""
    entries = cp.token_list.entries
    if not entries or not (_available(cp) and _enabled(cp)):
        return None
    for key in _keys(token):
        entry = entries.get(key)
        if entry is not None and entry.info is not None:
            return _as_of(entry.info, cp)
    return None


def _keys(token: Token) -> list[str]:
    """The keys of all entries that are equal to a token: its kind or none; any, where it has none."""
    kinds = KINDS if token.kind is None else (token.kind, "")
    return [f"{kind}:{token.value.casefold()}" for kind in kinds]


def _as_of(info: TokenInfo, cp: Charger) -> TokenInfo:
    heeded = cp.settings.flag("LocalAuthListCtrlr.SupportsExpiryDateTime")
    over = heeded and info.valid_until is not None and info.valid_until <= cp.now
    return info.model_copy(update={"status": "expired"}) if over else info


# --- when the backend says otherwise ---------------------------------------------------------------------------------


def compare(cp: Charger, token: Token, verdict: TokenInfo) -> None:
    """The backend has judged a token: where its list says otherwise, that is told as a warning (1.6 §3.5.2, §7.6).

    That a good token is in use elsewhere contradicts no list.
    """
    known = listed(cp, token)
    if known is None or verdict.status == "concurrent_tx":
        return
    if is_valid(cp, known) != (verdict.status == "accepted"):
        faults.warn(cp, Fault(kind=CONFLICT, blocking=False))


def _settle_conflict(cp: Charger) -> None:
    """A new list settles what the old one and the backend disagreed about."""
    faults.mend(cp, STATION, CONFLICT)
