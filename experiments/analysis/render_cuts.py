"""Days since exposure and its date in a report file: bars on one axis, with what they say in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from experiments.analysis import render_charts as charts
from experiments.analysis.render_parts import (
    CORRECTIONS,
    VERDICTS,
    arm_name,
    metric_name,
    pairs,
    section,
    size_text,
    span_text,
    table,
)
from experiments.analysis.render_text import Text

Document = dict[str, Any]
CHANGES = {
    "fades": "{metric}, {variant}: the effect fades with the days since exposure (p-value {p_value}).",
    "grows": "{metric}, {variant}: the effect grows with the days since exposure (p-value {p_value}).",
    None: "{metric}, {variant}: no change with the days since exposure is shown (p-value {p_value}).",
}
UNKNOWN = "{metric}, {variant}: whether the effect changes with the days cannot be said yet."


def cuts_section(report: Document, text: Text) -> str:
    """Two tables; nothing in reports of before they were made, or before anybody lived through a day."""
    cuts = report.get("cuts")
    if not cuts or not (cuts["ages"] or cuts["dates"]):
        return ""
    limits = cuts["forest"]
    body = [f'<p class="soft">{escape(_note(cuts, text))}</p>']
    if cuts["ages"]:
        days = [(days_text(each["first_day"], each["last_day"]), each) for each in cuts["ages"]]
        body += [f"<p>{escape(change_text(report, each, text))}</p>" for each in cuts["changes"]]
        body.append(
            _table(report, text.say("By days since first exposure"), "Day", days, limits["ages"], text)
        )
    dates = [(dates_text(each, text), each) for each in cuts["dates"]]
    body.append(
        _table(report, text.say("By date of first exposure"), "First exposed", dates, limits["dates"], text)
    )
    return section(text.say("Over time"), "".join(body))


def days_text(first: int, last: int) -> str:
    """A span of days, 0 being that of the exposure."""
    return str(first) if first == last else f"{first}–{last}"


def dates_text(cohort: Document, text: Text) -> str:
    """A day, or the first and last of several."""
    ends = [text.day(datetime.fromisoformat(cohort[end])) for end in ("from", "to")]
    return ends[0] if cohort["from"] == cohort["to"] else " – ".join(ends)


def change_text(report: Document, change: Document, text: Text) -> str:
    """Whether an effect changes with the days since exposure, in a sentence."""
    words = {"metric": metric_name(change), "variant": arm_name(report, change["variant"])}
    if change["p_value"] is None:
        return text.say(UNKNOWN, **words)
    direction = change["direction"] if change["significant"] else None
    return text.say(CHANGES[direction], **words, p_value=text.p_value(change["p_value"]))


def _note(cuts: Document, text: Text) -> str:
    used = {
        str(each["adjustment"])
        for name in ("ages", "dates")
        for cut in cuts[name]
        for _, each in pairs(cut["metrics"])
    }
    names = ", ".join(sorted(text.say(CORRECTIONS.get(name, name)) for name in used))
    return text.say(
        "For exploration: none of this decides. Correction for many comparisons: {correction}. By days, only "
        "units that have lived through them count, with what they did in them.",
        correction=names,
    )


def _table(
    report: Document, title: str, name: str, cuts: Sequence[tuple[str, Document]], limit: float, text: Text
) -> str:
    found = [(label, cut, *pair) for label, cut in cuts for pair in pairs(cut["metrics"])]
    columns = [
        *(
            text.say(column)
            for column in (name, "Metric", "Variant", "Units", "Difference", "Plausible range")
        ),
        charts.axis(limit, text),
    ]
    rows = []
    for label, cut, metric, each in found:
        relative, lift, span = each["relative"], size_text(metric, each, text), span_text(metric, each, text)
        said = f"{label}, {metric_name(metric)}: {lift}, {span}. {text.say(VERDICTS[each['reading']])}."
        bounds = (relative["estimate"], relative["lower"], relative["upper"])
        rows.append(
            [
                escape(label),
                escape(metric_name(metric)),
                escape(arm_name(report, each["variant"])),
                text.number(cut["units"]),
                lift,
                span,
                charts.bar(*bounds, limit, each["reading"], said),
            ]
        )
    return table(title, columns, rows, numeric=(3, 4, 5))
