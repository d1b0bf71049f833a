"""Smart charging: profiles come, go, are listed and composed. `limits` says what they lead to."""

from vcp_contracts.actions import ReportProfiles
from vcp_contracts.profiles import ChargingProfile, LimitSource, RateUnit
from vcp_contracts.requests import (
    ClearProfiles,
    ComposeSchedule,
    Declined,
    ListProfiles,
    ProfilesCleared,
    ProfileSet,
    ProfilesListed,
    Request,
    ScheduleComposed,
    SetProfile,
    StartCharging,
)
from vcp_contracts.values import NOWHERE, STATION, Place

from vcp_abstraction import composite, installed, limits
from vcp_abstraction.blocks import transactions
from vcp_abstraction.charger import Charger
from vcp_abstraction.facts.places import EvseFacts
from vcp_abstraction.facts.profiles import HeldProfile, Installed
from vcp_abstraction.facts.transactions import Transaction
from vcp_abstraction.profiles import Capability, Flaw, flaw_of

MOST_STEPS = 1000
"""Changes of one EVSE's limit that a composite schedule looks at; a station's looks at fewer, as it has more EVSEs."""


# --- installing ------------------------------------------------------------------------------------------------------


def set_profile(cp: Charger, it: SetProfile) -> ProfileSet | Declined:
    """Installs a profile, and lets running transactions follow it at once (1.6 §5.16, 2.0.1 K01)."""
    if not limits.count(cp):
        return _none_here(cp, it)
    if not cp.knows(it.place):
        return Declined(**cp.reply(it), reason="bad_value", detail=_no_such(it.place))
    installed.drop_expired(cp)
    can = _capability(cp, it.place, in_use=it.profile.purpose == "tx")
    flaw = flaw_of(it.profile, can) or _flaw_of_place(cp, it.place, it.profile)
    new = Installed(profile=it.profile, evse=it.place.evse, transaction=_for(cp, it))
    flaw = flaw or _clash(cp, new) or _no_room(cp, new)
    if flaw is not None:
        return ProfileSet(**cp.reply(it), result="rejected", flaw=flaw.kind, detail=flaw.detail)
    installed.install(cp, new)
    transactions.follow_limits(cp)
    return ProfileSet(**cp.reply(it), result="accepted")


def _no_such(place: Place) -> str:
    return "there is no such EVSE" if place == NOWHERE else f"there is no EVSE {place.evse}"


def _none_here(cp: Charger, it: Request) -> Declined:
    return Declined(**cp.reply(it), reason="not_supported", detail="smart charging is switched off")


def _capability(cp: Charger, place: Place = STATION, *, in_use: bool = False) -> Capability:
    """What the charger can take at a place; `in_use`: for what is going on there, not also for what may come."""
    units: set[RateUnit] = {
        unit for unit in _UNITS if unit in cp.settings.members("SmartChargingCtrlr.RateUnit")
    }
    return Capability(
        stack_levels=cp.settings.seconds("SmartChargingCtrlr.ProfileStackLevel"),
        periods=cp.settings.seconds("SmartChargingCtrlr.PeriodsPerSchedule"),
        units=frozenset(units),
        strict_start=cp.manners.schedule_start == "strict",
        relative_station_limit=cp.manners.relative_station_limit == "accepted",
        direct_current=all(_only_direct(cp, evse, in_use=in_use) for evse in cp.evses_at(place)),
    )


def _only_direct(cp: Charger, evse: EvseFacts, *, in_use: bool) -> bool:
    if in_use and evse.connected is not None:
        return limits.is_direct_current(cp, evse)
    return all(part.direct_current for part in cp.configuration.evses[evse.id - 1].connectors)


_UNITS: tuple[RateUnit, ...] = ("A", "W")


def _for(cp: Charger, it: SetProfile) -> str | None:
    """The transaction that a profile is for."""
    if it.profile.purpose != "tx" or it.place.evse == 0:
        return None
    transaction = cp.facts.evses[it.place.evse - 1].transaction
    return transaction.id if transaction is not None else None


