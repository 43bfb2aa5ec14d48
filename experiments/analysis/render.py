"""The significance report as one file: HTML that needs nothing else, or CSV."""

from __future__ import annotations

import csv
import io
from html import escape
from typing import Any

from experiments.analysis.reading import annotate
from experiments.analysis.render_checks import (
    calendar_section,
    deviations_section,
    margins_section,
    population_section,
    snippet_section,
    year_section,
)
from experiments.analysis.render_cuts import cuts_section, days_text
from experiments.analysis.render_health import health_section
from experiments.analysis.render_history import evidence_sections, exposure_section
from experiments.analysis.render_looks import looks_section
from experiments.analysis.render_money import money_section
from experiments.analysis.render_proof import decision_section, limits_section, methods_section, proof_section
from experiments.analysis.render_sections import (
    plan_section,
    results_section,
    segments_section,
    verdict_box,
)
from experiments.analysis.render_style import STYLE
from experiments.analysis.render_text import Text
from experiments.analysis.render_trigger import trigger_section

Document = dict[str, Any]

CSV_COLUMNS = (
    "experiment",
    "report",
    "as_of",
    "segment",
    "segment_value",
    "metric",
    "role",
    "kind",
    "unit",
    "direction",
    "variant",
    "control",
    "control_units",
    "control_mean",
    "control_std",
    "control_sum",
    "variant_units",
    "variant_mean",
    "variant_std",
    "variant_sum",
    "absolute_estimate",
    "absolute_lower",
    "absolute_upper",
    "relative_estimate",
    "relative_lower",
    "relative_upper",
    "p_value",
    "alpha",
    "significant",
    "reading",
    "method",
    "adjustment",
    "variance_reduction",
    "undetermined",
    "covariates",
    "level",
    "own_p_value",
)


def render_html(
    report: Document,
    *,
    language: str = "en",
    experiment: Document | None = None,
    evidence: dict[tuple[str, str], list[Document]] | None = None,
    journal: list[Document] | None = None,
    calendar: list[Document] | None = None,
) -> str:
    """A report as a single HTML page: no script, no request, A4 when printed.

    Args:
        report: A report in the contract's shape.
        language: `en` or `nl`.
        experiment: The experiment's document; adds hypothesis, plan and payloads.
        evidence: Per (metric, variant) the estimates of all kept reports; adds the charts over time.
        journal: Entries with `at`, `kind`, `text` and `actor`; adds the log of decisions.
        calendar: Entries with `kind`, `name`, `starts_on` and `ends_on` of its days.

    Raises:
        ValueError: The language is not spoken here.
    """
    text = Text(language)
    plan = (experiment or {}).get("plan") or report.get("plan") or {}
    read = annotate(report, plan.get("mde"))
    sections = [
        verdict_box(read, text),
        plan_section(read, experiment, text),
        deviations_section(journal, text) if journal is not None else "",
        population_section(read, text),
        health_section(read, text),
        trigger_section(read, text),
        results_section(read, text),
        margins_section(read, text),
        looks_section(read, text),
        evidence_sections(read, evidence or {}, text),
        exposure_section(read, text),
        segments_section(read, text),
        cuts_section(read, text),
        calendar_section(calendar or [], text),
        methods_section(read, text),
        year_section(read, text),
        money_section(read, text),
        decision_section(experiment, journal or [], text),
        limits_section(read, text),
        snippet_section(read, text),
        proof_section(read, text),
    ]
    name = escape(str(report.get("name") or report["experiment"]))
    title = text.say("Significance report")
    stamp = text.say("Data up to {moment}.", moment=text.moment(report["as_of"]))
    return (
        f'<!doctype html><html lang="{text.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{name} – {title}</title><style>{STYLE}</style></head><body><main>"
        f'<header><p class="kicker">{title}</p><h1>{name}</h1>'
        f"<p><code>{escape(str(report['experiment']))}</code> · {stamp}</p></header>"
        f"{''.join(sections)}</main></body></html>\n"
    )


def render_csv(report: Document) -> str:
    """A report's comparisons as CSV, one line per metric, treatment and segment; numbers unrounded."""
    read = annotate(report, (report.get("plan") or {}).get("mde"))
    target = io.StringIO()
    writer = csv.DictWriter(target, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(read, read["metrics"], "", ""))
    if entered := read.get("trigger"):
        writer.writerows(_rows(read, entered["metrics"], "(trigger)", str(entered["event"])))
    for segment in read["segments"]:
        writer.writerows(_rows(read, segment["metrics"], str(segment["segment"]), str(segment["value"])))
    cuts = read.get("cuts") or {"ages": [], "dates": []}
    for each in cuts["ages"]:
        days = days_text(each["first_day"], each["last_day"])
        writer.writerows(_rows(read, each["metrics"], "(days since exposure)", days))
    for each in cuts["dates"]:
        writer.writerows(_rows(read, each["metrics"], "(first exposed from)", each["from"]))
    return target.getvalue()


def _rows(report: Document, metrics: list[Document], segment: str, value: str) -> list[Document]:
    rows = []
    for metric in metrics:
        arms = {arm["variant"]: arm for arm in metric["variants"]}
        for comparison in metric["comparisons"]:
            row = {
                "experiment": report["experiment"],
                "report": report["id"],
                "as_of": report["as_of"],
                "segment": segment,
                "segment_value": value,
                **{name: metric.get(name) for name in ("metric", "role", "kind", "unit", "direction")},
                "variant": comparison["variant"],
                "control": comparison["control"],
                "alpha": comparison.get("alpha", report["alpha"]),
                **{
                    name: comparison.get(name)
                    for name in (
                        "p_value",
                        "significant",
                        "reading",
                        "method",
                        "adjustment",
                        "level",
                        "own_p_value",
                        "variance_reduction",
                        "undetermined",
                    )
                },
            }
            row["covariates"] = " ".join(comparison.get("covariates") or [])
            for side in ("control", "variant"):
                arm = arms.get(comparison[side], {})
                row.update({f"{side}_{name}": arm.get(name) for name in ("units", "mean", "std", "sum")})
            for scale in ("absolute", "relative"):
                row.update({f"{scale}_{name}": number for name, number in comparison[scale].items()})
            rows.append({name: inert(row.get(name)) for name in CSV_COLUMNS})
    return rows


def inert(value: object) -> object:
    """Spreadsheets run a text that starts like a formula; a quote in front keeps it a text."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
