"""Charging profiles, and the schedule that comes of them."""

from typing import Literal

from pydantic import AwareDatetime

from vcp_contracts.profiles import (
    ChargingProfile,
    LimitSource,
    ProfileFlaw,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
)
from vcp_contracts.requests.envelope import Reply, Request
from vcp_contracts.values import Place


class SetProfile(Request):
    """Install a charging profile at a place, in the stead of the one it replaces."""

    type: Literal["set_profile"] = "set_profile"
    place: Place
    profile: ChargingProfile


class ProfileSet(Reply):
    """Whether it was installed, and if not, why."""

    type: Literal["profile_set"] = "profile_set"
    result: Literal["accepted", "rejected"]
    flaw: ProfileFlaw | None = None


class ClearProfiles(Request):
    """Remove charging profiles: the one with this id, or all to which every criterion given applies."""

    type: Literal["clear_profiles"] = "clear_profiles"
    profile: int | None = None
    place: Place | None = None
    """Where it is installed: the station itself, or an EVSE."""
    purpose: ProfilePurpose | None = None
    stack_level: int | None = None


class ProfilesCleared(Reply):
    """Whether there were any."""

    type: Literal["profiles_cleared"] = "profiles_cleared"
    result: Literal["accepted", "unknown"]


class ListProfiles(Request):
    """Report the charging profiles to which every criterion given applies, in messages of their own."""

    type: Literal["list_profiles"] = "list_profiles"
    report: int
    place: Place | None = None
    """Where they are installed: the station itself, or an EVSE."""
    profiles: tuple[int, ...] = ()
    """Their ids; none: any."""
    purpose: ProfilePurpose | None = None
    stack_level: int | None = None
    sources: tuple[LimitSource, ...] = ()
    """Who set them; none: anyone."""


class ProfilesListed(Reply):
    """Whether there is anything to report."""

    type: Literal["profiles_listed"] = "profiles_listed"
    result: Literal["accepted", "none"]


class ComposeSchedule(Request):
    """Say what limits all profiles together will give, from now on for `duration_s` seconds."""

    type: Literal["compose_schedule"] = "compose_schedule"
    place: Place
    duration_s: int
    unit: RateUnit | None = None


class ScheduleComposed(Reply):
    """The limits, rounded to one decimal. Without a limit a period shows what the hardware can give."""

    type: Literal["schedule_composed"] = "schedule_composed"
    result: Literal["accepted", "rejected"]
    flaw: Literal["bad_unit", "unknown_place", "bad_duration"] | None = None
    start: AwareDatetime | None = None
    duration_s: int | None = None
    """How far the periods reach: less than was asked for where there would be too many of them."""
    unit: RateUnit | None = None
    periods: tuple[SchedulePeriod, ...] = ()
