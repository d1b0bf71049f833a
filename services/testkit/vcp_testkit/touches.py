"""What can be done to a charge point, a method a command. Written by `writing_touches`: change that.

Fields mean what they mean in `vcp_contracts.commands`. Each method gives the command's result, and raises Problem
where the charge point refuses; with `wait_s` 0 the command is only given.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Generic, Literal, TypeVar

from vcp_contracts.commands import AnswerToData, FirmwareBehaviour, UploadBehaviour
from vcp_contracts.rules import Rule
from vcp_contracts.values import (
    ChargingState,
    FaultKind,
    FineStatus,
    SecurityEventKind,
    StopReason,
    TokenKind,
    TokenStatus,
    Trigger,
)

from vcp_testkit.control_api import WAIT_S

Result = TypeVar("Result")


class Touches(Generic[Result]):
    """The touches of a charge point. `Result`: the document that tells how it went, or a promise of it."""

    def touch(self, verb: str, fields: Mapping[str, object], wait_s: float) -> Result:
        """Gives one command; fields that are None are left out."""
        raise NotImplementedError

    def power_on(self, *, wait_s: float = WAIT_S) -> Result:
        """Gives the charger mains power: it boots."""
        __tracebackhide__ = True
        return self.touch("power-on", {}, wait_s)

    def power_off(self, *, wait_s: float = WAIT_S) -> Result:
        """Takes the mains power away: the link resets, nothing is told; open transactions end with power loss."""
        __tracebackhide__ = True
        return self.touch("power-off", {}, wait_s)

    def power_cycle(self, *, wait_s: float = WAIT_S) -> Result:
        """Power off and on again."""
        __tracebackhide__ = True
        return self.touch("power-cycle", {}, wait_s)

    def go_online(self, *, wait_s: float = WAIT_S) -> Result:
        """Connects to the configured backend and stays connected. Done at the first link, or the first failure to link."""
        __tracebackhide__ = True
        return self.touch("go-online", {}, wait_s)

    def go_offline(
        self,
        how: Literal["close", "reset", "silent", "refuse"] = "close",
        seconds: float | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Loses the network: `close` says goodbye, `reset` cuts the connection, `silent` leaves it half open,
        `refuse` cuts it and refuses every new one. Stays offline until GoOnline, or for `seconds`."""
        __tracebackhide__ = True
        return self.touch("go-offline", {"how": how, "seconds": seconds}, wait_s)

    def plug_in(
        self,
        evse: int = 1,
        connector: int = 1,
        end: Literal["ev", "station", "both"] = "both",
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Puts a cable in. `end` says which: the EV's end of a fixed cable, the station's end, or both."""
        __tracebackhide__ = True
        return self.touch("plug-in", {"evse": evse, "connector": connector, "end": end}, wait_s)

    def unplug(
        self,
        evse: int = 1,
        connector: int = 1,
        end: Literal["ev", "station", "both"] = "both",
        force: bool = False,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Pulls the cable. The station's end cannot be pulled while locked, unless `force` breaks it out."""
        __tracebackhide__ = True
        return self.touch(
            "unplug", {"evse": evse, "connector": connector, "end": end, "force": force}, wait_s
        )

    def present_token(
        self, token: str, kind: TokenKind | None = None, evse: int | None = None, *, wait_s: float = WAIT_S
    ) -> Result:
        """Holds a token to the reader: starts a session at `evse` (or the one that is plugged), or stops it."""
        __tracebackhide__ = True
        return self.touch("present-token", {"token": token, "kind": kind, "evse": evse}, wait_s)

    def put_token(
        self,
        where: Literal["list", "cache"],
        token: str,
        kind: TokenKind | None = None,
        status: TokenStatus = "accepted",
        valid_until: datetime | None = None,
        group: str | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Writes a verdict on a token into the charger's local list or cache, past its backend."""
        __tracebackhide__ = True
        return self.touch(
            "put-token",
            {
                "where": where,
                "token": token,
                "kind": kind,
                "status": status,
                "valid_until": valid_until,
                "group": group,
            },
            wait_s,
        )

    def remove_token(
        self,
        where: Literal["list", "cache"],
        token: str | None = None,
        kind: TokenKind | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Takes a token out of the charger's local list or cache; without `token`, all of them."""
        __tracebackhide__ = True
        return self.touch("remove-token", {"where": where, "token": token, "kind": kind}, wait_s)

    def press_start(self, evse: int = 1, *, wait_s: float = WAIT_S) -> Result:
        """Presses the start button: a session without a token."""
        __tracebackhide__ = True
        return self.touch("press-start", {"evse": evse}, wait_s)

    def press_stop(
        self, evse: int = 1, why: Literal["local", "ev", "other"] = "local", *, wait_s: float = WAIT_S
    ) -> Result:
        """Presses the stop button, or lets the EV end the session."""
        __tracebackhide__ = True
        return self.touch("press-stop", {"evse": evse, "why": why}, wait_s)

    def press_emergency(self, *, wait_s: float = WAIT_S) -> Result:
        """Presses the emergency button: every transaction ends."""
        __tracebackhide__ = True
        return self.touch("press-emergency", {}, wait_s)

    def set_ev(
        self,
        evse: int = 1,
        connector: int = 1,
        power_w: float | None = None,
        current_a: float | None = None,
        phases: int | None = None,
        soc_percent: float | None = None,
        battery_wh: float | None = None,
        ready: bool | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Changes the EV at a connector, or the one that will come: what it draws, its battery, whether it is ready.

        Power is the least of the EV's wish, the connector and the station's limits. Give `power_w` or `current_a`.
        `phases` are those of its charger on board: what it draws of direct current has none."""
        __tracebackhide__ = True
        return self.touch(
            "set-ev",
            {
                "evse": evse,
                "connector": connector,
                "power_w": power_w,
                "current_a": current_a,
                "phases": phases,
                "soc_percent": soc_percent,
                "battery_wh": battery_wh,
                "ready": ready,
            },
            wait_s,
        )

    def limit_grid(
        self,
        evse: int = 0,
        current_a: float | None = None,
        power_w: float | None = None,
        source: Literal["energy_manager", "grid_operator", "other"] = "energy_manager",
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Somebody other than the backend (an energy manager, the grid's operator) limits the station, or one EVSE.
        Neither `current_a` nor `power_w`: the limit is lifted."""
        __tracebackhide__ = True
        return self.touch(
            "limit-grid", {"evse": evse, "current_a": current_a, "power_w": power_w, "source": source}, wait_s
        )

    def set_meter(self, register_wh: float, evse: int = 1, *, wait_s: float = WAIT_S) -> Result:
        """Sets an EVSE's energy register. It can't run backwards while a transaction is open."""
        __tracebackhide__ = True
        return self.touch("set-meter", {"evse": evse, "register_wh": register_wh}, wait_s)

    def raise_fault(
        self,
        evse: int = 0,
        connector: int | None = None,
        kind: FaultKind = "other_error",
        blocking: bool = True,
        info: str | None = None,
        vendor: str | None = None,
        vendor_code: str | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Something breaks at `evse` (0: the station)."""
        __tracebackhide__ = True
        return self.touch(
            "raise-fault",
            {
                "evse": evse,
                "connector": connector,
                "kind": kind,
                "blocking": blocking,
                "info": info,
                "vendor": vendor,
                "vendor_code": vendor_code,
            },
            wait_s,
        )

    def clear_fault(
        self,
        evse: int = 0,
        connector: int | None = None,
        kind: FaultKind | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """A fault is mended; without `kind`, every fault at the place."""
        __tracebackhide__ = True
        return self.touch("clear-fault", {"evse": evse, "connector": connector, "kind": kind}, wait_s)

    def raise_security_event(
        self,
        kind: SecurityEventKind = "tampering",
        info: str | None = None,
        tell: Literal["always", "by_rule"] = "always",
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Something happens that concerns security; it is written into the security log, and told to the backend.

        `tell`: in any case, or only if the charger would tell it by itself."""
        __tracebackhide__ = True
        return self.touch("raise-security-event", {"kind": kind, "info": info, "tell": tell}, wait_s)

    def renew_certificate(self, *, wait_s: float = WAIT_S) -> Result:
        """The charger makes a new key by itself, and asks the backend to sign its certificate."""
        __tracebackhide__ = True
        return self.touch("renew-certificate", {}, wait_s)

    def write_setting(self, name: str, value: str, *, wait_s: float = WAIT_S) -> Result:
        """An installer writes a setting, also a read-only one. `name` is a key (`HeartbeatInterval`) or
        `Component.Variable[instance]`."""
        __tracebackhide__ = True
        return self.touch("write-setting", {"name": name, "value": value}, wait_s)

    def meter_now(
        self,
        evse: int = 1,
        context: Literal["clock", "periodic", "interruption_begin", "interruption_end", "other"] = "periodic",
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Takes a meter reading now and reports it."""
        __tracebackhide__ = True
        return self.touch("meter-now", {"evse": evse, "context": context}, wait_s)

    def ask(
        self,
        word: Literal["boot", "beat", "status", "meter", "authorize"],
        evse: int | None = None,
        token: str | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Sends a message by name, caused by nothing else. Done when it was answered; the result tells how."""
        __tracebackhide__ = True
        return self.touch("ask", {"word": word, "evse": evse, "token": token}, wait_s)

    def send_data(
        self, vendor: str, message: str | None = None, content: object = None, *, wait_s: float = WAIT_S
    ) -> Result:
        """Passes vendor data to the backend. Done when it was answered; the result carries the answer."""
        __tracebackhide__ = True
        return self.touch("send-data", {"vendor": vendor, "message": message, "content": content}, wait_s)

    def set_behaviour(
        self,
        unlock: Literal["works", "fails"] | None = None,
        reset: Literal["works", "refused"] | None = None,
        restart_failures: int | None = None,
        after_power_loss: Literal["end", "resume"] | None = None,
        accepts_data_from: Sequence[str] | None = None,
        data_answers: Sequence[AnswerToData | Mapping[str, object]] | None = None,
        firmware: FirmwareBehaviour | Mapping[str, object] | None = None,
        upload: UploadBehaviour | Mapping[str, object] | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """How the charger's parts behave from now on. Fields left out stay as they are."""
        __tracebackhide__ = True
        return self.touch(
            "set-behaviour",
            {
                "unlock": unlock,
                "reset": reset,
                "restart_failures": restart_failures,
                "after_power_loss": after_power_loss,
                "accepts_data_from": accepts_data_from,
                "data_answers": data_answers,
                "firmware": firmware,
                "upload": upload,
            },
            wait_s,
        )

    def set_clock(
        self,
        time: datetime | None = None,
        speed: float | None = None,
        source: Literal["backend", "own"] | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Sets the charger's own clock: its time, how fast it runs, and whether the backend's time is taken over."""
        __tracebackhide__ = True
        return self.touch("set-clock", {"time": time, "speed": speed, "source": source}, wait_s)

    def advance_clock(self, seconds: float, *, wait_s: float = WAIT_S) -> Result:
        """Lets time pass at once on the charger's own clock: what falls due on the way happens, at its time."""
        __tracebackhide__ = True
        return self.touch("advance-clock", {"seconds": seconds}, wait_s)

    def add_rule(self, rule: Rule | Mapping[str, object], *, wait_s: float = WAIT_S) -> Result:
        """Says what becomes of messages that match, from now on. A rule of the same name is replaced, its counts with it."""
        __tracebackhide__ = True
        return self.touch("add-rule", {"rule": rule}, wait_s)

    def remove_rules(self, name: str | None = None, *, wait_s: float = WAIT_S) -> Result:
        """Takes a rule away, or all. What they hold back goes its way."""
        __tracebackhide__ = True
        return self.touch("remove-rules", {"name": name}, wait_s)

    def release_frame(
        self,
        frame: str,
        payload: Mapping[str, object] | None = None,
        text: str | None = None,
        drop: bool = False,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Ends the holding back of a message: it goes its way as it is, with another payload, as another text, or is lost."""
        __tracebackhide__ = True
        return self.touch(
            "release-frame", {"frame": frame, "payload": payload, "text": text, "drop": drop}, wait_s
        )

    def set_gates(
        self,
        handler: Literal["closed", "open"] | None = None,
        abstraction: Literal["closed", "open"] | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Opens a gate on purpose, or closes it again. What passes an open gate is marked in the wire record.

        The Handler's open gate lets invalid payloads out. The Abstraction's lets out what does not fit the charger's state:
        what somebody asks it to say before the boot is accepted, claims (ClaimStatus, ClaimTransaction), and raw messages at
        any moment, also while another call is open. None leaves a gate as it is."""
        __tracebackhide__ = True
        return self.touch("set-gates", {"handler": handler, "abstraction": abstraction}, wait_s)

    def claim_status(
        self,
        status: FineStatus,
        evse: int = 1,
        connector: int = 1,
        fault: FaultKind | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Tells a status that is not so, of any place. Only while the charger's own gate is open (SetGates); the charger
        itself stays as it is, and takes no notice of the answer. Done when it was answered; the result tells how."""
        __tracebackhide__ = True
        return self.touch(
            "claim-status", {"status": status, "evse": evse, "connector": connector, "fault": fault}, wait_s
        )

    def claim_transaction(
        self,
        phase: Literal["started", "updated", "ended"],
        evse: int = 1,
        connector: int = 1,
        transaction: str | None = None,
        backend_name: str | None = None,
        token: str | None = None,
        seq: int = 0,
        trigger: Trigger | None = None,
        state: ChargingState | None = None,
        stop_reason: StopReason | None = None,
        register_wh: int | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Tells of a transaction that is not there: that it started, went on, or ended. Only while the charger's own gate
        is open (SetGates); the charger itself stays as it is, and takes no notice of the answer. Done when it was answered;
        the result tells how, and the transaction's name."""
        __tracebackhide__ = True
        return self.touch(
            "claim-transaction",
            {
                "phase": phase,
                "evse": evse,
                "connector": connector,
                "transaction": transaction,
                "backend_name": backend_name,
                "token": token,
                "seq": seq,
                "trigger": trigger,
                "state": state,
                "stop_reason": stop_reason,
                "register_wh": register_wh,
            },
            wait_s,
        )

    def send_raw(
        self,
        action: str | None = None,
        payload: Mapping[str, object] | None = None,
        text: str | None = None,
        message_id: str | None = None,
        unchecked: bool = False,
        timeout_s: float | None = None,
        *,
        wait_s: float = WAIT_S,
    ) -> Result:
        """Sends any action with any payload, or any text. The command ends with the answer, or without one in time.

        A text that is a call by OCPP's frame rules is answered too; any other is done once it is written."""
        __tracebackhide__ = True
        return self.touch(
            "send-raw",
            {
                "action": action,
                "payload": payload,
                "text": text,
                "message_id": message_id,
                "unchecked": unchecked,
                "timeout_s": timeout_s,
            },
            wait_s,
        )
