"""What an analyst looks up beside the results: who counts, margins, a year, the calendar, a snippet."""

from __future__ import annotations

from html import escape
from typing import Any

from experiments.analysis.recompute import snippet
from experiments.analysis.render_parts import (
    arm_name,
    featured,
    metric_name,
    pairs,
    section,
    span_text,
    table,
)
from experiments.analysis.render_text import Text

Document = dict[str, Any]
LEFT_OUT = {
    "multiple_exposure": "Saw more than one variant",
    "bots": "Bots",
    "carry_over": "Met an earlier phase",
    "growth": "Came to a variant that grew more than the others",
}
MARGINS = {"within": "Within limit", "exceeded": "Beyond the limit", "unclear": "Not clear yet"}
DEVIATIONS = ("deviation", "edit", "pause", "resume", "phase")


def population_section(report: Document, text: Text) -> str:
    """Who was exposed and counts, and who was left out for which reason."""
    counted = sum(arm["units"] for arm in report["variants"])
    rows = [[text.say("Exposed, and counted"), text.number(counted)]]
    for name, words in LEFT_OUT.items():
        units = (report["health"].get(name) or {}).get("units")
        if units is not None:
            rows.append([text.say(words), text.number(units)])
    columns = [text.say("Units by reason"), text.say("Units")]
    return section(text.say("Population"), table(text.say("Who counts"), columns, rows, numeric=(1,)))


def deviations_section(journal: list[Document], text: Text) -> str:
    """What was changed after the start."""
    rows = [
        [text.moment(entry.get("at")), escape(str(entry.get("kind"))), escape(str(entry.get("text", "")))]
        for entry in journal
        if entry.get("kind") in DEVIATIONS
    ]
    title = text.say("Deviations from the plan")
    if not rows:
        return section(title, f"<p>{text.say('None was recorded.')}</p>")
    columns = [text.say(name) for name in ("When", "What", "Text")]
    return section(title, table(title, columns, rows))


def margins_section(report: Document, text: Text) -> str:
    """Guardrails that have a margin, with where their range ends."""
    rows = [
        [
            escape(metric_name(metric)),
            escape(arm_name(report, each["variant"])),
            text.percent(metric["non_inferiority"]["margin"]),
            span_text(metric, each, text),
            text.say(MARGINS.get(str(metric["non_inferiority"].get("status")), "Not clear yet")),
        ]
        for metric, each in pairs(report["metrics"])
        if metric.get("non_inferiority")
    ]
    columns = [
        text.say(name) for name in ("Metric", "Variant", "Guardrail margin", "Plausible range", "Verdict")
    ]
    title = text.say("Guardrails and their margins")
    return section(title, table(title, columns, rows, numeric=(2, 3))) if rows else ""


def year_section(report: Document, text: Text) -> str:
    """What an effect comes to in a year, and what that takes for granted."""
    rows = []
    for metric, each in pairs((report.get("trigger") or report)["metrics"]):
        if each.get("yearly"):
            kind, unit = ("count" if not metric.get("unit") else "mean"), metric.get("unit")
            ends = [
                text.value(each["yearly"][side], kind, unit, signed=True)
                for side in ("estimate", "lower", "upper")
            ]
            names = [escape(metric_name(metric)), escape(arm_name(report, each["variant"]))]
            rows.append([*names, ends[0], f"{ends[1]} … {ends[2]}"])
    if not rows:
        return ""
    note = text.say(
        "At the pace and the difference seen, were everyone in the audience to see the variant. The range "
        "covers chance, not seasons, and is not shrunk for having been chosen."
    )
    columns = [text.say(name) for name in ("Metric", "Variant", "A year", "Plausible range")]
    title = text.say("What it comes to in a year")
    return section(title, f'<p class="soft">{note}</p>{table(title, columns, rows, numeric=(2, 3))}')


def calendar_section(calendar: list[Document], text: Text) -> str:
    """What the shop's calendar has for the days of the experiment."""
    rows = [
        [
            escape(f"{entry['starts_on']} – {entry['ends_on']}"),
            escape(str(entry["kind"])),
            escape(str(entry["name"])),
        ]
        for entry in calendar
    ]
    columns = [text.say(name) for name in ("When", "What", "Text")]
    title = text.say("Calendar of these days")
    return section(title, table(title, columns, rows)) if rows else ""


def snippet_section(report: Document, text: Text) -> str:
    """Python that computes the headline's number again; nothing in reports that do not keep what it needs."""
    pair = featured(report)
    if pair is None or "sufficient" not in pair[1]:
        return ""
    title = text.say("The headline's number in Python")
    code = snippet(pair[1])
    if code is None:
        why = text.say(
            "The newest moments alone do not give this number: only proefwerk verify computes it again."
        )
        return section(title, f"<p>{why}</p>")
    note = text.say(
        "It needs this project's stats package, and prints the difference and the lift, each with both ends "
        "of its range."
    )
    return section(title, f'<p>{note}</p><pre class="snippet"><code>{escape(code, quote=False)}</code></pre>')