def _flaw_of_place(cp: Charger, place: Place, profile: ChargingProfile) -> Flaw | None:
    if profile.purpose == "station_max" and place.evse != 0:
        return Flaw("bad_profile", "the station's limit is for the whole station")
    if profile.purpose != "tx":
        return None
    if place.evse == 0:
        return Flaw("bad_profile", "a transaction's profile needs its EVSE")
    transaction = cp.facts.evses[place.evse - 1].transaction
    if transaction is None:
        return Flaw("no_transaction", f"no transaction is running at EVSE {place.evse}")
    if profile.transaction is None:
        if cp.manners.unnamed_tx_profile == "current":
            return None
        return Flaw("bad_profile", "a transaction's profile must name it")
    if profile.transaction != _wire_name(cp, transaction):
        return Flaw("no_transaction", f"another transaction is running at EVSE {place.evse}")
    return None


def _wire_name(cp: Charger, transaction: Transaction) -> str | None:
    if cp.manners.transactions_named_by == "station":
        return transaction.id
    return cp.facts.tellings[transaction.id].backend_name


def _clash(cp: Charger, new: Installed) -> Flaw | None:
    """2.0.1 K01.FR.06, .39, .52, .53: one profile of a purpose and stack level at a time, unless it is the same one anew."""
    if cp.manners.same_profile == "replaced":
        return None
    for old in cp.profiles.installed:
        if old.profile.id == new.profile.id or old.profile.purpose == "external":
            continue
        same = (old.profile.purpose, old.profile.stack_level) == (
            new.profile.purpose,
            new.profile.stack_level,
        )
        both = old.evse == new.evse or (new.profile.purpose == "tx_default" and 0 in (old.evse, new.evse))
        # K01.FR.39: two of one transaction may not even follow one another
        if same and both and (new.profile.purpose == "tx" or _overlap(old.profile, new.profile)):
            return Flaw("duplicate", f"profile {old.profile.id} has this purpose and stack level")
    return None


def _overlap(one: ChargingProfile, other: ChargingProfile) -> bool:
    return not (_before(one, other) or _before(other, one))


def _before(one: ChargingProfile, other: ChargingProfile) -> bool:
    return one.valid_to is not None and other.valid_from is not None and one.valid_to <= other.valid_from


def _no_room(cp: Charger, new: Installed) -> Flaw | None:
    most = cp.settings.seconds("Custom.MaxChargingProfilesInstalled")
    held = sum(evse.held is not None for evse in cp.facts.evses)
    kept = [
        e
        for e in cp.profiles.installed
        if e.profile.purpose != "external" and not installed.replaces(cp, new, e)
    ]
    return Flaw("too_many", f"the charger keeps {most} profiles") if len(kept) + held >= most else None


def hold(cp: Charger, evse: EvseFacts, it: StartCharging) -> Flaw | None:
    """Judges the profile that came along with a remote start, and keeps it for the transaction (1.6 §5.16.2, K05)."""
    evse.held = None
    profile = it.profile
    if profile is None or not limits.count(cp):
        return None
    flaw = flaw_of(profile, _capability(cp, Place(evse=evse.id), in_use=True))
    if flaw is None and (profile.purpose != "tx" or profile.transaction is not None):
        flaw = Flaw("bad_profile", "a remote start takes a transaction's profile that names no transaction")
    flaw = flaw or _no_room(cp, Installed(profile=profile, evse=evse.id))
    if flaw is not None:
        return flaw
    evse.held = HeldProfile(profile=profile, token=it.token)
    return None


# --- clearing --------------------------------------------------------------------------------------------------------


def clear_profiles(cp: Charger, it: ClearProfiles) -> ProfilesCleared | Declined:
    """Removes the profiles that are meant; others' constraints stay (1.6 §5.5, 2.0.1 K10)."""
    if not limits.count(cp):
        return _none_here(cp, it)
    kept = [each for each in cp.profiles.installed if not _is_meant(each, it)]
    if len(kept) == len(cp.profiles.installed):
        return ProfilesCleared(**cp.reply(it), result="unknown")
    cp.profiles.installed = kept
    cp.touch("profiles")
    transactions.follow_limits(cp)
    return ProfilesCleared(**cp.reply(it), result="accepted")


