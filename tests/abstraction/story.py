"""Tells a charger's story in tests: touch it, answer for the backend, and look at what it says. No clock, no broker."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bare import bare
from vcp_abstraction.charger import Charger, Decision, Surroundings
from vcp_abstraction.decide import decide, fire
from vcp_abstraction.due import next_due
from vcp_contracts import commands as c
from vcp_contracts.chores import ChoreDone
from vcp_contracts.configuration import ChargePointConfiguration
from vcp_contracts.letters import to_abstraction
from vcp_contracts.link import LinkUp, RulesInForce
from vcp_contracts.manners import Manners
from vcp_contracts.outcomes import (
    Acknowledged,
    Answered,
    AuthorizeAnswer,
    BeatAnswer,
    BootAnswer,
    SigningAnswer,
    TransactionAnswer,
)
from vcp_contracts.results import CommandResult
from vcp_contracts.values import TokenInfo

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)

THREE_MESSAGES = Manners(
    speaks=frozenset(
        {
            "boot",
            "beat",
            "authorize",
            "report_status",
            "report_transaction",
            "report_meter",
            "pass_data",
            "report_firmware",
            "report_upload",
            "report_security_event",
            "ask_signing",
        }
    ),
    session_style="three_messages",
    transactions_named_by="backend",
    start_points=frozenset({"power_path_closed"}),
    stop_points=frozenset({"authorized"}),
    transaction_updates="meter_only",
    end_data_interval="sample_interval",
    end_data_unless_set="nothing",
    status_words="fine",
    status_scope="station_and_evse",
    status_carries_fault=True,
    status_after_reconnect="changed",
    station_availability="overwrites",
    idle_meter_is_durable=True,
    triggered_meter_uses="sampled",
    pre_authorize_covers_list=True,
    cache_excludes_list=True,
    token_max=20,
    token_typed=False,
    anonymous_start=False,
    unlock_in_transaction="ends_it",
    rejected_gate="silent",
    power_limit_reading="total",
    password_rule="hex_or_text",
    future_certificate="kept",
    security_profile_set_by="setting",
    security_events="with_security_profile",
    resume_reset=False,
    same_profile="replaced",
    own_default_profile="overrides",
    unnamed_tx_profile="current",
    reserved_remote_start="asks",
    schedule_start="optional",
    relative_station_limit="accepted",
    triggered_boot="again_after_reconnect",
    empty_list_version="zero",
    listed_concurrent="valid",
    unplugged_transaction="waits",
    heartbeat_may_rest=True,
    call_timeout_set_by="setting",
)
EVENT_STREAM = THREE_MESSAGES.model_copy(
    update={
        "speaks": THREE_MESSAGES.speaks
        | {
            "report_settings",
            "report_events",
            "report_reservation",
            "report_profiles",
            "report_limit",
            "report_limit_cleared",
        },
        "session_style": "event_stream",
        "transactions_named_by": "station",
        "start_points": None,
        "stop_points": None,
        "transaction_updates": "every_change",
        "end_data_interval": "own_interval",
        "end_data_unless_set": "register",
        "status_words": "coarse",
        "status_scope": "connector",
        "status_carries_fault": False,
        "status_after_reconnect": "all_after_threshold",
        "station_availability": "own_level",
        "idle_meter_is_durable": False,
        "triggered_meter_uses": "aligned",
        "pre_authorize_covers_list": False,
        "cache_excludes_list": False,
        "token_max": 36,
        "token_typed": True,
        "anonymous_start": True,
        "unlock_in_transaction": "refused",
        "rejected_gate": "security_error",
        "power_limit_reading": "per_phase",
        "same_profile": "refused",
        "own_default_profile": "pooled",
        "unnamed_tx_profile": "refused",
        "reserved_remote_start": "refused",
        "schedule_start": "strict",
        "relative_station_limit": "refused",
        "triggered_boot": "until_accepted",
        "empty_list_version": "kept",
        "listed_concurrent": "invalid",
        "unplugged_transaction": "times_out",
        "heartbeat_may_rest": False,
        "call_timeout_set_by": "network_slot",
        "future_certificate": "rejected",
        "csr_retry": "back_off",
        "security_profile_set_by": "network_slot",
        "security_events": "always",
        "password_rule": "text",
    }
)
SPOKEN = {"three": THREE_MESSAGES, "stream": EVENT_STREAM}


class Story:
    """One charger, its backend and the time between them."""

    def __init__(self, style: str = "three", *, bared: bool = True, **configuration: Any) -> None:
        self.cp = Charger("CP001")
        self.around = Surroundings(nonce="n", manners=SPOKEN, handler="h")
        self.now = NOON
        self.said: list[Any] = []
        self.ever_said: list[Any] = []
        self.chores: list[Any] = []
        self.events: list[Any] = []
        self.results: list[CommandResult] = []
        self.count = 0
        self.backend_fact = 0
        self.links = 0
        self.style = style
        configuration = {
            "url": "ws://backend/ocpp",
            "protocols": (style,),
            "call_timeout_s": 30.0,
        } | configuration
        self.result = self.do(
            c.Provision,
            configuration=ChargePointConfiguration(**(bare(configuration) if bared else configuration)),
        )

    # --- telling it something ---

    def hear(self, message: Any) -> Decision:
        """One message, as it would come off the stream."""
        again = to_abstraction.validate_json(message.model_dump_json())
        return self._took(decide(self.cp, again, self.now, self.around))

    def _took(self, decision: Decision) -> Decision:
        self.said += decision.to_handler
        self.ever_said += decision.to_handler
        self.chores += decision.to_chores
        self.events += decision.events
        self.results += decision.results
        self._kept_and_loaded()
        return decision

    def _kept_and_loaded(self) -> None:
        """Every step survives a crash: the charger goes on from what was kept."""
        sections = getattr(self, "sections", {})
        sections.update(self.cp.dump())
        self.sections = sections
        queue = getattr(self, "queue", {})
        written, removed = self.cp.drain_queue()
        queue.update(written)
        for n in removed:
            queue.pop(n, None)
        self.queue = queue
        if self.cp.exists:
            reborn = Charger.load("CP001", self.sections, self.queue)
            assert reborn.facts == self.cp.facts
            assert reborn.tokens == self.cp.tokens
            assert reborn.profiles == self.cp.profiles
            assert reborn.token_list == self.cp.token_list
            assert reborn.data_answers == self.cp.data_answers
            assert reborn.certificates == self.cp.certificates
            assert reborn.rules == self.cp.rules
            assert reborn.settings.values == self.cp.settings.values
            assert reborn.queue.keys() == self.cp.queue.keys()
            reborn.now = self.cp.now
            self.cp = reborn

    def do(self, command: type[c.Command], **fields: Any) -> CommandResult | None:
        """A command; its result if it is there already."""
        self.count += 1
        id = f"c{self.count}"
        decision = self.hear(command(id=id, charge_point="CP001", **fields))
        self.confirm(decision)
        return next((r for r in self.results if r.command == id), None)

    def confirm(self, decision: Decision) -> None:
        """The Handler has the rules that it was told of."""
        for word in decision.to_handler:
            if word.type == "set_rules" and word.confirm:
                self.hear(RulesInForce(id=f"{word.id}!", charge_point="CP001", order=word.id))

    def wait(self, seconds: float) -> None:
        """Time passes; what falls due happens at its time."""
        until = self.now + timedelta(seconds=seconds)
        while (due := next_due(self.cp)) is not None and due <= until:
            self.now = max(self.now, due)
            self._took(fire(self.cp, due, self.around))
        self.now = until

    # --- the wire ---

    def link_up(self, **more: Any) -> None:
        """The Handler made the link."""
        self.links += 1
        self.backend_fact = 0
        self.hear(
            LinkUp(
                id=f"u{self.links}",
                charge_point="CP001",
                link=self.link,
                order=self.cp.facts.link.order,
                subprotocol=self.style,
                **more,
            )
        )

    @property
    def link(self) -> str:
        return f"h/{self.links}"

    def fact(self) -> dict[str, Any]:
        """The envelope of the next fact of the link."""
        self.backend_fact += 1
        return {
            "id": f"{self.link}#{self.backend_fact}",
            "charge_point": "CP001",
            "link": self.link,
            "n": self.backend_fact,
        }

    def outcome(self, kind: Any, /, **fields: Any) -> Decision:
        """The action in flight ends."""
        flight = self.cp.facts.lanes.in_flight
        assert flight is not None, "nothing is in flight"
        return self.hear(kind(**self.fact(), action=flight.id, **fields))

    def answer(self, **fields: Any) -> Any:
        """The backend answers what is in flight as a good one would; returns the action that was answered."""
        flight = self.cp.facts.lanes.in_flight
        assert flight is not None, "nothing is in flight"
        action = next(word for word in reversed(self.ever_said) if word.id == flight.id)
        answers: dict[str, Any] = {
            "boot": lambda: BootAnswer(
                **({"verdict": "accepted", "now": self.now, "interval_s": 300} | fields)
            ),
            "beat": lambda: BeatAnswer(now=self.now),
            "ask_signing": lambda: SigningAnswer(accepted=fields.get("accepted", True)),
            "authorize": lambda: AuthorizeAnswer(info=fields.get("info", TokenInfo(status="accepted"))),
            "report_transaction": lambda: TransactionAnswer(
                info=fields.get("info", TokenInfo(status="accepted") if action.phase == "started" else None),
                backend_name=fields.get(
                    "name", "17" if action.phase == "started" and self.style == "three" else None
                ),
            ),
        }
        self.outcome(Answered, answer=answers.get(action.type, Acknowledged)())
        return action

    def answer_all(self) -> list[Any]:
        """The backend answers everything until nothing is in flight."""
        answered = []
        while self.cp.facts.lanes.in_flight is not None:
            answered.append(self.answer())
        return answered

    def request(self, kind: Any, /, **fields: Any) -> Any:
        """The backend wants something; returns the reply."""
        decision = self.hear(kind(**self.fact(), message_id="b1", **fields))
        return decision.to_handler[0]

    def online(self) -> "Story":
        """Connected, booted, everything told."""
        self.do(c.GoOnline)
        self.link_up()
        self.answer_all()
        self.said.clear()
        return self

    def worked(self, result: Any, chore: Any = None) -> Decision:
        """The chores worker has done the last chore, or another one."""
        chore = chore or next(c for c in reversed(self.chores) if c.type != "drop_chore")
        self.count += 1
        return self.hear(ChoreDone(id=f"w{self.count}", charge_point="CP001", chore=chore.id, result=result))

    # --- looking ---

    def words(self) -> list[str]:
        """What was said since the last look, in short."""
        said, self.said = self.said, []
        return [brief(word) for word in said]

    def seen(self, kind: str) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if event.type == kind]


def brief(word: Any) -> str:
    """A word in a few."""
    match word.type:
        case "report_status":
            return f"status {word.place.evse}.{word.place.connector or 0} {word.fine}/{word.coarse}"
        case "report_transaction":
            samples = "+".join(sorted({r.context for s in word.samples for r in s.readings}))
            return " ".join(
                filter(None, ["transaction", word.phase, word.trigger, word.state, word.stop_reason, samples])
            )
        case "report_firmware" | "report_upload":
            number = f" {word.request_id}" if word.request_id is not None else ""
            return f"{word.type.removeprefix('report_')} {word.stage}{number}"
        case _:
            return str(word.type)
