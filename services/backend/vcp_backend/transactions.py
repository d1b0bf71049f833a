"""Transactions as a record shows them, of either version. Gathers their messages; finds no fault with them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from vcp_backend.frames import Frame, Payload
from vcp_backend.letters import CALL, RESULT, Letter, opened

REGISTER = "Energy.Active.Import.Register"
FACTORS = {"Wh": 1.0, "kWh": 1000.0}


@dataclass
class Transaction:
    """One transaction of one charger; each list has every message once, however often it was sent.

    `name` is the backend's number (1.6) or the charger's id (2.0.1), and None for a start that got no number.
    """

    identity: str
    name: str | None
    starts: list[Letter] = field(default_factory=list)
    updates: list[Letter] = field(default_factory=list)
    stops: list[Letter] = field(default_factory=list)

    @property
    def messages(self) -> list[Letter]:
        """All messages in the order in which they first came."""
        return sorted(self.starts + self.updates + self.stops, key=lambda letter: letter.frame.seq)

    @property
    def seq_nos(self) -> list[int]:
        """The sequence numbers of a 2.0.1 transaction, as they first came; empty for 1.6."""
        numbers = (letter.payload.get("seqNo") for letter in self.messages)
        return [number for number in numbers if isinstance(number, int)]


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of the energy register. `place` tells registers apart: phase and location."""

    seq: int
    at: datetime
    place: tuple[str, str]
    energy_wh: float


def transactions(frames: Iterable[Frame]) -> list[Transaction]:
    """All transactions, in the order in which they first appear.

    A stop or a meter value of a number that nobody was given makes a transaction without a start.
    """
    letters = list(opened(frames))
    numbers = _numbers(letters)
    found: dict[tuple[str, str], Transaction] = {}
    seen: set[tuple[str, str, object]] = set()
    for letter in letters:
        if letter.kind != CALL or letter.frame.direction != "in":
            continue
        name = _name(letter, numbers)
        if name is None:
            continue
        # a repeat keeps its id; 2.0.1 allows a fresh one, and the sequence number tells
        mark = (letter.frame.identity, name, letter.payload.get("seqNo", letter.message_id))
        if mark not in seen:
            seen.add(mark)
            key = (letter.frame.identity, name)
            known = None if name.startswith("unnumbered ") else name
            _file(letter, found.setdefault(key, Transaction(letter.frame.identity, known)))
    return list(found.values())


def readings(transaction: Transaction) -> list[Reading]:
    """All values of the energy register that a transaction's messages bring, in order of their time.

    Raises ValueError, TypeError or KeyError for values or times that can't be read.
    """
    found = [reading for letter in transaction.messages for reading in _readings(letter)]
    return sorted(found, key=lambda reading: (reading.at, reading.energy_wh))


def _numbers(letters: Iterable[Letter]) -> dict[tuple[str, str], str]:
    """Which number each start got, by (identity, message id)."""
    starts: set[tuple[int, str]] = set()
    numbers: dict[tuple[str, str], str] = {}
    for letter in letters:
        talk = (letter.frame.socket_number, letter.message_id)
        if letter.action == "StartTransaction" and letter.frame.direction == "in":
            starts.add(talk)
        elif letter.kind == RESULT and letter.frame.direction == "out" and talk in starts:
            number = letter.payload.get("transactionId")
            if number is not None:
                numbers.setdefault((letter.frame.identity, letter.message_id), str(number))
    return numbers


def _name(letter: Letter, numbers: dict[tuple[str, str], str]) -> str | None:
    """The transaction that a call belongs to, or None for a call outside of any."""
    match letter.action:
        case "StartTransaction":
            own = (letter.frame.identity, letter.message_id)
            return numbers.get(own, f"unnumbered {letter.message_id}")
        case "StopTransaction" | "MeterValues" if "transactionId" in letter.payload:
            return str(letter.payload["transactionId"])
        case "TransactionEvent":
            info = letter.payload.get("transactionInfo")
            return str(info.get("transactionId")) if isinstance(info, dict) else None
    return None


def _file(letter: Letter, transaction: Transaction) -> None:
    kind = letter.payload.get("eventType", letter.action)
    match kind:
        case "StartTransaction" | "Started":
            transaction.starts.append(letter)
        case "StopTransaction" | "Ended":
            transaction.stops.append(letter)
        case _:
            transaction.updates.append(letter)


def _readings(letter: Letter) -> Iterator[Reading]:
    payload, seq = letter.payload, letter.frame.seq
    for name in ("meterStart", "meterStop"):
        if name in payload:
            at = datetime.fromisoformat(str(payload["timestamp"]))
            yield Reading(seq, at, ("", "Outlet"), float(str(payload[name])))
    meter_values = payload.get("meterValue", payload.get("transactionData", []))
    if not isinstance(meter_values, list):
        raise TypeError("meter values are a list")
    for meter_value in meter_values:
        at = datetime.fromisoformat(str(meter_value["timestamp"]))
        for sample in meter_value["sampledValue"]:
            if sample.get("measurand", REGISTER) == REGISTER and sample.get("format") != "SignedData":
                place = (str(sample.get("phase", "")), str(sample.get("location", "Outlet")))
                yield Reading(seq, at, place, _energy_wh(sample))


def _energy_wh(sample: Payload) -> float:
    unit = sample.get("unitOfMeasure", {})
    if not isinstance(unit, dict):
        raise TypeError("unitOfMeasure is an object")
    name = str(sample.get("unit", unit.get("unit", "Wh")))
    return float(str(sample["value"])) * FACTORS[name] * float(10 ** int(unit.get("multiplier", 0)))
