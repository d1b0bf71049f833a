"""What the charger knows of tokens, from its list and its cache, and how it gets to know it."""

from typing import Literal

from vcp_contracts.commands import PutToken, RemoveToken
from vcp_contracts.requests import ForgetTokens, TokensForgotten
from vcp_contracts.values import Token, TokenInfo

from vcp_abstraction import token_cache
from vcp_abstraction.blocks import token_list
from vcp_abstraction.charger import Charger, Impossible

Local = Literal["cache", "local_list"]


def known(cp: Charger, token: Token) -> tuple[TokenInfo | None, Local]:
    """What the charger knows of a token, and from where: the list comes before the cache (1.6 §3.5.3)."""
    info = token_list.listed(cp, token)
    return (info, "local_list") if info is not None else (token_cache.cached(cp, token), "cache")


def group_of(cp: Charger, token: Token) -> Token | None:
    """The group of a token, as far as the charger knows."""
    info, _ = known(cp, token)
    return info.group if info is not None else None


def is_master(cp: Charger, group: Token | None) -> bool:
    """Whether this is the group whose tokens stop every transaction and start none (2.0.1 C16)."""
    master = cp.settings.text("AuthCtrlr.MasterPassGroupId").strip()
    return group is not None and bool(master) and group.value.casefold() == master.casefold()


def heard(cp: Charger, token: Token, info: TokenInfo) -> None:
    """The backend has judged a token: is it what the list says? The cache keeps it, unless lists are kept out of it."""
    token_list.compare(cp, token, info)
    if not (cp.manners.cache_excludes_list and token_list.listed(cp, token) is not None):
        token_cache.remember(cp, token, info)


def put_token(cp: Charger, it: PutToken) -> None:
    """Writes a verdict into list or cache by hand."""
    token = Token(value=it.token, kind=it.kind)
    if token.is_blank:
        raise Impossible("a blank token names nobody", field="token", remedy="name another token")
    group = Token(value=it.group) if it.group is not None else None
    info = TokenInfo(status=it.status, valid_until=it.valid_until, group=group)
    if it.where == "cache":
        if not cp.settings.flag("AuthCacheCtrlr.Enabled"):
            raise Impossible(
                "the cache is switched off", field="where", remedy="write AuthorizationCacheEnabled"
            )
        token_cache.keep(cp, token, info)
    elif not token_list.put(cp, token, info):
        raise Impossible("the list is full", field="where", remedy="remove_token, or a greater maximum")


def remove_token(cp: Charger, it: RemoveToken) -> None:
    """Takes one token, or all, out of list or cache by hand."""
    token = Token(value=it.token, kind=it.kind) if it.token is not None else None
    there = token_list.remove(cp, token) if it.where == "list" else token_cache.forget(cp, token)
    if not there:
        raise Impossible(f"the {it.where} holds no such token", field="token", remedy="name another token")


def forget_tokens(cp: Charger, it: ForgetTokens) -> TokensForgotten:
    """Clears the cache; refused where there is none (1.6 errata 3.23, 2.0.1 C11)."""
    enabled = cp.settings.flag("AuthCacheCtrlr.Enabled")
    if enabled and cp.tokens.cache:
        cp.tokens.cache.clear()
        cp.touch("tokens")
    return TokensForgotten(**cp.reply(it), result="accepted" if enabled else "rejected")
