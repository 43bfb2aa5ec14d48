"""What an analyst needs to check a report file: moments, methods, limits, hashes, the log."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from experiments.analysis.reading import margin_of
from experiments.analysis.render_parts import CORRECTIONS, arm_name, metric_name, section, table
from experiments.analysis.render_text import MISSING, Text
from experiments.analysis.render_ways import ways_part

Document = dict[str, Any]
_COVARIATES = {
    "pre_value": "the value before exposure",
    "pre_ratio": "the ratio before exposure",
    "pre_count": "the number of events before exposure",
    "seen_before": "whether there were any events before exposure",
}


def methods_section(report: Document, text: Text) -> str:
    """Everything an analyst needs to check a number: moments, intervals, p-values, methods."""
    parts = []
    for metric in report["metrics"]:
        arms = [
            [
                escape(arm_name(report, arm["variant"])),
                text.number(arm["units"]),
                *(_exact(arm.get(name)) for name in ("mean", "std", "sum")),
            ]
            for arm in metric["variants"]
        ]
        columns = [
            text.say("Variant"),
            "n",
            text.say("Mean"),
            text.say("Standard deviation"),
            text.say("Sum"),
        ]
        overview = table(text.say("Moments"), columns, arms, numeric=(1, 2, 3, 4))
        lines = [
            _method_terms(report, metric, each, text) + ways_part(metric, each, text)
            for each in metric["comparisons"]
        ]
        parts.append(f"<h3>{escape(metric_name(metric))}</h3>{overview}{''.join(lines)}")
    return section(text.say("Methods and moments"), "".join(parts))


def _method_terms(report: Document, metric: Document, each: Document, text: Text) -> str:
    rows = [
        ("Variant", arm_name(report, each["variant"])),
        ("Absolute difference", _span(each["absolute"], _exact)),
        ("Relative difference", _span(each["relative"], _exact)),
        ("p-value", _exact(each["p_value"])),
        ("Method", text.say(str(each["method"]))),
        ("Why this method", text.say(str(each.get("method_reason") or MISSING))),
        ("Correction", text.say(CORRECTIONS.get(each["adjustment"], str(each["adjustment"])))),
        *([("Level of the range", text.percent(1 - each["level"], 2))] if "level" in each else []),
        ("Variance saved by CUPED", text.percent(each.get("variance_reduction"))),
    ]
    if each.get("covariates"):
        names = [text.say(_COVARIATES.get(name, str(name))) for name in each["covariates"]]
        rows.append(("Adjusted for", ", ".join(names)))
    margin = margin_of(metric)
    if margin is not None:
        rows.append(("Guardrail margin", text.percent(margin)))
    if each["undetermined"]:
        rows.append(("Not determined", str(each["undetermined"])))
    return (
        "<dl>"
        + "".join(f"<dt>{text.say(term)}</dt><dd>{escape(value)}</dd>" for term, value in rows)
        + "</dl>"
    )


def decision_section(experiment: Document | None, journal: list[Document], text: Text) -> str:
    """The recorded decision and the log."""
    decision = (experiment or {}).get("decision")
    parts = []
    if isinstance(decision, dict):
        words = " · ".join(str(value) for value in decision.values() if value)
        parts.append(f"<p>{escape(words)}</p>")
    if journal:
        rows = [
            [
                text.moment(entry.get("at")),
                escape(str(entry.get("actor") or MISSING)),
                escape(str(entry.get("kind", ""))),
                escape(str(entry.get("text", ""))),
            ]
            for entry in journal
        ]
        columns = [text.say(name) for name in ("When", "Who", "What", "Text")]
        parts.append(table(text.say("Journal"), columns, rows))
    return section(text.say("Decision and journal"), "".join(parts)) if parts else ""


def limits_section(report: Document, text: Text) -> str:
    """What the numbers do not say."""
    sentences = [
        "The range says which effects fit the data; it is not a chance that a variant wins.",
        "Only events after a unit's first exposure and within the metric's window count.",
        "Units that saw more than one variant are left out and reported above.",
    ]
    if report["method"] == "sequential":
        sentences.insert(
            0, "The ranges are always valid: reading early or often does not raise false alarms."
        )
    items = "".join(f"<li>{text.say(sentence)}</li>" for sentence in sentences)
    return section(text.say("Limits"), f"<ul>{items}</ul>")


def proof_section(report: Document, text: Text) -> str:
    """What identifies the report, and how to compute it again."""
    rows = [
        (text.say("Report"), report["id"]),
        (text.say("Plan hash"), report.get("plan_hash") or MISSING),
        (text.say("Data hash"), report.get("data_hash") or MISSING),
        (text.say("Report format"), report.get("schema", MISSING)),
        *((str(name), value) for name, value in (report.get("software") or {}).items()),
    ]
    terms = "".join(f"<dt>{term}</dt><dd><code>{escape(str(value))}</code></dd>" for term, value in rows)
    key = escape(str(report["experiment"]))
    command = f"proefwerk report {key} --format json -o {key}.json\nproefwerk verify {key}.json"
    return section(text.say("Compute it again"), f"<dl>{terms}</dl><pre><code>{command}</code></pre>")


def _exact(value: float | None) -> str:
    return MISSING if value is None else f"{value:.8g}"


def _span(interval: Document, write: Callable[[float | None], str]) -> str:
    return f"{write(interval['estimate'])} ({write(interval['lower'])} … {write(interval['upper'])})"
