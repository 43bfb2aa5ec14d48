"""What an effect comes to in a year: per unit, times the units that a year brings at the pace seen."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

Document = dict[str, Any]
DAYS_A_YEAR = 365
LEAST_DAYS = 7
"""Weekdays differ, so that less than a week says nothing about a year."""
COUNTED = ("proportion", "retention", "count")
_CURRENCY = re.compile(r"[A-Z]{3}")


def yearly_basis(report: Document, units: int, traffic: float | None) -> Document:
    """What a year is taken to bring when everybody in the audience takes part.

    Args:
        report: For when it ran, and how many took part when.
        units: Those it is about: all who were exposed, or who reached the trigger.
        traffic: Share of the audience that took part where the report does not tell; `None` if unknown.

    Returns:
        `units` a year, or null with the `code` why (`too_short`, `traffic_unknown`, `nobody`); beside it the
        `counted` units, the `days` that they took, and the `traffic` at the end.
    """
    spans = _spans(report, traffic)
    days = sum(length for length, _ in spans)
    shares = [share for _, share in spans]
    basis: Document = {"counted": units, "days": days, "traffic": shares[-1] if shares else None}
    if any(share is None or share <= 0 for share in shares):
        return {**basis, "units": None, "code": "traffic_unknown"}
    if not units:
        return {**basis, "units": None, "code": "nobody"}
    if days < LEAST_DAYS:
        return {**basis, "units": None, "code": "too_short"}
    full = sum(length * share for length, share in spans if share is not None)
    return {**basis, "units": units / full * DAYS_A_YEAR, "code": None}


def yearly_amount(metric: Document, comparison: Document, units: float | None) -> Document | None:
    """The difference per unit times the units of a year, with its bounds; in money or as a count.

    `None` where that is no amount: quantiles, ratios, times and other units that do not add up.
    """
    unit, kind = metric.get("unit"), metric["kind"]
    money = kind in ("mean", "count") and bool(unit and _CURRENCY.fullmatch(unit))
    if units is None or not (money or (kind in COUNTED and not unit)):
        return None
    span = comparison["absolute"]
    ends = {name: span.get(name) for name in ("estimate", "lower", "upper")}
    if ends["estimate"] is None or comparison.get("undetermined") is not None:
        return None
    return {name: None if value is None else value * units for name, value in ends.items()}


def _spans(report: Document, traffic: float | None) -> list[tuple[float, float | None]]:
    """Days, each with the share of the audience that took part in them."""
    end = str(report.get("stopped_at") or report.get("as_of"))
    splits = report.get("splits") or []
    starts: list[tuple[str, float | None]]
    if splits:
        starts = [(str(split["from"]), float(split["traffic"])) for split in splits]
    else:
        phases = report.get("phases") or []
        begin = phases[-1]["started_at"] if phases else report.get("started_at")
        known = ((report.get("health") or {}).get("assignment") or {}).get("traffic", traffic)
        starts = [] if begin is None else [(str(begin), known)]
    ends = [*(start for start, _ in starts[1:]), *([end] if starts else [])]
    return [(_days(start, until), share) for (start, share), until in zip(starts, ends, strict=True)]


def _days(start: str, end: str) -> float:
    passed = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return max(passed.total_seconds() / 86_400, 0.0)
