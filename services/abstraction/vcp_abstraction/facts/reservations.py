"""Reservations."""

from datetime import datetime

from vcp_contracts.values import ConnectorType, Group, Token

from vcp_abstraction.facts.kept import Kept


class Reservation(Kept):
    """An EVSE is kept free for a token."""

    id: int
    evse: int | None = None
    """None: any EVSE."""
    connector_type: ConnectorType | None = None
    token: Token
    group: Group = None
    until: datetime

    def is_for(self, token: Token, group: Token | None) -> bool:
        """Whether this token may use it, itself or as one of the group."""
        return self.token.equals(token) or (self.group is not None and self.group.equals(group))
