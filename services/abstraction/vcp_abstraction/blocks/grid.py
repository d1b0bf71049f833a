"""Limits that come from outside: the grid, or whoever else caps the station without the backend."""

from vcp_contracts.actions import ReportLimit, ReportLimitCleared
from vcp_contracts.commands import LimitGrid
from vcp_contracts.profiles import ChargingProfile, ChargingSchedule, RateUnit, SchedulePeriod
from vcp_contracts.values import Place

from vcp_abstraction import installed, limits
from vcp_abstraction.blocks import transactions
from vcp_abstraction.charger import Charger, Impossible
from vcp_abstraction.facts.profiles import Installed

EXTERNAL_ID = -1
"""The id of the external limit of the station; an EVSE's is as many less as its number (2.0.1 K11 to K13)."""


def limit_grid(cp: Charger, it: LimitGrid) -> None:
    """Somebody else limits the station or an EVSE, or lifts that limit (2.0.1 K11 to K13)."""
    if it.current_a is not None and it.power_w is not None:
        raise Impossible(
            "give current_a or power_w, not both", field="power_w", remedy="leave one of them out"
        )
    if it.evse:
        cp.evse(it.evse)
    if not limits.count(cp):
        raise Impossible("smart charging is switched off", remedy="write SmartChargingCtrlr.Enabled")
    if not cp.settings.flag("SmartChargingCtrlr.ExternalControlSignalsEnabled"):
        raise Impossible(
            "the charger heeds no external limits",
            remedy="write SmartChargingCtrlr.ExternalControlSignalsEnabled",
        )
    if it.current_a is None and it.power_w is None:
        _lift(cp, it.evse)
    else:
        new = Installed(profile=_external(cp, it), evse=it.evse, source=it.source)
        installed.install(cp, new)
        _tell_limit(cp, new)
    transactions.follow_limits(cp)


def _tell_limit(cp: Charger, new: Installed) -> None:
    """2.0.1 K12: the backend hears of it, where it can."""
    if not _listens(cp, "report_limit"):
        return
    detailed = cp.settings.flag("SmartChargingCtrlr.NotifyChargingLimitWithSchedules")
    schedule = new.profile.schedules[0] if detailed else None
    place = Place(evse=new.evse)
    cp.enqueue(ReportLimit(**cp.words(), place=place, source=new.source, schedule=schedule), "express")


def _listens(cp: Charger, action: str) -> bool:
    return action in cp.manners.speaks and cp.online and cp.registered


def _external(cp: Charger, it: LimitGrid) -> ChargingProfile:
    unit: RateUnit = "A" if it.current_a is not None else "W"
    value = it.current_a if it.current_a is not None else it.power_w
    assert value is not None
    return ChargingProfile(
        id=EXTERNAL_ID - it.evse,
        stack_level=0,
        purpose="external",
        kind="absolute",
        schedules=(
            ChargingSchedule(
                id=0,
                start=cp.now.replace(microsecond=0),
                unit=unit,
                periods=(SchedulePeriod(start_s=0, limit=value),),
            ),
        ),
    )


def _lift(cp: Charger, evse: int) -> None:
    lifted = next(
        (e for e in cp.profiles.installed if e.profile.purpose == "external" and e.evse == evse), None
    )
    if lifted is None:
        raise Impossible("no such limit is set", field="evse", remedy="give current_a or power_w")
    cp.profiles.installed.remove(lifted)
    cp.touch("profiles")
    if _listens(cp, "report_limit_cleared"):
        place = Place(evse=evse)
        cp.enqueue(ReportLimitCleared(**cp.words(), place=place, source=lifted.source), "express")
