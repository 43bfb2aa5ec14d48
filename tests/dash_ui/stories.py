"""Records of every story, as the gateway would give them."""

from __future__ import annotations

from typing import Any

from dash_ui.report_reader import moment, read_evidence, read_report
from dash_ui.report_records import EvidencePoint, Experiment, JournalLine, Report, Result
from experiments.analysis.reading import annotate
from experiments.analysis.scale import band_limit
from tests.dash_ui import sample_reports as samples

Document = dict[str, Any]


def report_of(document: Document) -> Report:
    """A sample report, read."""
    return read_report(annotate(document, 0.02))


def experiment_of(document: Document, status: str = "running", **changes: Any) -> Experiment:
    """The experiment that goes with a sample report."""
    fields: Document = {
        "key": "free-shipping-bar",
        "name": "Free-shipping bar",
        "hypothesis": "If we show it, then more people order.",
        "surface": "offer",
        "status": status,
        "owner": "sanne@shop.example",
        "version": 1,
        "plan_hash": "9f" * 32,
        "created_at": samples.START,
        "started_at": samples.START,
        "stopped_at": None,
        "document": {
            "variants": [
                {"key": arm["key"], "name": arm["name"], "weight": arm["share"], "payload": {"show": True}}
                for arm in document["variants"]
            ],
            "traffic": 1.0,
            "audience": {"country": "NL"},
            "metrics": {"primary": ["conversion"], "secondary": ["revenue"], "guardrails": ["refunds"]},
            "plan": {
                "method": "sequential",
                "alpha": 0.05,
                "power": 0.8,
                "mde": 0.02,
                "planned_units": 80000,
            },
            "segments": [],
        },
        "metric_names": {key: name for key, (name, *_rest) in samples.METRICS.items()},
    }
    return Experiment(**{**fields, **changes})


def result_of(document: Document, status: str = "running", **changes: Any) -> Result:
    """The whole page's record of a sample report."""
    report = report_of(document)
    relative = report.featured.relative if report.featured else None
    points: tuple[EvidencePoint, ...] = ()
    if relative is not None and relative.estimate is not None and relative.upper is not None:
        points = read_evidence(samples.evidence(relative.estimate, relative.upper - relative.estimate))
    bounds = [(point.relative.lower, point.relative.upper) for point in points]
    line = JournalLine(moment(samples.START), "sanne@shop.example", "comment", "First look.")
    experiment = experiment_of(document, status, **changes)
    return Result(experiment, report, report.featured, points, band_limit(bounds), (line,), "1")
