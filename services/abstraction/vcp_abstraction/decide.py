"""The index of all that a charger can do: one table, message type → plain function; and the one way through it.

`decide` and `fire` are pure: the same charger, message, time and surroundings give the same changes and words.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from vcp_contracts import chores, commands, link, outcomes, requests
from vcp_contracts.letters import ToAbstraction
from vcp_contracts.link import CloseLink
from vcp_contracts.outcomes import Outcome
from vcp_contracts.requests import Reply, Request
from vcp_contracts.words import Word

from vcp_abstraction import clock, due, errands, lanes, standing
from vcp_abstraction.blocks import (
    asking,
    authorization,
    availability,
    buttons,
    cable,
    certificates,
    claims,
    data,
    diagnostics,
    failures,
    faults,
    firmware,
    firmware_phases,
    grid,
    known_tokens,
    link_facts,
    metering,
    own_certificate,
    provisioning,
    raw,
    remote,
    reservation,
    restart,
    rules,
    security,
    setting_reports,
    settings,
    smart_charging,
    token_list,
    transactions,
)
from vcp_abstraction.blocks import chores as ends
from vcp_abstraction.blocks import link as links
from vcp_abstraction.charger import Charger, Decision, Impossible, Surroundings

COMMANDS: dict[type[Word], Callable[[Charger, Any], None]] = {
    commands.Provision: provisioning.provision,
    commands.Retire: provisioning.retire,
    commands.PowerOn: provisioning.power_on,
    commands.PowerOff: provisioning.power_off,
    commands.PowerCycle: provisioning.power_cycle,
    commands.GoOnline: links.go_online,
    commands.GoOffline: links.go_offline,
    commands.PlugIn: cable.plug_in,
    commands.Unplug: cable.unplug,
    commands.SetEv: cable.set_ev,
    commands.SetMeter: cable.set_meter,
    commands.LimitGrid: grid.limit_grid,
    commands.PresentToken: authorization.present_token,
    commands.PutToken: known_tokens.put_token,
    commands.RemoveToken: known_tokens.remove_token,
    commands.PressStart: buttons.press_start,
    commands.PressStop: buttons.press_stop,
    commands.PressEmergency: buttons.press_emergency,
    commands.RaiseFault: faults.raise_fault,
    commands.ClearFault: faults.clear_fault,
    commands.RaiseSecurityEvent: security.raise_security_event,
    commands.RenewCertificate: own_certificate.renew,
    commands.WriteSetting: settings.write_setting,
    commands.MeterNow: metering.meter_now,
    commands.Ask: asking.ask,
    commands.SendData: data.send_data,
    commands.SetBehaviour: data.set_behaviour,
    commands.SetClock: clock.set_clock,
    commands.AdvanceClock: clock.advance,
    commands.AddRule: rules.add_rule,
    commands.RemoveRules: rules.remove_rules,
    commands.ReleaseFrame: rules.release_frame,
    commands.SetGates: rules.set_gates,
    commands.ClaimStatus: claims.claim_status,
    commands.ClaimTransaction: claims.claim_transaction,
    commands.SendRaw: raw.send_raw,
}

REQUESTS: dict[type[Word], Callable[[Charger, Any], Reply | None]] = {
    requests.StartCharging: remote.start_charging,
    requests.StopCharging: remote.stop_charging,
    requests.Trigger: remote.trigger,
    requests.SetAvailability: availability.set_availability,
    requests.Unlock: availability.unlock,
    requests.Reset: restart.reset,
    requests.ForgetTokens: known_tokens.forget_tokens,
    requests.SetTokenList: token_list.set_token_list,
    requests.ReadTokenListVersion: token_list.read_version,
    requests.Reserve: reservation.reserve,
    requests.CancelReservation: reservation.cancel,
    requests.ReadSettings: settings.read_settings,
    requests.WriteSettings: settings.write_settings,
    requests.ListSettings: setting_reports.list_settings,
    requests.PassData: data.receive_data,
    requests.SetProfile: smart_charging.set_profile,
    requests.ClearProfiles: smart_charging.clear_profiles,
    requests.ListProfiles: smart_charging.list_profiles,
    requests.ComposeSchedule: smart_charging.compose_schedule,
    requests.TakeCertificate: own_certificate.take_certificate,
    requests.InstallRoot: certificates.install_root,
    requests.DeleteCertificate: certificates.delete_certificate,
    requests.ListCertificates: certificates.list_certificates,
    requests.UpdateFirmware: firmware.update,
    requests.UploadLog: diagnostics.upload_log,
}

OUTCOMES: dict[type[Word], Callable[[Charger, Any], None]] = {
    outcomes.Answered: asking.outcome,
    outcomes.Refused: asking.outcome,
    outcomes.Misanswered: asking.outcome,
    outcomes.Unanswered: asking.outcome,
    outcomes.Sent: asking.outcome,
    outcomes.Unspoken: asking.outcome,
    outcomes.Unwritable: asking.outcome,
}

FACTS: dict[type, Callable[[Charger, Any], None]] = {
    link.LinkUp: link_facts.link_up,
    link.LinkFailed: link_facts.link_failed,
    link.LinkDown: link_facts.link_down,
    link.HandlerUp: link_facts.handler_up,
    chores.ChoreDone: ends.done,
    chores.ChoresUp: errands.worker_up,
    link.RulesInForce: rules.rules_in_force,
    link.RuleHit: rules.rule_hit,
    link.FrameHeld: rules.frame_held,
    link.FrameLetGo: rules.frame_let_go,
}

NumberedFact = link.LinkDown | link.RuleHit | link.FrameHeld | link.FrameLetGo
NUMBERED = (link.LinkDown, link.RuleHit, link.FrameHeld, link.FrameLetGo)
"""Those that are numbered on their link, as outcomes and requests are."""

BRING_THEIR_OWN_RESULT = (
    commands.Provision,
    commands.Retire,
    commands.GoOnline,
    commands.Ask,
    commands.SendData,
    commands.AdvanceClock,
    commands.AddRule,
    commands.RemoveRules,
    commands.SetGates,
    commands.ReleaseFrame,
    commands.ClaimStatus,
    commands.ClaimTransaction,
    commands.SendRaw,
)
"""Commands whose end is not the end of their function."""


def decide(cp: Charger, message: Any, now: datetime, around: Surroundings) -> Decision:
    """One message: what the charger makes of it, and what it says."""
    decision = _begin(cp, now, around, getattr(message, "id", None))
    kind = type(message)
    if kind in COMMANDS:
        if not _command(cp, message):
            # nothing has changed, so nothing follows from it
            return decision
    elif not cp.exists:
        _nobody_there(cp, message)
    elif kind in FACTS:
        if not isinstance(message, NUMBERED) or _in_order(cp, message):
            FACTS[kind](cp, message)
    elif _in_order(cp, message):
        _heard(cp, message)
    _settle(cp)
    return decision


def fire(cp: Charger, now: datetime, around: Surroundings) -> Decision:
    """A time has come: what was due then."""
    decision = _begin(cp, now, around, None)
    due.fire_due(cp)
    _settle(cp)
    return decision


def give_up(
    cp: Charger, message: ToAbstraction, reason: str, now: datetime, around: Surroundings
) -> Decision:
    """`decide` has raised on a message, and the charger is as before: what waits for that message ends, the wire's facts
    count on, and the next action may leave. Commands and requests are answered by whoever asks for this."""
    decision = _begin(cp, now, around, message.id)
    if cp.exists and _is_counted(cp, message):
        failures.give_up(cp, message, reason)
    if cp.exists:
        _release(cp)
    return decision


def _is_counted(cp: Charger, it: ToAbstraction) -> bool:
    """Whether it is to be looked at, and not from a link that is gone. Counted once more, it is never missed again."""
    if not isinstance(it, (Outcome, Request, *NUMBERED)):
        return True
    facts = cp.facts.link
    if it.link != facts.id or it.n < facts.next_fact:
        return False
    facts.next_fact = it.n + 1
    return True


def _begin(cp: Charger, now: datetime, around: Surroundings, cause: str | None) -> Decision:
    cp.real = max(now, cp.real)
    cp.now = cp.facts.clock.at(cp.real)
    cp.around = around
    cp.decision = Decision()
    cp.cause = cause
    cp.after = None
    cp.origin = "own"
    return cp.decision


def _command(cp: Charger, it: commands.Command) -> bool:
    """Whether it was carried out, or begun."""
    if not cp.exists and not isinstance(it, commands.Provision):
        cp.rejected(
            it.id,
            "unknown_charge_point",
            field="charge_point",
            reason="there is no such charge point",
            remedy="provision it first",
        )
        return False
    try:
        COMMANDS[type(it)](cp, it)
    except Impossible as no:
        cp.rejected(it.id, "impossible", field=no.field, reason=no.reason, remedy=no.remedy)
        return False
    if not isinstance(it, BRING_THEIR_OWN_RESULT):
        cp.done(it.id)
    return True


def _in_order(cp: Charger, it: Outcome | Request | NumberedFact) -> bool:
    """Whether a fact of a link is the next one of the link that stands. A gap gives the link up."""
    facts = cp.facts.link
    if it.link != facts.id or it.n < facts.next_fact:
        return False
    if it.n > facts.next_fact:
        links.reopen(cp, f"facts {facts.next_fact} to {it.n - 1} of the link are missing")
        return False
    facts.next_fact += 1
    return True


def _heard(cp: Charger, it: Any) -> None:
    kind = type(it)
    if kind in OUTCOMES:
        OUTCOMES[kind](cp, it)
        return
    # what a request causes leaves after its answer
    cp.after = it.id
    reply = REQUESTS[kind](cp, it)
    if reply is not None:
        cp.decision.to_handler.insert(0, reply)


def _nobody_there(cp: Charger, it: Any) -> None:
    """A link of a charger that was retired is closed."""
    if isinstance(it, link.LinkUp):
        cp.say(CloseLink(id=cp.mint(), charge_point=cp.id, at=cp.now, cause=it.id, order=it.order + 1))


def _settle(cp: Charger) -> None:
    """After everything: what waited for this, and the next action that may leave."""
    if not cp.exists:
        return
    reservation.review(cp)
    firmware_phases.perhaps_install(cp)
    restart.perhaps_restart(cp)
    transactions.begin_what_waits(cp)
    if cp.rules is not None:
        standing.hand_over(cp, cp.rules)
    _release(cp)


def _release(cp: Charger) -> None:
    """Lets the next action leave, past those that can't."""
    while (stuck := lanes.release(cp)) is not None:
        failures.end(cp, cp.dequeue(stuck.n), stuck.reason)


__all__ = ["Decision", "Surroundings", "decide", "fire", "give_up"]
