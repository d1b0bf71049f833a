"""One charger: its sections, its queue, and what it says while it decides. Pure: no I/O, no clock of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from vcp_contracts.actions import Action
from vcp_contracts.chores import AnyChore, DropChore
from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.link import AnyOrder
from vcp_contracts.manners import Manners
from vcp_contracts.requests import Reply, Request
from vcp_contracts.results import CommandResult, RejectionKind
from vcp_contracts.values import Place
from vcp_contracts.words import UNTIMED, Word

from vcp_abstraction.facts.lanes import Lane, Origin, Queued
from vcp_abstraction.facts.places import ConnectorFacts, EvseFacts
from vcp_abstraction.nameplate import Nameplate, firmware_of, nameplate_of
from vcp_abstraction.sections import Sections, read, write

EARLIEST = UNTIMED

UNANNOUNCED = Manners(
    session_style="event_stream",
    transactions_named_by="station",
    transaction_updates="every_change",
    end_data_interval="own_interval",
    status_words="coarse",
    status_scope="connector",
    status_carries_fault=False,
    status_after_reconnect="changed",
    station_availability="own_level",
    idle_meter_is_durable=False,
    triggered_meter_uses="aligned",
    pre_authorize_covers_list=False,
    cache_excludes_list=False,
    token_max=255,
    token_typed=True,
    anonymous_start=True,
    reserved_remote_start="refused",
    unlock_in_transaction="refused",
    rejected_gate="security_error",
    power_limit_reading="per_phase",
    password_rule="text",
    future_certificate="rejected",
    security_profile_set_by="network_slot",
    security_events="always",
    resume_reset=False,
)
"""Manners of a charger that no Handler has ever announced any for."""


@dataclass(slots=True)
class Surroundings:
    """What a partition's chargers share: the nonce of the ids, and what the Handler has announced."""

    nonce: str = "0"
    manners: dict[str, Manners] = field(default_factory=dict)
    handler: str | None = None
    secrets_flaw: str | None = None
    """Why no password and no key can be kept here; None: they can."""


@dataclass(slots=True)
class Decision:
    """What came of one message: words for the Handler, chores, events for the world, results of commands."""

    to_handler: list[Action | Reply | AnyOrder] = field(default_factory=list)
    to_chores: list[AnyChore | DropChore] = field(default_factory=list)
    events: list[Word] = field(default_factory=list)
    results: list[CommandResult] = field(default_factory=list)
    not_heeded: dict[str, str] = field(default_factory=dict)
    """Fields of the command that mean nothing here, and why."""


