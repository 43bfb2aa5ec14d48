"""What a report says in one word per number, so that screens and files tell the same story."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from experiments.analysis.beside_moments import heterogeneity, unadjusted
from experiments.analysis.outlook import Pace, outlook
from experiments.analysis.scale import forest_limit
from experiments.analysis.yearly import DAYS_A_YEAR, yearly_amount, yearly_basis

Document = dict[str, Any]

ROLES = ("primary", "guardrail", "secondary")
_HEADLINES = {
    "ship": "better",
    "rollback": "worse",
    "no_difference": "no_difference",
    "keep_running": "unclear",
    "not_enough_data": "collecting",
    "unhealthy": "distrust",
}


def headline(report: Document) -> str:
    """The one verdict of a report.

    One of `better`, `worse`, `no_difference`, `unclear`, `collecting` (unclear, and too early to
    tell) or `distrust`. A failed health check always gives `distrust`, whatever the numbers say.
    """
    if failed_checks(report):
        return "distrust"
    return _HEADLINES.get(str(report.get("decision", {}).get("verdict")), "unclear")


def failed_checks(report: Document) -> list[str]:
    """Names of the health checks that failed."""
    health = report.get("health") or {}
    return [
        name for name, check in health.items() if isinstance(check, dict) and check.get("status") == "failed"
    ]


def featured(report: Document) -> tuple[Document, Document] | None:
    """The metric and comparison that the headline is about; `None` when nothing is compared.

    Where a trigger is declared, it is of the units that reached it.

    The decision's variant on the first primary metric that carries the verdict; without a variant
    the first treatment on the first primary.
    """
    pairs = [
        (metric, comparison)
        for metric in sorted(deciding(report), key=lambda metric: _rank(metric["role"]))
        for comparison in metric.get("comparisons", [])
    ]
    variant = report.get("decision", {}).get("variant")
    wanted = headline(report)

    def fit(pair: tuple[Document, Document]) -> tuple[bool, bool, int]:
        metric, comparison = pair
        return (
            variant is not None and comparison["variant"] != variant,
            wanted in ("better", "worse") and row_verdict(metric, comparison) != wanted,
            _rank(metric["role"]),
        )

    return min(pairs, key=fit, default=None)


def deciding(report: Document) -> list[Document]:
    """The metrics that a decision rests on: of the units that reached the trigger, where one is declared."""
    metrics: list[Document] = (report.get("trigger") or report).get("metrics", [])
    return metrics


def row_verdict(metric: Document, comparison: Document, mde: float | None = None) -> str:
    """One word for a treatment on one metric, by benefit: fewer refunds is `better`.

    Args:
        metric: A report's metric: `role`, `direction`, perhaps `non_inferiority`.
        comparison: One of its comparisons.
        mde: Smallest relative effect of interest, as a fraction; `None` when not planned.

    Returns:
        `undetermined`, `better`, `worse` (also a guardrail that is beyond its margin),
        `within_limit` (a guardrail shown to stay within its margin), `no_harm` (a guardrail without
        a margin that is not shown to be worse), `no_difference` (the whole interval is smaller than
        `mde`), or `unclear` (also before a planned single look).
    """
    if comparison.get("undetermined") is not None or comparison["absolute"].get("estimate") is None:
        return "undetermined"
    if comparison.get("preliminary"):
        return "unclear"
    gain = _gain(metric) * comparison["absolute"]["estimate"]
    if metric["role"] == "guardrail":
        if comparison.get("non_inferior") is False:
            return "worse"
        if comparison.get("non_inferior") is True and not (comparison["significant"] and gain > 0):
            return "within_limit"
    if comparison["significant"]:
        return "better" if gain > 0 else "worse"
    if metric["role"] == "guardrail" and margin_of(metric) is None:
        return "no_harm"
    lower, upper = comparison["relative"].get("lower"), comparison["relative"].get("upper")
    if mde is not None and lower is not None and upper is not None and -mde < lower and upper < mde:
        return "no_difference"
    return "unclear"


def margin_of(metric: Document) -> float | None:
    """Relative non-inferiority margin of a guardrail as a fraction, `None` without one."""
    finding = metric.get("non_inferiority")
    return None if finding is None else float(finding["margin"])


def annotate(report: Document, mde: float | None = None, traffic: float | None = None) -> Document:
    """A copy of the report with a `reading` on itself and on every comparison, segments included.

    The report's reading has its `headline`, the `metric` and `variant` that this is about, `forest`, the
    half-width of the axis that fits its intervals, `yearly`, what a year is taken to bring, `changes`, what
    would change the verdict, and `differences`, whether effects differ within segments. A comparison has its
    `reading` in one word, its `limit`, the relative effect at which a guardrail fails, `yearly`, what it is
    in a year, and `unadjusted`, the same without covariates.

    Args:
        report: As the analysis wrote it.
        mde: Smallest relative effect of interest, as a fraction; `None` when not planned.
        traffic: Share of the audience that took part, where the report does not tell.
    """
    pair = featured(report)
    entered = report.get("trigger")
    shown = [*report.get("metrics", []), *(entered["metrics"] if entered else [])]
    more: Document = {}
    if cuts := report.get("cuts"):
        more["cuts"] = _annotated_cuts(cuts, mde)
    everybody = yearly_basis(report, sum(arm["units"] for arm in report.get("variants") or []), traffic)
    if entered:
        basis = yearly_basis(report, entered["units"], traffic)
        more["trigger"] = {**entered, "metrics": _annotated(entered["metrics"], mde, basis["units"])}
    read: Document = {
        **report,
        **more,
        "reading": {
            "headline": headline(report),
            "metric": pair[0]["metric"] if pair else None,
            "variant": pair[1]["variant"] if pair else None,
            "forest": forest_limit(_ends(shown)),
            "mde": mde,
            "yearly": basis if entered else everybody,
            "differences": heterogeneity(report),
        },
        "metrics": _annotated(report.get("metrics", []), mde, everybody["units"]),
        "segments": [
            {**segment, "metrics": _annotated(segment.get("metrics", []), mde)}
            for segment in report.get("segments", [])
        ],
    }
    read["reading"]["changes"] = outlook(
        read, featured(read), headline(report), _pace(report, read["reading"])
    )
    return read


def _annotated_cuts(cuts: Document, mde: float | None) -> Document:
    """The cuts with the half-width of the axis that fits each kind."""
    parts = {
        name: [{**each, "metrics": _annotated(each["metrics"], mde)} for each in cuts[name]]
        for name in ("ages", "dates")
    }
    limits = {
        name: forest_limit(_ends(row for each in cuts[name] for row in each["metrics"])) for name in parts
    }
    return {**cuts, **parts, "forest": limits}


def _pace(report: Document, reading: Document) -> Pace:
    """How fast those who decide come, at the traffic of now."""
    progress, basis = report.get("progress") or {}, reading["yearly"]
    units = int(progress.get("units") or basis["counted"])
    planned, left = int(progress.get("planned_units") or units or 1), progress.get("days_left")
    per_day = None
    if basis["units"] and basis["traffic"]:
        per_day = basis["units"] * basis["traffic"] / DAYS_A_YEAR
    elif left:
        per_day = (planned - units) / left
    return Pace(units, planned, per_day)


def _ends(metrics: Iterable[Document]) -> list[tuple[float | None, float | None]]:
    """Both ends of every relative interval."""
    spans = [each["relative"] for metric in metrics for each in metric["comparisons"]]
    return [(span.get("lower"), span.get("upper")) for span in spans]


def _annotated(metrics: Iterable[Document], mde: float | None, yearly: float | None = None) -> list[Document]:
    ordered = sorted(metrics, key=lambda metric: _rank(metric["role"]))
    return [
        {
            **metric,
            "comparisons": [
                {
                    **comparison,
                    "reading": row_verdict(metric, comparison, mde),
                    "limit": None if (margin := margin_of(metric)) is None else -_gain(metric) * margin,
                    "yearly": yearly_amount(metric, comparison, yearly),
                    "unadjusted": unadjusted(metric, comparison),
                }
                for comparison in metric.get("comparisons", [])
            ],
        }
        for metric in ordered
    ]


def _gain(metric: Document) -> int:
    return -1 if metric.get("direction") == "decrease" else 1


def _rank(role: str) -> int:
    return ROLES.index(role) if role in ROLES else len(ROLES)
