"""What goes wrong between a test and the control API: nobody answers, or it says no. Sends nothing."""

from collections.abc import Mapping
from typing import Any


class Unreachable(Exception):
    """Nobody answers at the control API's address."""


class Problem(Exception):
    """The API said no: `status`, and the `field`, `reason` and `remedy` that it named."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.field = document.get("field")
        self.reason = str(
            document.get("reason") or document.get("detail") or document.get("title") or "no reason given"
        )
        self.remedy = document.get("remedy")
        where = f"{self.field}: " if self.field else ""
        then = f" ({self.remedy})" if self.remedy else ""
        super().__init__(f"{status}: {where}{self.reason}{then}")
