"""Which amounts of a report file were converted from other currencies, and by which rates."""

from __future__ import annotations

from html import escape
from typing import Any

from experiments.analysis.render_parts import metric_name, section, table
from experiments.analysis.render_text import MISSING, Text

Document = dict[str, Any]


def money_section(report: Document, text: Text) -> str:
    """One row per metric and currency; nothing where every amount was in its metric's currency."""
    rates = report.get("rates") or {}
    if not rates.get("currencies"):
        return ""
    names = {metric["metric"]: metric_name(metric) for metric in report["metrics"]}
    rows = [
        [
            escape(str(names.get(each["metric"], each["metric"]))),
            escape(str(each["currency"])),
            escape(str(each["unit"])),
            text.number(each["converted"]),
            text.number(each["left_out"]),
        ]
        for each in rates["currencies"]
    ]
    columns = [text.say(name) for name in ("Metric", "Currency", "Counted in", "Converted", "Left out")]
    note = (
        text.say(
            "Each amount was divided by the rate of its UTC day: {count} rates from {first} to {last}.",
            count=text.number(rates["count"]),
            first=rates["first_day"],
            last=rates["last_day"],
        )
        if rates["count"]
        else text.say("No rate was known for these amounts.")
    )
    digest = escape(rates["hash"] or MISSING)
    terms = f"<dl><dt>{text.say('Hash of the rates')}</dt><dd><code>{digest}</code></dd></dl>"
    overview = table(text.say("Exchange rates"), columns, rows, numeric=(3, 4))
    return section(text.say("Exchange rates"), f'<p class="soft">{escape(note)}</p>{overview}{terms}')
