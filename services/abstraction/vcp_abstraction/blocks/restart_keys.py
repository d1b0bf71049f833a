"""Settings that count only after a restart: which those are is a setting itself, that a tester chooses."""

from vcp_contracts.events import SettingChanged
from vcp_contracts.settings import BY_NAME, Setting

from vcp_abstraction.blocks import metering
from vcp_abstraction.charger import Charger

WHICH = "Custom.RestartKeys"


def counts_later(cp: Charger, row: Setting) -> bool:
    """Whether what the backend writes counts only after a restart (1.6 §5.3 RebootRequired, 2.0.1 B05.FR.10)."""
    named = {item.casefold() for item in cp.settings.members(WHICH)}
    return row.name.casefold() in named or (row.key or "").casefold() in named


def take_over(cp: Charger) -> None:
    """The charger has restarted: what was written before counts now."""
    waiting = dict(cp.settings.waiting)
    for name, value in waiting.items():
        cp.settings.put(BY_NAME[name.casefold()], value)
        cp.note(SettingChanged, name=name, value=value, by="restart")
    if waiting:
        metering.reschedule(cp)
