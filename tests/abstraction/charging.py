"""Literal charging profiles for stories, in few words; and a charger that lives on the day of the worked examples."""

from datetime import UTC, datetime, timedelta
from typing import Any

from abstraction.story import Story
from vcp_contracts import commands as c
from vcp_contracts import requests as r
from vcp_contracts.configuration import ClockConfiguration, ConnectorConfiguration, EvseConfiguration
from vcp_contracts.profiles import ChargingProfile, ChargingSchedule, SchedulePeriod
from vcp_contracts.values import Place

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def at(clock: str, day: datetime = MONDAY) -> datetime:
    """A time of that day: `at("17:30")`, `at("17:30:05")`."""
    parts = [int(part) for part in clock.split(":")] + [0]
    return day + timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2])


def periods(*given: tuple[Any, ...]) -> tuple[SchedulePeriod, ...]:
    """`(start, limit)` or `(start, limit, phases)` each."""
    return tuple(
        SchedulePeriod(start_s=start, limit=limit, phases=more[0] if more else None)
        for start, limit, *more in given
    )


def profile(
    purpose: str, *given: tuple[Any, ...], id: int = 1, stack: int = 0, **more: Any
) -> ChargingProfile:
    """A profile. With `start` it is absolute, with `every` it recurs, else it is relative."""
    start, every = more.pop("start", None), more.pop("every", None)
    schedule = ChargingSchedule(
        start=start,
        duration_s=more.pop("lasts", None),
        unit=more.pop("unit", "A"),
        min_rate=more.pop("min_rate", None),
        periods=periods(*given),
    )
    kind = "recurring" if every else "absolute" if start else "relative"
    fields = {
        "id": id,
        "stack_level": stack,
        "purpose": purpose,
        "kind": kind,
        "recurrency": every,
        "schedules": (schedule,),
    }
    return ChargingProfile(**(fields | more))


def charger(style: str = "three", evses: int = 1, since: datetime | None = None, **more: Any) -> Story:
    """Online, with `evses` outlets of three phases and 32 A, at a time that only commands change."""
    settings = {"MeterValueSampleInterval": "0"} | more.pop("settings", {})
    story = Story(
        style,
        clock=ClockConfiguration(source="own", start=since or at("10:00")),
        evses=more.pop("evse_parts", tuple(EvseConfiguration() for _ in range(evses))),
        settings=settings,
        **more,
    ).online()
    # the boot's answer has set it
    story.do(c.WriteSetting, name="HeartbeatInterval", value="0")
    return story


def single_phase() -> EvseConfiguration:
    """An outlet of one phase."""
    return EvseConfiguration(connectors=(ConnectorConfiguration(phases=1),))


def charge(story: Story, evse: int = 1, name: str = "17") -> None:
    """A session starts, and the backend calls it `name`."""
    story.do(c.PlugIn, evse=evse)
    story.do(c.PresentToken, token=f"CARD{evse}", evse=evse)
    while story.cp.facts.lanes.in_flight is not None:
        action = story.cp.queue[story.cp.facts.lanes.in_flight.n].action
        if action.type == "report_transaction" and action.phase == "started":
            story.answer(**({"name": name} if story.style == "three" else {}))
        else:
            story.answer()
    story.words()


def set_profile(story: Story, evse: int, it: ChargingProfile) -> Any:
    """The backend sets a profile; the reply."""
    return story.request(r.SetProfile, place=Place(evse=evse), profile=it)


def install(story: Story, evse: int, it: ChargingProfile) -> None:
    """The same, and it is accepted."""
    reply = set_profile(story, evse, it)
    assert (reply.type, getattr(reply, "result", None)) == ("profile_set", "accepted"), reply


def composite(
    story: Story, seconds: int, evse: int = 1, unit: str | None = "A"
) -> list[tuple[int, float, int | None]]:
    """The composite schedule as `(start, limit, phases)` each."""
    reply = story.request(r.ComposeSchedule, place=Place(evse=evse), duration_s=seconds, unit=unit)
    assert reply.result == "accepted", reply
    assert (reply.duration_s, reply.start) == (seconds, story.cp.now)
    return [(p.start_s, p.limit, p.phases) for p in reply.periods]


def until(story: Story, time: datetime) -> None:
    """The charger's clock goes on to a time; what falls due happens."""
    story.do(c.AdvanceClock, seconds=(time - story.cp.now).total_seconds())


def power_w(story: Story, evse: int = 1) -> float:
    """What is drawn now, rounded."""
    return round(story.cp.facts.evses[evse - 1].power_w, 3)
