"""What the charger shall know of tokens: its cache and its local list."""

from typing import Literal

from pydantic import Field

from vcp_contracts.requests.envelope import Reply, Request
from vcp_contracts.values import Token, TokenInfo
from vcp_contracts.words import Value


class ForgetTokens(Request):
    """Clear the authorization cache."""

    type: Literal["forget_tokens"] = "forget_tokens"


class TokensForgotten(Reply):
    """Whether it was cleared."""

    type: Literal["tokens_forgotten"] = "tokens_forgotten"
    result: Literal["accepted", "rejected"]


class ListedToken(Value):
    """One entry of a token list. Without `info`: in a differential update, the token is taken out."""

    token: Token
    info: TokenInfo | None = None


class SetTokenList(Request):
    """Replace the local list of tokens, or change some of its entries."""

    type: Literal["set_token_list"] = "set_token_list"
    version: int
    """The list's version from now on; grows with each update."""
    update: Literal["full", "differential"]
    entries: tuple[ListedToken, ...] = ()


class TokenListSet(Reply):
    """Whether the list was changed; if not, it is as it was."""

    type: Literal["token_list_set"] = "token_list_set"
    result: Literal["accepted", "failed", "version_mismatch"]


class ReadTokenListVersion(Request):
    """Which version of the local list of tokens the charger has."""

    type: Literal["read_token_list_version"] = "read_token_list_version"


class TokenListVersion(Reply):
    """The version, and what a version is to be said of: a list that is there, is used, and holds something."""

    type: Literal["token_list_version"] = "token_list_version"
    supported: bool
    enabled: bool
    version: int
    entries: int = Field(ge=0)
