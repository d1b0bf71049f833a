"""The charge points of one scenario: set up, known by name, taken away. Touches none of them."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from vcp_testkit.problems import Problem
from vcp_testkit.scenarios.messages import Forbid
from vcp_testkit.scenarios.reading import Read
from vcp_testkit.scenarios.stage import Stage
from vcp_testkit.scenarios.telling import StepFailed
from vcp_testkit.scenarios.values import Unknown, filled
from vcp_testkit.scenarios.watching import Control, Wire

Place = tuple[str | int, ...]


@dataclass
class Forbidden:
    """What must not come on a wire, from which frame on, and where the scenario says so."""

    wish: Forbid
    since: int
    place: Place


@dataclass
class Player:
    """One charge point, its wire, and how far expectations have come on it."""

    id: str
    wire: Wire
    at: int = 0
    forbidden: list[Forbidden] = field(default_factory=list)
    believed: int = 0
    """How many frames were looked at for breaches of OCPP."""


class Cast:
    """Who plays, by name and in order."""

    def __init__(self, read: Read, control: Control, stage: Stage) -> None:
        self._read, self._control, self._stage = read, control, stage
        nonce = secrets.token_hex(4)
        self.players: dict[str, Player] = {}
        for number, (name, given) in enumerate(read.scenario.cast.items()):
            fresh = stage.identities[number] if stage.identities else f"vcp-{nonce}-{number + 1}"
            id = given.id or fresh
            self.players[name] = Player(id, Wire(control, id))

    def __getitem__(self, name: str) -> Player:
        return self.players[name]

    def __iter__(self) -> Iterator[Player]:
        return iter(self.players.values())

    @property
    def first(self) -> str:
        """Whom a step is about that names nobody."""
        return next(iter(self.players))

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(player.id for player in self)

    async def set_up(self, values: Mapping[str, Any]) -> None:
        """All of them, with the labels of the run. Raises StepFailed."""
        for name, given in self._read.scenario.cast.items():
            player = self.players[name]
            body = {"url": self._stage.backend, **self._stage.given, **given.body()}
            body["labels"] = {**body.get("labels", {}), **self._stage.labels}
            try:
                body = filled(body, {**values, "charger": {"id": player.id}})
                await self._control.configure(player.id, body)
            except (Unknown, Problem) as refused:
                wrong = StepFailed(f"the charge point can't be set up: {refused}")
                place = ("chargers", name) if self._read.scenario.chargers else ("given",)
                wrong.at(self._read.line(place), "given")
                raise wrong from None

    async def unlinked(self) -> str:
        """Why none of them could connect, if none ever did; else empty."""
        for player in self:
            await player.wire.read()
            if player.wire.frames:
                return ""
        link = (await self._control.view(next(iter(self)).id)).get("link", {})
        if not link.get("wanted") or link.get("state") == "up":
            return ""
        why = link.get("last_failure") or "no answer yet"
        return f"no charge point could connect to {self._stage.backend}: {why}"

    async def leave(self) -> None:
        """Takes them away; one that is gone already is no matter."""
        for player in self:
            with suppress(Problem):
                await self._control.retire(player.id)
