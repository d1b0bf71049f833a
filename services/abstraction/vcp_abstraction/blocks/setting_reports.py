"""All settings, told in pages."""

from vcp_contracts.actions import ReportSettings, SettingReport
from vcp_contracts.requests import ListSettings, SettingsListed
from vcp_contracts.settings import CATALOGUE, Setting

from vcp_abstraction.blocks import setting_values
from vcp_abstraction.charger import Charger
from vcp_abstraction.setting_rules import access, least

LISTS = ("member_list", "option_list", "sequence_list")

PAGE = 40
"""Settings on one page of a report."""


def list_settings(cp: Charger, it: ListSettings) -> SettingsListed:
    """Reports settings in pages, each a message of its own, from one snapshot (2.0.1 B07)."""
    if it.what == "summary" or "report_settings" not in cp.manners.speaks:
        return SettingsListed(**cp.reply(it), result="not_supported")
    rows = [_reported(cp, row) for row in CATALOGUE if it.what == "full" or access(cp, row) != "read_only"]
    if it.what == "full":
        rows.extend(setting_values.physical(cp))
    pages = [tuple(rows[i : i + PAGE]) for i in range(0, len(rows), PAGE)]
    cp.origin = "answer_to"
    for seq, page in enumerate(pages):
        cp.enqueue(
            ReportSettings(
                **cp.words(),
                report=it.report,
                seq=seq,
                more=seq < len(pages) - 1,
                settings=page,
            ),
            "express",
        )
    return SettingsListed(**cp.reply(it), result="accepted")


def _reported(cp: Charger, row: Setting) -> SettingReport:
    return SettingReport(
        component=row.component,
        variable=row.variable,
        instance=row.instance,
        value=None if row.access == "write_only" else setting_values.value_of(cp, row),
        access=access(cp, row),
        # a list must say what it may hold (2.0.1 VariableCharacteristicsType); one that may hold anything is a text
        kind="string" if row.kind in LISTS and not row.options else row.kind,
        unit=row.unit,
        minimum=least(cp, row),
        maximum=setting_values.maximum_of(cp, row),
        options=row.options,
    )
