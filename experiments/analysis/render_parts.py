"""What the sections of a report file are made of: names, tables and words for a reading."""

from __future__ import annotations

from html import escape
from typing import Any

from experiments.analysis.reading import deciding
from experiments.analysis.render_text import MISSING, Text

Document = dict[str, Any]
_SIDES = ("lower", "upper")

HEADLINES = {
    "better": "{variant} is better",
    "worse": "{variant} is worse",
    "no_difference": "No meaningful difference",
    "unclear": "Not clear yet",
    "collecting": "Not clear yet",
    "distrust": "Don't trust this yet",
}
VERDICTS = {
    "better": "Better",
    "worse": "Worse",
    "within_limit": "Within limit",
    "no_harm": "No harm shown",
    "no_difference": "No meaningful difference",
    "unclear": "Not clear yet",
    "undetermined": "Cannot be said yet",
}
CORRECTIONS = {
    "none": "none",
    "bonferroni": "Bonferroni",
    "holm": "Holm",
    "benjamini-hochberg": "Benjamini-Hochberg",
    "e-benjamini-hochberg": "e-BH, by e-values",
}
ROLES = {"primary": "Primary", "secondary": "Secondary", "guardrail": "Guardrail"}
STATUSES = {"ok": "In order", "warning": "Look at this", "failed": "Failed"}


def section(title: str, body: str) -> str:
    """A titled section."""
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def table(caption: str, columns: list[str], rows: list[list[str]], numeric: tuple[int, ...] = ()) -> str:
    """A table with a caption; cells are HTML already, `numeric` columns are set right."""

    def cells(tag: str, row: list[str], scope: str) -> str:
        return "".join(
            f"<{tag}{scope}{' class=n' if index in numeric else ''}>{cell}</{tag}>"
            for index, cell in enumerate(row)
        )

    head = cells("th", columns, ' scope="col"')
    body = "".join(f"<tr>{cells('td', row, '')}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def pairs(metrics: list[Document]) -> list[tuple[Document, Document]]:
    """Every comparison with its metric."""
    return [(metric, comparison) for metric in metrics for comparison in metric["comparisons"]]


def featured(report: Document) -> tuple[Document, Document] | None:
    """The metric and comparison of the verdict."""
    reading = report["reading"]
    for metric, comparison in pairs(deciding(report)):
        if metric["metric"] == reading["metric"] and comparison["variant"] == reading["variant"]:
            return metric, comparison
    return None


def size_text(metric: Document, comparison: Document, text: Text) -> str:
    """The difference as a percentage, or in the metric's unit where only that has an interval."""
    if _in_unit(comparison):
        return text.value(comparison["absolute"]["estimate"], metric["kind"], metric.get("unit"), signed=True)
    return text.percent(comparison["relative"]["estimate"], signed=True)


def span_text(metric: Document, comparison: Document, text: Text) -> str:
    """Both ends of the interval that goes with `size_text`; a dash where there is none."""
    if _in_unit(comparison):
        kind, unit = metric["kind"], metric.get("unit")
        ends = [text.value(comparison["absolute"][side], kind, unit, signed=True) for side in _SIDES]
        return " … ".join(ends)
    if not _bounded(comparison["relative"]):
        return MISSING
    return " … ".join(text.percent(comparison["relative"][side], signed=True) for side in _SIDES)


def _in_unit(comparison: Document) -> bool:
    """Where the control may be zero, as a median often is, there is no percentage of it."""
    return _bounded(comparison["absolute"]) and not _bounded(comparison["relative"])


def _bounded(interval: Document) -> bool:
    return any(interval[side] is not None for side in _SIDES)


def metric_name(metric: Document) -> str:
    """What people call a metric."""
    return str(metric.get("name") or metric["metric"])


def arm_name(report: Document, key: str | None) -> str:
    """What people call a variant."""
    for arm in report["variants"]:
        if arm["key"] == key:
            return str(arm.get("name") or arm["key"])
    return str(key or "")