def _is_meant(each: Installed, it: ClearProfiles) -> bool:
    profile = each.profile
    if profile.purpose == "external":
        return False
    if it.profile is not None:
        return profile.id == it.profile
    return (
        (it.place is None or it.place.evse == each.evse)
        and it.purpose in (None, profile.purpose)
        and it.stack_level in (None, profile.stack_level)
    )


# --- listing ---------------------------------------------------------------------------------------------------------


def list_profiles(cp: Charger, it: ListProfiles) -> ProfilesListed | Declined:
    """Reports profiles, a message for each place and source (2.0.1 K09)."""
    if not limits.count(cp) or "report_profiles" not in cp.manners.speaks:
        return _none_here(cp, it)
    pages: dict[tuple[int, LimitSource], list[ChargingProfile]] = {}
    for each in cp.profiles.installed:
        if _is_wanted(each, it):
            # one that came along with a remote start has its transaction's name since
            named = each.profile.model_copy(update={"transaction": each.transaction})
            pages.setdefault((each.evse, each.source), []).append(named)
    if not pages:
        return ProfilesListed(**cp.reply(it), result="none")
    cp.origin = "answer_to"
    for left, ((evse, source), profiles) in zip(reversed(range(len(pages))), pages.items(), strict=True):
        cp.enqueue(
            ReportProfiles(
                **cp.words(),
                report=it.report,
                place=Place(evse=evse),
                source=source,
                profiles=tuple(profiles),
                more=left > 0,
            ),
            "express",
        )
    return ProfilesListed(**cp.reply(it), result="accepted")


def _is_wanted(each: Installed, it: ListProfiles) -> bool:
    profile = each.profile
    return (
        (it.place is None or it.place.evse == each.evse)
        and (not it.profiles or profile.id in it.profiles)
        and it.purpose in (None, profile.purpose)
        and it.stack_level in (None, profile.stack_level)
        and (not it.sources or each.source in it.sources)
    )


# --- composing -------------------------------------------------------------------------------------------------------


def compose_schedule(cp: Charger, it: ComposeSchedule) -> ScheduleComposed | Declined:
    """What all profiles together will allow from now on (1.6 §5.7, 2.0.1 K08)."""
    if not limits.count(cp):
        return _none_here(cp, it)
    if not cp.knows(it.place):
        detail = _no_such(it.place)
        return ScheduleComposed(**cp.reply(it), result="rejected", flaw="unknown_place", detail=detail)
    if it.duration_s < 0:
        detail = "the duration can't be negative"
        return ScheduleComposed(**cp.reply(it), result="rejected", flaw="bad_duration", detail=detail)
    unit = it.unit or _usual_unit(cp, it.place)
    if unit not in _capability(cp).units:
        detail = f"the charger takes no limits in {unit}"
        return ScheduleComposed(**cp.reply(it), result="rejected", flaw="bad_unit", detail=detail)
    start = cp.now
    periods, reach_s = _composed(cp, it, unit)
    return ScheduleComposed(
        **cp.reply(it), result="accepted", start=start, duration_s=reach_s, unit=unit, periods=periods
    )


def _composed(cp: Charger, it: ComposeSchedule, unit: RateUnit) -> composite.Composite:
    evses = cp.facts.evses
    if it.place.evse == 0:
        return composite.of_station(cp, unit, it.duration_s, max(50, MOST_STEPS // len(evses)))
    return composite.of_evse(cp, evses[it.place.evse - 1], unit, it.duration_s, MOST_STEPS)


def _usual_unit(cp: Charger, place: Place) -> RateUnit:
    """Watts for direct current, else amperes, unless the charger knows only the other."""
    direct = any(limits.is_direct_current(cp, evse) for evse in cp.evses_at(place))
    wanted: RateUnit = "W" if direct else "A"
    units = _capability(cp).units
    return wanted if wanted in units or not units else next(iter(units))
