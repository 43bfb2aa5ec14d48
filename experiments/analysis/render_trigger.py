"""The units that reached the trigger in a report file: what they did, and what that means for everybody."""

from __future__ import annotations

from html import escape
from typing import Any

from experiments.analysis import render_charts as charts
from experiments.analysis.render_parts import (
    ROLES,
    VERDICTS,
    arm_name,
    metric_name,
    pairs,
    section,
    size_text,
    span_text,
    table,
)
from experiments.analysis.render_text import MISSING, Text

Document = dict[str, Any]


def trigger_section(report: Document, text: Text) -> str:
    """One row per deciding metric and treatment; nothing without a trigger."""
    entered = report.get("trigger")
    if not entered:
        return ""
    limit = float(report["reading"]["forest"])
    rows = [_row(report, metric, each, limit, text) for metric, each in pairs(entered["metrics"])]
    columns = [
        *(text.say(name) for name in ("Metric", "Role", "Variant", "Difference", "Plausible range")),
        charts.axis(limit, text),
        text.say("On everybody"),
        text.say("Verdict"),
    ]
    note = text.say(
        "{units} units ({share} of those exposed) reached {event}. They decide: what they did counts from "
        "that moment on, in all variants alike. On everybody: the same effect, spread over all who were "
        "exposed.",
        units=text.number(entered["units"]),
        share=text.percent(entered["share"]),
        event=entered["event"],
    )
    if entered["withdrawn"]:
        note = text.say("Withdrawn: the variant has a part in who reached {event}.", event=entered["event"])
    title = text.say("Units that reached the trigger")
    return section(
        title, f'<p class="soft">{escape(note)}</p>{table(title, columns, rows, numeric=(3, 4, 6))}'
    )


def _row(report: Document, metric: Document, each: Document, limit: float, text: Text) -> list[str]:
    verdict, relative = text.say(VERDICTS[each["reading"]]), each["relative"]
    lift, span = size_text(metric, each, text), span_text(metric, each, text)
    label = f"{metric_name(metric)}: {lift}, {span}. {verdict}."
    bounds = (relative["estimate"], relative["lower"], relative["upper"])
    everybody = each["everybody"]["relative"]
    spread = MISSING
    if everybody["estimate"] is not None:
        ends = " … ".join(text.percent(everybody[side], 2, signed=True) for side in ("lower", "upper"))
        spread = f"{text.percent(everybody['estimate'], 2, signed=True)} ({ends})"
    return [
        escape(metric_name(metric)),
        text.say(ROLES.get(metric["role"], str(metric["role"]))),
        escape(arm_name(report, each["variant"])),
        lift,
        span,
        charts.bar(*bounds, limit, each["reading"], label),
        spread,
        f'<span class="{each["reading"]}">{verdict}</span>',
    ]
