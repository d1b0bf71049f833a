"""A charger of a few lines for tests of the shell: counts plugs, beats every `period` s, and fails when told to.

Its words: `plug_in` counts, `set_ev` with `power_w` sets the beat's period, `power_off` raises, `raise_fault` makes its
timer raise, `go_online` waits for a `link_up`, `provision` and `retire` as ever. Every plug also goes to the Handler.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from vcp_abstraction.core import Core
from vcp_contracts import commands as c
from vcp_contracts.events import ChargePointChanged
from vcp_contracts.link import CloseLink, HandlerUp, LinkUp
from vcp_contracts.manners import Manners
from vcp_contracts.requests import Request
from vcp_contracts.results import CommandResult


@dataclass
class Surroundings:
    nonce: str
    manners: dict[str, Manners]
    handler: str | None
    secrets_flaw: str | None = None


@dataclass
class Decision:
    to_handler: list[Any] = field(default_factory=list)
    to_chores: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    results: list[CommandResult] = field(default_factory=list)


class FakeCharger:
    def __init__(self, id: str) -> None:
        self.id = id
        self.facts: dict[str, Any] = {"exists": False, "said": 0, "plugs": 0, "beats": 0, "trace": []}
        self.queue: dict[str, bytes] = {}
        self._written: dict[str, bytes] = {}
        self._removed: list[str] = []

    @classmethod
    def load(cls, id: str, sections: dict[str, bytes], queue: dict[str, bytes]) -> "FakeCharger":
        charger = cls(id)
        charger.facts = orjson.loads(sections["facts"])
        charger.queue = dict(queue)
        return charger

    @property
    def exists(self) -> bool:
        return bool(self.facts["exists"])

    @property
    def quarantined(self) -> bool:
        return bool(self.facts.get("quarantined"))

    def quarantine(self) -> None:
        self.facts["quarantined"] = True

    @property
    def awaits_chores(self) -> bool:
        return bool(self.facts.get("chores"))

    def dump(self) -> dict[str, bytes]:
        return {"facts": orjson.dumps(self.facts)}

    def drain_queue(self) -> tuple[dict[str, bytes], list[str]]:
        written, removed = self._written, self._removed
        self._written, self._removed = {}, []
        return written, removed

    def mint(self, around: Surroundings) -> str:
        self.facts["said"] += 1
        return f"{around.nonce}-{self.id}-{self.facts['said']}"

    def enqueue(self, name: str) -> None:
        self.queue[name] = self._written[name] = name.encode()

    def arm(self, now: datetime) -> None:
        period = self.facts.get("period")
        due = now + timedelta(seconds=period) if period else None
        self.facts["due"] = round(due.timestamp() * 1e6) if due else None


def decide(cp: FakeCharger, message: Any, now: datetime, around: Surroundings) -> Decision:
    decision = Decision()
    cp.facts["trace"] = [*cp.facts["trace"], f"{message.type} {now:%H:%M:%S.%f}"][-50:]
    match message:
        case HandlerUp():
            cp.facts["handler"] = around.handler
        case LinkUp():
            for command in cp.facts.pop("waiting", []):
                decision.results.append(_done(cp, command, now))
        case Request():
            raise KeyError("requests are beyond me")
        case c.Provision():
            cp.facts["exists"] = True
            decision.events.append(
                ChargePointChanged(id=cp.mint(around), charge_point=cp.id, at=now, change="provisioned")
            )
            decision.results.append(_done(cp, message.id, now))
        case _ if not cp.exists:
            decision.results.append(_rejected(cp, message.id, now))
        case c.Retire():
            cp.facts["exists"] = False
            decision.results.append(_done(cp, message.id, now))
        case c.GoOnline():
            cp.facts["waiting"] = [*cp.facts.get("waiting", []), message.id]
        case c.PowerOff():
            cp.facts["plugs"] += 1_000
            raise RuntimeError("the charger tripped")
        case _:
            _touch(cp, message, now, around, decision)
    return decision


def _touch(cp: FakeCharger, message: Any, now: datetime, around: Surroundings, decision: Decision) -> None:
    match message:
        case c.PlugIn():
            cp.facts["plugs"] += 1
            cp.enqueue(f"plug {cp.facts['plugs']}")
            decision.to_handler.append(
                CloseLink(id=cp.mint(around), charge_point=cp.id, at=now, cause=message.id, order=1)
            )
        case c.SetEv():
            cp.facts["period"] = message.power_w
            cp.arm(now)
        case c.RaiseFault():
            cp.facts["timer_fails"] = True
        case c.SetMeter():
            cp.facts["unviewable"] = True
        case c.PowerOn():
            cp.facts |= {"quarantined": False, "timer_fails": False}
    decision.results.append(_done(cp, message.id, now))


def fire(cp: FakeCharger, now: datetime, around: Surroundings) -> Decision:
    cp.facts["beats"] += 1
    cp.facts["trace"] = [*cp.facts["trace"], f"beat {now:%H:%M:%S.%f}"][-50:]
    if cp.facts.get("timer_fails"):
        raise RuntimeError("the clockwork jammed")
    cp.arm(now)
    return Decision()


def give_up(cp: FakeCharger, message: Any, reason: str, now: datetime, around: Surroundings) -> Decision:
    if cp.facts.get("gives_up_badly"):
        raise RuntimeError("the charger can't even give up")
    cp.facts["given_up"] = [*cp.facts.get("given_up", []), message.type]
    return Decision()


def _done(cp: FakeCharger, command: str, now: datetime) -> CommandResult:
    return CommandResult(command=command, charge_point=cp.id, status="done", at=now)


def _rejected(cp: FakeCharger, command: str, now: datetime) -> CommandResult:
    return CommandResult(
        command=command, charge_point=cp.id, status="rejected", at=now, kind="unknown_charge_point"
    )


def view(cp: FakeCharger) -> bytes:
    if cp.facts.get("unviewable"):
        raise ValueError("no view of this")
    return orjson.dumps({"id": cp.id, "plugs": cp.facts["plugs"]})


def next_due(cp: FakeCharger) -> datetime | None:
    due = cp.facts.get("due")
    return datetime.fromtimestamp(due / 1e6, UTC) if due else None


FAKE = Core(
    blank=FakeCharger,
    load=FakeCharger.load,
    surround=Surroundings,
    decide=decide,
    fire=fire,
    give_up=give_up,
    view=view,
    next_due=next_due,
)
