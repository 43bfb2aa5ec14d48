"""What phases and growth mean for the numbers, in words."""

from __future__ import annotations

from dash_ui.format import number
from dash_ui.i18n import _, ngettext
from dash_ui.report_records import Check, Report


def carry_over_finding(check: Check, report: Report) -> str | None:
    """How many shoppers an earlier phase divided too, and what becomes of them."""
    units = int(check.numbers.get("units") or 0)
    began = _(
        "This is phase {version}; what shoppers did before it does not count.",
        version=number(check.numbers.get("version") or 0),
    )
    if check.code == "carried_over_left_out":
        seen = ngettext(
            "{count} shopper met an earlier phase and is left out, as planned.",
            "{count} shoppers met an earlier phase and are left out, as planned.",
            units,
        )
    else:
        seen = ngettext(
            "{count} shopper met an earlier phase and counts: shoppers were divided anew, so what they saw"
            " is spread evenly.",
            "{count} shoppers met an earlier phase and count: they were divided anew, so what they saw is"
            " spread evenly.",
            units,
        )
    others = int(check.numbers.get("other_exposures") or 0)
    if not others:
        return f"{began} {seen}"
    remembered = ngettext(
        "{count} exposure was decided under another phase, by a page that remembered it, and does not count.",
        "{count} exposures were decided under another phase, by pages that remembered it, and do not count.",
        others,
    )
    return f"{began} {seen} {remembered}"


def growth_finding(check: Check, report: Report) -> str | None:
    """How many shoppers came to variants that grew more than others, or that came later."""
    said = ngettext(
        "{count} shopper came to a variant that grew more than the others: served, but not compared, for"
        " nobody came to the others at the same time.",
        "{count} shoppers came to variants that grew more than the others: served, but not compared, for"
        " nobody came to the others at the same time.",
        int(check.numbers.get("units") or 0),
    )
    later = check.numbers.get("variants")
    if not isinstance(later, dict) or not later:
        return said
    listed = ", ".join(f"{key} ({number(units)})" for key, units in later.items())
    later_words = _("Variants that came later are compared from a new phase on: {variants}.", variants=listed)
    return f"{said} {later_words}"
