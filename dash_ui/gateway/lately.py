"""What a metric's definition gives for sums of the shop's events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dash_ui.metric_records import MetricLately

Document = dict[str, Any]
_BY_SUMS = ("proportion", "count", "mean", "ratio")


def lately(document: Document, sums: Document) -> MetricLately:
    """The value over the last days and by day, or why there is none.

    Args:
        document: The definition, whole or still being typed.
        sums: As `experiments.analysis.daily` gives them.
    """
    week = sums["week"]
    terms = _terms(document)
    missing = _missing(terms, week)
    value = None if missing or document.get("kind") not in _BY_SUMS else _value(document, week)
    own = [week["events"].get(event, {}).get("units", 0) for event, _field in terms]
    code = "unseen" if missing else None if document.get("kind") in _BY_SUMS else "kind"
    trend = []
    for day in sums["days"] if value is not None else ():
        found = _value(document, day)
        if found is not None:
            trend.append((datetime.fromisoformat(day["until"]), found))
    return MetricLately(
        value=value,
        shoppers=week["units"],
        did=max(own, default=0),
        days=week["days"],
        until=datetime.fromisoformat(sums["until"]),
        trend=tuple(trend),
        code=code,
        missing=missing,
        seen=tuple(week["events"]),
    )


def _terms(document: Document) -> list[tuple[str, str | None]]:
    """Events that are counted, with the amount that is added up; `None` counts them."""
    kind = document.get("kind")
    if kind == "ratio":
        parts = [document.get(name) or {} for name in ("numerator", "denominator")]
        return [(part.get("event") or "", part.get("field")) for part in parts]
    field = (document.get("field") or "value") if kind in ("mean", "quantile") else None
    return [(document.get("event") or "", field)]


def _missing(terms: list[tuple[str, str | None]], week: Document) -> str:
    for event, field in terms:
        known = week["events"].get(event)
        if event and known is None:
            return event
        if event and field is not None and known is not None and field not in known["fields"]:
            return field
    return ""


def _value(document: Document, period: Document) -> float | None:
    parts = [_sum(period, event, field) for event, field in _terms(document)]
    if not period["units"] or any(not event for event, _field in _terms(document)):
        return None
    if document["kind"] == "ratio":
        return parts[0] / parts[1] if parts[1] else None
    if document["kind"] == "proportion":
        event = document["event"]
        did: int = period["events"].get(event, {}).get("units", 0)
        return did / int(period["units"])
    return parts[0] / int(period["units"])


def _sum(period: Document, event: str, field: str | None) -> float:
    known = period["events"].get(event)
    if known is None:
        return 0.0
    return float(known["events"] if field is None else known["fields"].get(field, 0.0))
