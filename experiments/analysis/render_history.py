"""What a report file shows over time: the evidence look by look, and the exposures."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any

from experiments.analysis import render_charts as charts
from experiments.analysis.render_parts import arm_name, metric_name, pairs, section, table
from experiments.analysis.render_text import Text

Document = dict[str, Any]


def evidence_sections(report: Document, evidence: dict[tuple[str, str], list[Document]], text: Text) -> str:
    """How each primary's interval narrowed, one chart and one table of looks per treatment."""
    parts = []
    for metric, each in pairs([metric for metric in report["metrics"] if metric["role"] == "primary"]):
        points = _points(evidence.get((metric["metric"], each["variant"]), []))
        if len(points) < 2:
            continue
        decided = next((point.moment for point in points if point.lower > 0 or point.upper < 0), None)
        title = f"{metric_name(metric)}: {arm_name(report, each['variant'])}"
        if decided:
            label = text.say("The range has excluded zero since {day}.", day=text.day(decided))
        else:
            label = text.say("The range still includes zero.")
        rows = [
            [
                text.moment(point.moment),
                text.percent(point.estimate, signed=True),
                f"{text.percent(point.lower, signed=True)} … {text.percent(point.upper, signed=True)}",
            ]
            for point in _thinned(points)
        ]
        columns = [text.say("Look"), text.say("Difference"), text.say("Plausible range")]
        parts.append(
            f"<h3>{escape(title)}</h3><figure>"
            f"{charts.evidence_chart(points, decided, text, f'{title}. {label}')}"
            f"<figcaption>{label}</figcaption></figure>"
            f"{table(text.say('Looks'), columns, rows, numeric=(1, 2))}"
        )
    return section(text.say("Evidence over time"), "".join(parts)) if parts else ""


def exposure_section(report: Document, text: Text) -> str:
    """How many units each arm has seen over time."""
    series: dict[str, list[tuple[datetime, int]]] = {}
    for point in (report.get("series") or {}).get("exposures") or []:
        moment = datetime.fromisoformat(point["time"])
        series.setdefault(point["variant"], []).append((moment, int(point["units"])))
    if not series or max(len(points) for points in series.values()) < 2:
        return ""
    final = [f"{arm_name(report, key)} {text.number(points[-1][1])}" for key, points in series.items()]
    label = text.say("Units per variant so far: {units}.", units=", ".join(final))
    chart = charts.exposure_chart(series, text, label)
    figure = f"<figure>{chart}<figcaption>{escape(label)}</figcaption></figure>"
    return section(text.say("Exposures over time"), figure)


def _points(documents: list[Document]) -> list[charts.Point]:
    points = []
    for document in documents:
        relative = document.get("relative") or {}
        values = [relative.get(name) for name in ("estimate", "lower", "upper")]
        if all(isinstance(value, int | float) for value in values):
            moment = document["as_of"]
            points.append(
                charts.Point(
                    datetime.fromisoformat(moment) if isinstance(moment, str) else moment,
                    *(float(value) for value in values if value is not None),
                )
            )
    return points


def _thinned(points: list[charts.Point], most: int = 14) -> list[charts.Point]:
    step = max(1, -(-len(points) // most))
    return points[::-1][::step][::-1]
