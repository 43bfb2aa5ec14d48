"""All experiments that run, together: which of their primary results hold when so many are looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.analysis.reading import deciding, failed_checks
from stats.multiple import e_benjamini_hochberg

Document = dict[str, Any]
Name = tuple[str, str, str]
"""Keys of experiment, metric and variant."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One primary result of a plan that may be read at any moment.

    Attributes:
        metric: Key of the metric.
        variant: Key of the treatment.
        alpha: Of the plan.
        log_e_value: Against no difference; `None` while it cannot be told or its data cannot be trusted.
    """

    metric: str
    variant: str
    alpha: float
    log_e_value: float | None


@dataclass(frozen=True, slots=True)
class Across:
    """What holds over all of them.

    Attributes:
        experiments: How many there are with such results.
        results: Their primary results, those that cannot be told yet included.
        alpha: Largest expected share of false alarms among what holds: the smallest alpha of the plans.
        holding: Results that hold.
    """

    experiments: int
    results: int
    alpha: float
    holding: frozenset[Name]


def evidence_of(report: Document) -> tuple[Evidence, ...]:
    """The primary results of a report with their e-values; none of plans without."""
    trusted = not failed_checks(report)
    return tuple(
        Evidence(
            str(metric["metric"]),
            str(row["variant"]),
            float(report["alpha"]),
            row["log_e_value"] if trusted else None,
        )
        for metric in deciding(report)
        if metric["role"] == "primary"
        for row in metric["comparisons"]
        if "log_e_value" in row
    )


def across(evidence: Mapping[str, Sequence[Evidence]]) -> Across | None:
    """e-BH over all results together, whatever their dependence and whenever each was read.

    Wang & Ramdas (2022), "False discovery rate control with e-values".

    Args:
        evidence: By experiment.

    Returns:
        What holds; `None` where there is no such result.
    """
    found = [(key, each) for key, group in evidence.items() for each in group]
    if not found:
        return None
    alpha = min(each.alpha for _, each in found)
    verdicts = e_benjamini_hochberg([each.log_e_value for _, each in found], alpha)
    return Across(
        experiments=sum(bool(group) for group in evidence.values()),
        results=len(found),
        alpha=alpha,
        holding=frozenset(
            (key, each.metric, each.variant)
            for (key, each), verdict in zip(found, verdicts, strict=True)
            if verdict.significant
        ),
    )