class Impossible(Exception):
    """A command that this charger can't carry out now. Raised before anything has changed."""

    def __init__(self, reason: str, *, remedy: str | None = None, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.field = field


def starting_profile(configuration: ChargePointConfiguration) -> int:
    """The security profile that a configuration names, or that follows from it."""
    security = configuration.security
    if security.profile is not None:
        return security.profile
    secure = configuration.url is not None and configuration.url.startswith("wss:")
    if secure and security.certificate_label is not None:
        return 3
    if security.basic:
        return 2 if secure else 1
    return 0


class Charger(Sections):
    """The aggregate. Blocks change `facts`, queue actions and note events through it."""

    def __init__(self, id: str) -> None:
        super().__init__()
        self.id = id
        self._mark = sha256(id.encode()).hexdigest()[:10]
        self.queue: dict[int, Queued] = {}
        self._configuration_json: tuple[ChargePointConfiguration, bytes] | None = None
        self._dirty: set[str] = set()
        self._queue_written: set[int] = set()
        self._queue_removed: set[int] = set()
        self.real: datetime = EARLIEST
        """Real time: the stream's."""
        self.now: datetime = EARLIEST
        """The charger's own time."""
        self.around = Surroundings()
        self.decision = Decision()
        self.cause: str | None = None
        self.after: str | None = None
        self.origin: Origin = "own"

    # --- keeping -------------------------------------------------------------------------------------------------

    @property
    def exists(self) -> bool:
        """Whether it has been set up."""
        return self.setup is not None

    @property
    def configuration(self) -> ChargePointConfiguration:
        """How it was set up."""
        assert self.setup is not None
        return self.setup.configuration

    @property
    def configuration_json(self) -> bytes:
        """The same as JSON, made once: it is shown with every change of the view."""
        if self._configuration_json is None or self._configuration_json[0] is not self.configuration:
            self._configuration_json = (self.configuration, to_json(self.configuration))
        return self._configuration_json[1]

    @classmethod
    def load(cls, id: str, sections: dict[str, bytes], queue: dict[str, bytes]) -> "Charger":
        """A charger as it was kept."""
        cp = cls(id)
        read(cp, sections)
        cp.queue = {int(n): Queued.model_validate_json(entry) for n, entry in queue.items()}
        return cp

    def dump(self) -> dict[str, bytes]:
        """The sections that may have changed since the last dump."""
        if self.setup is None:
            return {}
        changed = {"facts", *self._dirty}
        if self.settings.changed:
            changed.add("settings")
            self.settings.changed = False
        self._dirty.clear()
        return write(self, changed)

    def touch(self, section: str) -> None:
        """A section has changed: any but `facts` and `settings`, which know it themselves."""
        self._dirty.add(section)

    def drain_queue(self) -> tuple[dict[str, bytes], list[str]]:
        """Queue entries written and removed since the last drain."""
        written = {
            str(n): to_json(self.queue[n], exclude_none=True)
            for n in sorted(self._queue_written)
            if n in self.queue
        }
        removed = [str(n) for n in sorted(self._queue_removed)]
        self._queue_written.clear()
        self._queue_removed.clear()
        return written, removed

    @property
    def quarantined(self) -> bool:
        """Whether its timers are ignored."""
        return self.facts.quarantined

    @property
    def awaits_chores(self) -> bool:
        """Whether it has ordered slow work that has not ended."""
        return bool(self.facts.chores)

    def quarantine(self) -> None:
        """Let it stand still: its timers have failed."""
        self.facts.quarantined = True

    # --- facts at hand -------------------------------------------------------------------------------------------

    @property
    def manners(self) -> Manners:
        """Of its last link, else of its first offered protocol."""
        subprotocol = self.facts.link.subprotocol or self.configuration.protocols[0]
        return self.around.manners.get(subprotocol, UNANNOUNCED)

    @property
    def nameplate(self) -> Nameplate:
        """What it tells of itself: as configured, else what follows from its id."""
        return nameplate_of(self.id, self.configuration)

    @property
    def firmware_version(self) -> str | None:
        """What is installed: what an update brought, else what was configured."""
        return self.facts.firmware.version or firmware_of(self.configuration)

    @property
    def security_profile(self) -> int:
        """OCPP's security profile: what the backend has raised it to, else as configured."""
        raised = self.facts.security.profile
        return raised if raised is not None else starting_profile(self.configuration)

    @property
    def online(self) -> bool:
        """Whether a link stands."""
        return self.facts.link.state == "up"

    @property
    def registered(self) -> bool:
        """Whether the backend has accepted the boot of this start."""
        return self.facts.registration.verdict == "accepted"

    def evse(self, number: int) -> EvseFacts:
        """The EVSE of that number; raises Impossible."""
        if not 1 <= number <= len(self.facts.evses):
            raise Impossible(
                f"there is no EVSE {number}", field="evse", remedy=f"use 1 to {len(self.facts.evses)}"
            )
        return self.facts.evses[number - 1]

    def connector(self, evse: int, connector: int) -> ConnectorFacts:
        """The connector of that number; raises Impossible."""
        connectors = self.evse(evse).connectors
        if not 1 <= connector <= len(connectors):
            raise Impossible(
                f"EVSE {evse} has no connector {connector}",
                field="connector",
                remedy=f"use 1 to {len(connectors)}",
            )
        return connectors[connector - 1]

    def knows(self, place: Place) -> bool:
        """Whether there is such a place."""
        if place.evse == 0:
            return place.connector is None
        if place.evse > len(self.facts.evses):
            return False
        return place.connector is None or place.connector <= len(self.facts.evses[place.evse - 1].connectors)

    def evses_at(self, place: Place | None) -> list[EvseFacts]:
        """The EVSEs that a place covers."""
        if place is None or place.evse == 0:
            return self.facts.evses
        return self.facts.evses[place.evse - 1 : place.evse]

    def running(self) -> Iterator[EvseFacts]:
        """The EVSEs with an open transaction."""
        return (evse for evse in self.facts.evses if evse.transaction is not None)

    # --- saying --------------------------------------------------------------------------------------------------

    def mint(self) -> str:
        """A new id, never used for anything else: the nonce of this ownership, a mark of this charger, and a counter.

        It also serves as a message id, of which OCPP-J 4.1.4 allows 36 characters.
        """
        self.facts.ids += 1
        return f"{self.around.nonce}-{self._mark}-{self.facts.ids}"

    def mint_uuid(self) -> str:
        """A new id in the form of a UUID, as transactions have it."""
        digest = sha256(f"{self.id}/{self.mint()}".encode()).digest()
        return str(UUID(bytes=digest[:16], version=4))

    def say(self, word: Action | Reply | AnyOrder) -> None:
        """To the Handler, with this decision."""
        self.decision.to_handler.append(word)

    def assign(self, word: AnyChore | DropChore) -> None:
        """To the chores worker, with this decision."""
        self.decision.to_chores.append(word)

    def note(self, event: type[Word], **facts: object) -> None:
        """An event, for anyone."""
        self.decision.events.append(
            event(id=self.mint(), charge_point=self.id, at=self.now, cause=self.cause, **facts)  # type: ignore[arg-type]
        )

    def done(self, command: str, **detail: object) -> None:
        """A command was applied; what of it means nothing here is told along."""
        if self.decision.not_heeded:
            detail["not_heeded"] = self.decision.not_heeded
        self.decision.results.append(
            CommandResult(command=command, charge_point=self.id, status="done", at=self.real, detail=detail)
        )

    def rejected(
        self,
        command: str,
        kind: RejectionKind,
        *,
        field: str | None,
        reason: str,
        remedy: str | None,
    ) -> None:
        """A command was refused; nothing has changed."""
        self.decision.results.append(
            CommandResult(
                command=command,
                charge_point=self.id,
                status="rejected",
                at=self.real,
                kind=kind,
                field=field,
                reason=reason,
                remedy=remedy,
            )
        )

    def enqueue(
        self,
        action: Action,
        lane: Lane,
        *,
        command: str | None = None,
        origin: Origin | None = None,
        behind: int | None = None,
    ) -> int:
        """Puts an action at the end of a lane; returns its queue number."""
        lanes = self.facts.lanes
        n = lanes.next
        lanes.next += 1
        self.queue[n] = Queued.model_construct(
            action=action, lane=lane, origin=origin or self.origin, command=command, behind=behind
        )
        lanes.of(lane).append(n)
        self._queue_written.add(n)
        return n

    def dequeue(self, n: int) -> Queued:
        """Takes an entry out of its lane for good."""
        entry = self.queue.pop(n)
        lane = self.facts.lanes.of(entry.lane)
        if n in lane:
            if entry.lane == "transactions" and lane[0] == n:
                # the failed tries were this one's; the next entry has none, and waits for nothing
                self.facts.lanes.tries, self.facts.lanes.not_before = 0, None
            lane.remove(n)
        if n in self._queue_written:
            self._queue_written.discard(n)
        else:
            self._queue_removed.add(n)
        return entry

    def words(self) -> dict[str, Any]:
        """The envelope fields of an action that is about to be queued."""
        return {
            "id": self.mint(),
            "charge_point": self.id,
            "at": self.now,
            "cause": self.cause,
            "after": self.after,
        }

    def reply(self, request: Request) -> dict[str, Any]:
        """The envelope fields of a reply."""
        return {
            "id": self.mint(),
            "charge_point": self.id,
            "at": self.now,
            "cause": request.id,
            "link": request.link,
            "request": request.id,
        }
