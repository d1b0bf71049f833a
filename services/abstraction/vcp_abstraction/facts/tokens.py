"""What the charger knows of tokens: the cache, and the local list."""

from datetime import datetime

from pydantic import Field
from vcp_contracts.requests import ListedToken
from vcp_contracts.values import Token, TokenInfo

from vcp_abstraction.facts.kept import Kept


class CachedToken(Kept):
    """What the backend last said of a token."""

    token: Token
    info: TokenInfo
    at: datetime


class Tokens(Kept):
    """The authorization cache, by folded token value."""

    cache: dict[str, CachedToken] = Field(default_factory=dict)


class TokenList(Kept):
    """The local list of tokens, by `key_of` each token; its backend alone gives it a version."""

    version: int = 0
    entries: dict[str, ListedToken] = Field(default_factory=dict)
