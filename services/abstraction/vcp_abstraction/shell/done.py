"""The results of a partition's last commands, so that a repeated id is answered and not applied again. Pure."""

from datetime import datetime, timedelta

from vcp_contracts.results import CommandResult

KEPT = 5_000
"""How many results a partition keeps at most."""
KEPT_FOR = timedelta(hours=1)
"""How long each of them counts."""


class Done:
    """Command id → its result, the oldest first. Bounded by number and age, like its copy in the store."""

    def __init__(self) -> None:
        self._results: dict[str, CommandResult] = {}

    def note(self, result: CommandResult) -> None:
        """Keeps the result of a command that had none."""
        self._results.pop(result.command, None)
        self._results[result.command] = result
        if len(self._results) > KEPT:
            del self._results[next(iter(self._results))]

    def first_result(self, command: str, now: datetime) -> CommandResult | None:
        """The result of a command that was seen before, or None."""
        result = self._results.get(command)
        return result if result is not None and now - result.at <= KEPT_FOR else None

    def __len__(self) -> int:
        return len(self._results)
