"""Reports as the analysis writes them, one per story that a result page has to tell."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

Document = dict[str, Any]

START = datetime(2026, 10, 19, 8, 0, tzinfo=UTC)
NAMES = {"control": "No bar", "bar": "Bar at 50", "badge": "Badge on the product page"}
METRICS = {
    "conversion": ("Checkout conversion", "proportion", "increase", None),
    "revenue": ("Revenue per shopper", "mean", "increase", "EUR"),
    "refunds": ("Refund rate", "proportion", "decrease", None),
    "page_time": ("Page load", "mean", "decrease", "ms"),
    "items": ("Items per order", "ratio", "increase", None),
}

GROUPED = "group sequential, O'Brien-Fleming spending"


def comparison(
    control: float,
    estimate: float | None,
    half: float = 0.0,
    *,
    variant: str = "bar",
    significant: bool | None = None,
    undetermined: str | None = None,
    method: str = "asymptotic confidence sequence",
) -> Document:
    """One comparison from a relative estimate and the half-width of its interval, as fractions."""
    if estimate is None:
        relative: Document = {"estimate": None, "lower": None, "upper": None}
        absolute: Document = dict(relative)
    else:
        relative = {"estimate": estimate, "lower": estimate - half, "upper": estimate + half}
        absolute = {name: value * control for name, value in relative.items()}
    conclusive = estimate is not None and abs(estimate) > half if significant is None else significant
    return {
        "variant": variant,
        "control": "control",
        "absolute": absolute,
        "relative": relative,
        "p_value": None if estimate is None else (0.003 if conclusive else 0.27),
        "significant": conclusive,
        "method": method,
        "method_reason": "Each arm has more than 100 shoppers with an event and the split is 50/50.",
        "alpha": 0.05,
        "adjustment": "none",
        "variance_reduction": 0.18,
        "covariates": ["pre_value", "seen_before"],
        "undetermined": undetermined,
        "undetermined_code": None if undetermined is None else "too_few_events",
        **_ways(absolute, relative, method, undetermined),
    }


def _ways(absolute: Document, relative: Document, method: str, undetermined: str | None) -> Document:
    """What stands beside a comparison: its assumptions and the other ways of reading it."""

    def other(way: str, method: str, promise: str, *assumes: str, p_value: float | None = 0.012) -> Document:
        return {
            "way": way,
            "method": method,
            "promise": promise,
            "assumes": list(assumes),
            "absolute": absolute,
            "relative": relative,
            "p_value": p_value,
            "level": 0.05,
            "probability_better": None,
            "preliminary": way == "single_look",
            "undetermined": undetermined,
            "undetermined_code": None if undetermined is None else "too_few_events",
        }

    posterior = other("posterior", "beta-binomial posterior", "no_error_rate", "flat_prior", p_value=None)
    return {
        "way": "always_valid",
        "promise": "any_moment",
        "assumes": ["large_numbers"],
        "own_p_value": 0.021 if undetermined is None else None,
        "level": 0.05,
        "log_e_value": 3.1 if undetermined is None else None,
        "assumptions": [
            {"code": "units_per_arm", "met": True, "value": 36_320.0, "needed": 50},
            {"code": "events_per_arm", "met": undetermined is None, "value": 3_911.0, "needed": 20},
            {"code": "split", "met": True, "value": 0.5026, "needed": 0.5},
            {"code": "maturity", "met": False, "value": 0.93, "needed": 1.0},
        ],
        "alternatives": [
            other("planned_size", GROUPED, "until_planned_size", "size_fixed_before", "large_numbers"),
            other("single_look", "score test of two proportions", "one_look", "looked_at_once"),
            {**posterior, "probability_better": 0.99997},
            other("mixture_sprt", "mixture SPRT", "any_moment", "effects_of_planned_size", "large_numbers"),
        ],
    }


def metric(
    key: str,
    role: str,
    control: float,
    comparisons: list[Document],
    units: int = 36000,
    margin: float | None = None,
    **extra: Any,
) -> Document:
    """One metric with its arms filled in from the comparisons."""
    name, kind, direction, unit = METRICS[key]
    if margin is not None:
        _judge(comparisons, margin, direction)
        extra["non_inferiority"] = {"margin": margin, "status": "within"}
    values = [("control", control)] + [
        (each["variant"], control * (1 + (each["relative"]["estimate"] or 0.0))) for each in comparisons
    ]
    return {
        "metric": key,
        "name": name,
        "role": role,
        "kind": kind,
        "direction": direction,
        "unit": unit,
        "non_inferiority": None,
        "variants": [
            {
                "variant": variant,
                "units": units + 137 * index,
                "mean": mean,
                "std": math.sqrt(mean * (1 - mean)) if kind == "proportion" else 3.4 * mean,
                "sum": mean * (units + 137 * index),
            }
            for index, (variant, mean) in enumerate(values)
        ],
        "comparisons": comparisons,
        **extra,
    }


def _judge(comparisons: list[Document], margin: float, direction: str) -> None:
    for each in comparisons:
        relative = each["relative"]
        if relative["estimate"] is None:
            each["non_inferior"] = None
        elif direction == "decrease":
            each["non_inferior"] = True if relative["upper"] < margin else None
        else:
            each["non_inferior"] = True if relative["lower"] > -margin else None


def report(metrics: list[Document], verdict: str, **extra: Any) -> Document:
    """A whole report of two arms after 28 days, health in order unless told otherwise."""
    arms = [
        {"key": "control", "name": NAMES["control"], "units": 36320, "share": 0.5},
        {"key": "bar", "name": NAMES["bar"], "units": 36705, "share": 0.5},
    ]
    document = {
        "schema": 1,
        "id": "r-28",
        "experiment": "free-shipping-bar",
        "name": "Free-shipping bar",
        "version": 1,
        "status": "running",
        "started_at": START.isoformat(),
        "as_of": (START + timedelta(days=28)).isoformat(),
        "alpha": 0.05,
        "method": "sequential",
        "plan_hash": "9f" * 32,
        "data_hash": "3c" * 32,
        "variants": arms,
        "health": healthy(),
        "metrics": metrics,
        "segments": [],
        "series": {"exposures": exposures([36320, 36705])},
        "progress": {"units": 73025, "planned_units": 80000, "share": 0.9128, "days_left": 3},
        "decision": {"verdict": verdict, "variant": None, "reasons": []},
    }
    return {**document, **extra}


def healthy() -> Document:
    """Health checks that all pass."""
    return {
        "srm": {
            "status": "ok",
            "code": "srm",
            "detail": "The split fits the plan.",
            "p_value": 0.84,
            "method": "sequential multinomial test",
        },
        "multiple_exposure": {
            "status": "ok",
            "code": "multiple_exposure",
            "detail": "3 shoppers saw more than one variant and are left out.",
            "units": 3,
            "share": 0.00004,
        },
        "freshness": {"status": "ok", "code": "freshness", "detail": "The newest event is a minute old."},
    }


def checked(**changes: Document) -> Document:
    """Health as the analysis writes it, in order but for the changes."""
    delays = {"events": 60_000, "median_seconds": 60, "p95_seconds": 900, "late_share": 0.0}
    found: Document = {
        "srm": {"code": "sample_ratio_as_planned", "p_value": 0.84, "method": "sequential multinomial test",
                "origin": None},
        "multiple_exposure": {"code": "multiple_exposure", "units": 3, "share": 0.00004, "first": [1, 2],
                              "p_value": 1.0, "method": "sequential multinomial test"},
        "assignment": {"code": "as_assigned", "units": 2_000},
        "pre_period": {"code": "alike_before", "p_value": 0.4},
        "silence": {"code": "all_report", "p_value": None},
        "freshness": {"code": "fresh"},
        "delay": {"code": "in_time", "exposures": delays, "conversions": delays},
        "unknown_variants": {"code": "all_known", "events": 0},
        "currency": {"code": "one_currency", "metrics": {}},
        "missing_fields": {"code": "none_missing", "metrics": {}},
        "maturity": {"code": "no_window", "share": None, "metrics": {}},
    }  # fmt: skip
    return {
        name: {"status": "ok", "detail": f"English detail of {name}.", **check, **changes.get(name, {})}
        for name, check in found.items()
    }


def exposures(
    totals: list[int], days: int = 28, arms: tuple[str, ...] = ("control", "bar", "badge")
) -> list[Document]:
    """Cumulative exposures, one point a day per arm."""
    return [
        {
            "time": (START + timedelta(days=day)).isoformat(),
            "variant": arms[index],
            "units": round(total * (day / days) ** 0.96),
        }
        for day in range(1, days + 1)
        for index, total in enumerate(totals)
    ]


def evidence(estimate: float = 0.097, half: float = 0.067, days: int = 28) -> list[Document]:
    """A confidence sequence that narrows around the estimate, one point a day."""
    points = []
    for day in range(1, days + 1):
        width = half * math.sqrt(days / day) * (1 + 0.3 * math.log(days / day))
        middle = estimate + 0.3 * half * math.sin(day * 1.7) * (days / day) ** 0.4
        points.append(
            {
                "as_of": (START + timedelta(days=day)).isoformat(),
                "estimate": middle * 0.1077,
                "lower": (middle - width) * 0.1077,
                "upper": (middle + width) * 0.1077,
                "relative": {"estimate": middle, "lower": middle - width, "upper": middle + width},
                "significant": abs(middle) > width,
            }
        )
    return points


def _usual(primary: Document) -> list[Document]:
    return [
        primary,
        metric("revenue", "secondary", 6.23, [comparison(6.23, 0.043, 0.055)]),
        metric("items", "secondary", 2.11, [comparison(2.11, -0.004, 0.023)]),
        metric(
            "refunds",
            "guardrail",
            0.0231,
            [comparison(0.0231, 0.012, 0.053)],
            margin=0.10,
        ),
        metric(
            "page_time",
            "guardrail",
            1240.0,
            [comparison(1240.0, 0.003, 0.009)],
            margin=0.02,
        ),
    ]


def conclusive() -> Document:
    """The bar is better on checkout conversion."""
    primary = metric("conversion", "primary", 0.1077, [comparison(0.1077, 0.097, 0.067)])
    return report(
        _usual(primary),
        "ship",
        decision={
            "verdict": "ship",
            "variant": "bar",
            "reasons": ["Checkout conversion is better and no guardrail is worse."],
            "details": [{"code": "primary_better", "params": {"metric": "conversion", "variant": "bar"}}],
        },
    )


def unclear() -> Document:
    """Nothing can be said yet, three days to go."""
    return report(
        _usual(metric("conversion", "primary", 0.1077, [comparison(0.1077, 0.021, 0.067)])), "keep_running"
    )


def harmful() -> Document:
    """The bar is worse."""
    primary = metric("conversion", "primary", 0.1077, [comparison(0.1077, -0.081, 0.052)])
    return report(
        _usual(primary), "rollback", decision={"verdict": "rollback", "variant": "bar", "reasons": []}
    )


def no_difference() -> Document:
    """Whatever the difference is, it is too small to matter."""
    primary = metric("conversion", "primary", 0.1077, [comparison(0.1077, 0.002, 0.012)])
    return report(_usual(primary), "no_difference")


def unhealthy() -> Document:
    """The numbers look good, but the split is broken."""
    broken = healthy()
    broken["srm"] = {
        "status": "failed",
        "code": "srm",
        "detail": "36,320 and 33,102 shoppers do not fit a 50/50 split.",
        "p_value": 0.0000021,
        "method": "sequential multinomial test",
    }
    return {
        **conclusive(),
        "variants": [
            {"key": "control", "name": NAMES["control"], "units": 36320, "share": 0.5},
            {"key": "bar", "name": NAMES["bar"], "units": 33102, "share": 0.5},
        ],
        "series": {"exposures": exposures([36320, 33102])},
        "health": broken,
        "decision": {
            "verdict": "unhealthy",
            "variant": None,
            "reasons": ["The split does not fit the plan."],
        },
    }


def broken_segment() -> Document:
    """The split is off on mobile, while the conversions of one variant stopped and some events come late."""
    origin = {"kind": "segment", "segment": "device", "values": ["mobile"], "units": [14_640, 9_360]}
    srm = {"status": "failed", "code": "sample_ratio_mismatch", "p_value": 3e-12, "origin": origin}
    silence = {
        "status": "failed", "code": "variant_silent", "p_value": 2e-9, "kind": "conversions",
        "variant": "bar", "units": 412, "hours": 31.4, "method": "run test",
    }  # fmt: skip
    late = {"status": "warning", "code": "late_events", "share": 0.081}
    return {**unhealthy(), "health": checked(srm=srm, silence=silence, delay=late)}


def undecidable() -> Document:
    """Half a year would not bring enough shoppers for the smallest lift that matters."""
    params = {
        "days": 180, "units": 9_000, "detectable": 0.21, "metric": "Checkout conversion", "smallest": 0.02,
    }  # fmt: skip
    decision = {
        "verdict": "keep_running",
        "variant": None,
        "reasons": ["No primary metric is conclusive yet.", "Cannot be decided with this traffic."],
        "details": [{"code": "no_conclusion", "params": {}}, {"code": "cannot_be_decided", "params": params}],
    }
    return {**unclear(), "health": checked(), "decision": decision}


def too_early() -> Document:
    """A few hundred shoppers: the primary cannot be judged."""
    reason = "Only 7 shoppers with an event in the smaller arm; at least 20 are needed."
    primary = metric(
        "conversion", "primary", 0.1077, [comparison(0.1077, None, undetermined=reason)], units=140
    )
    return report(
        [primary],
        "not_enough_data",
        progress={"units": 281, "planned_units": 80000, "share": 0.0035, "days_left": 12},
        series={"exposures": exposures([140, 141], days=1)},
        variants=[
            {"key": "control", "name": NAMES["control"], "units": 140, "share": 0.5},
            {"key": "bar", "name": NAMES["bar"], "units": 141, "share": 0.5},
        ],
    )


def undetermined_guardrail() -> Document:
    """The primary is clear, one guardrail cannot be judged."""
    document = conclusive()
    reason = "A quantile has no always-valid interval under this plan."
    document["metrics"][-1] = metric(
        "page_time", "guardrail", 1240.0, [comparison(1240.0, None, undetermined=reason, method="none")]
    )
    return document


def three_arms() -> Document:
    """Two treatments against one control; one of them wins."""
    conversion = metric(
        "conversion",
        "primary",
        0.1062,
        [comparison(0.1062, 0.72, 0.06), comparison(0.1062, 0.011, 0.05, variant="badge")],
        units=21306,
    )
    revenue = metric(
        "revenue",
        "secondary",
        0.65,
        [comparison(0.65, 0.3, 0.4), comparison(0.65, 0.2, 0.4, variant="badge")],
        units=21306,
    )
    for each in (*conversion["comparisons"], *revenue["comparisons"]):
        each["adjustment"] = "bonferroni"
    return report(
        [conversion, revenue],
        "ship",
        variants=[
            {"key": "control", "name": NAMES["control"], "units": 21306, "share": 1 / 3},
            {"key": "bar", "name": NAMES["bar"], "units": 21307, "share": 1 / 3},
            {"key": "badge", "name": NAMES["badge"], "units": 21387, "share": 1 / 3},
        ],
        series={"exposures": exposures([21306, 21307, 21387])},
        progress={"units": 64000, "planned_units": 64000, "share": 1.0, "days_left": 0},
        decision={"verdict": "ship", "variant": "bar", "reasons": ["Checkout conversion is better."]},
    )


def with_segments() -> Document:
    """A clear result, read per device and per kind of shopper."""
    rows = []
    for segment, value, units, estimate, half in (
        ("device", "mobile", 48977, 0.083, 0.063),
        ("device", "desktop", 23454, 0.047, 0.088),
        ("visitor", "new", 41210, 0.094, 0.072),
        ("visitor", "returning", 31221, 0.038, 0.073),
    ):
        each = comparison(0.1077, estimate, half)
        each["adjustment"] = "bonferroni"
        rows.append(
            {
                "segment": segment,
                "value": value,
                "units": units,
                "metrics": [metric("conversion", "primary", 0.1077, [each], units=units // 2)],
            }
        )
    return {**conclusive(), "segments": rows}
