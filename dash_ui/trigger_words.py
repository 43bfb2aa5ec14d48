"""What a trigger means for the numbers, in words."""

from __future__ import annotations

from dash_ui.format import number, percent
from dash_ui.i18n import _
from dash_ui.report_records import Check, Entered, Report


def trigger_finding(check: Check, report: Report) -> str | None:
    """Whether the variant left alone who reached the trigger."""
    event = str(check.numbers.get("event") or "")
    units, exposed = number(check.numbers.get("units") or 0), number(check.numbers.get("exposed") or 0)
    if check.code == "trigger_balanced":
        return _(
            "{units} of {exposed} shoppers reached {event}, divided as planned.",
            units=units,
            exposed=exposed,
            event=event,
        )
    if check.code == "nobody_triggered":
        return _("No shopper has reached {event} yet.", event=event)
    if check.code == "unlike_before_trigger":
        return _(
            "The shoppers who reached {event} already differed before they did, so the variant works before"
            " it.",
            event=event,
        )
    counts = check.numbers.get("split")
    if check.code != "trigger_unbalanced" or not isinstance(counts, list) or not sum(counts):
        return None
    split = " / ".join(percent(count / sum(counts), 1) for count in counts)
    return _(
        "The shoppers who reached {event} are divided {split} over the variants, or were so on some days: the"
        " variant has a part in who gets there.",
        event=event,
        split=split,
    )


def entered_sentence(entered: Entered) -> str:
    """Of whom the verdict is."""
    return _(
        "That is of the {units} shoppers ({share}) who reached {event}, from that moment on.",
        units=number(entered.units),
        share=percent(entered.share, 1),
        event=entered.event,
    )
