"""What would change a report's verdict, and when the next one may be expected: codes with numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from stats.until import half_width_at, units_until

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast units come.

    Attributes:
        units: So far.
        planned: Size of the plan.
        per_day: Units a day; `None` where that cannot be told.
    """

    units: int
    planned: int
    per_day: float | None

    def days_until(self, units: float | None) -> int | None:
        """Whole days until there are so many; `None` where that is too far or cannot be told."""
        if units is None or not self.per_day:
            return None
        days = math.ceil(max(units - self.units, 0.0) / self.per_day)
        return days if days <= MOST_DAYS else None


MORE_DAYS = 7
MOST_DAYS = 365
"""Further ahead the pace of these weeks says little."""


def outlook(
    report: Document, pair: tuple[Document, Document] | None, headline: str, pace: Pace
) -> list[Document]:
    """What would change the verdict, the most telling first; nothing after the end.

    Args:
        report: With every metric's `comparisons` read (`reading`, `limit`).
        pair: The metric and comparison that the headline is about.
        headline: Of `experiments.analysis.reading`.
        pace: Units so far and a day, of those who decide.

    Returns:
        Entries with a `code` and its `params`; rates and effects as fractions.
    """
    if headline == "distrust":
        return [_said("repair")]
    if pair is None or report.get("status") in ("stopped", "archived"):
        return []
    metric, row = pair
    if row.get("undetermined") is not None:
        return _needed(row)
    found = {
        "unclear": _unclear,
        "better": _settled,
        "worse": _settled,
        "no_difference": _possible,
    }.get(headline)
    return [] if found is None else found(report, metric, row, pace)


def _said(code: str, **params: Any) -> Document:
    return {"code": code, "params": params}


def _needed(row: Document) -> list[Document]:
    """Which assumptions are not met yet."""
    return [
        _said("needed", assumption=each["code"], value=each["value"], needed=each["needed"])
        for each in row.get("assumptions") or []
        if not each["met"] and each["code"] in ("units_per_arm", "events_per_arm", "denominator")
    ]


def _unclear(report: Document, metric: Document, row: Document, pace: Pace) -> list[Document]:
    """When the answer comes: at a look, at the planned size, or as soon as the range leaves zero."""
    looks = report.get("looks")
    if looks is not None:
        return _at_next_look(looks, row)
    if report["method"] == "fixed":
        days = (report.get("progress") or {}).get("days_left")
        return [_said("single_look", planned=pace.planned, days=days)] if pace.units < pace.planned else []
    said = _of_smallest(report)
    width = _width(report, row, pace)
    if width is not None and not row["significant"]:
        estimate, half = abs(row["relative"]["estimate"]), width.half
        days = pace.days_until(width.until(estimate))
        if estimate > 0.1 * half and days:
            said.append(_said("as_measured", estimate=row["relative"]["estimate"], days=days))
        mde = report["reading"]["mde"]
        days = pace.days_until(width.until(abs(mde))) if mde else None
        if days:
            said.append(_said("no_effect", smallest=abs(mde), days=days))
        if not said and pace.per_day:
            said.append(_said("beyond_a_year", estimate=row["relative"]["estimate"]))
    return said + _open_guardrails(report, row, pace)


def _of_smallest(report: Document) -> list[Document]:
    """When an effect of the smallest size that matters is to be expected to show."""
    reach = report.get("reach")
    if not reach or reach["needed_days"] is None or reach["needed_days"] > MOST_DAYS:
        return []
    code = "true_effect" if reach["needed_days"] > 0 else "would_have_shown"
    return [_said(code, smallest=abs(reach["smallest"]), days=reach["needed_days"])]


def _at_next_look(looks: Document, row: Document) -> list[Document]:
    """When the next look is, and how large the difference must be there to decide."""
    following = looks["next"]
    if following is None:
        return []
    said = {
        "look": following["look"],
        "units": following["units"],
        "at": following.get("due_at") or following.get("expected_at"),
        "effect": _decisive(row, following["look"]),
    }
    return [_said("next_look", **said)]


def _decisive(row: Document, number: int) -> float | None:
    """Relative difference that crosses the next boundary, when the spread stays as at the latest look."""
    own = row.get("looks") or {}
    planned, taken = own.get("planned") or [], own.get("taken") or []
    relative, absolute = row["relative"].get("estimate"), row["absolute"].get("estimate")
    if number > len(planned) or not taken or not relative or not absolute:
        return None
    bound, latest = planned[number - 1], taken[-1]
    if bound.get("critical") is None or not latest.get("error") or not latest.get("rate"):
        return None
    error = latest["error"] * math.sqrt(latest["rate"] / bound["share"])
    return abs(float(bound["critical"] * error * relative / absolute))


def _open_guardrails(report: Document, row: Document, pace: Pace) -> list[Document]:
    """Guardrails that keep a better variant from being shipped."""
    if row["reading"] != "better":
        return []
    return [
        _said("guardrail_open", **_room(metric, each), days=_days_within(report, metric, each, pace))
        for metric, each in _guardrails(report, row)
        if each.get("non_inferior") is not True
    ]


def _days_within(report: Document, metric: Document, row: Document, pace: Pace) -> int | None:
    width = _width(report, row, pace)
    if width is None:
        return None
    harm = math.copysign(1.0, row["limit"]) * row["relative"]["estimate"]
    return pace.days_until(width.until(metric["non_inferiority"]["margin"] - harm))


def _settled(report: Document, metric: Document, row: Document, pace: Pace) -> list[Document]:
    """How far the range is from zero, what a week more would do, and how much room the guardrails have."""
    lower, upper = row["relative"].get("lower"), row["relative"].get("upper")
    if report["method"] == "bayesian" or lower is None or upper is None:
        return []
    said = [_said("nearest_end", end=lower if lower > 0 else upper)] if lower > 0 or upper < 0 else []
    width = _width(report, row, pace)
    if width is not None and pace.per_day and report.get("looks") is None:
        then = width.after(pace.units + MORE_DAYS * pace.per_day)
        if then < 0.97 * width.half:
            said.append(_said("narrower", days=MORE_DAYS, now=width.half, then=then))
    if row["reading"] == "better":
        said += [
            _said("guardrail_room", **_room(other, each))
            for other, each in _guardrails(report, row)
            if each.get("non_inferior") is True
        ]
    return said


def _possible(report: Document, metric: Document, row: Document, pace: Pace) -> list[Document]:
    """Which effects are still possible though none matters by the plan."""
    lower, upper = row["relative"].get("lower"), row["relative"].get("upper")
    return [] if lower is None or upper is None else [_said("still_possible", lower=lower, upper=upper)]


def _guardrails(report: Document, row: Document) -> list[tuple[Document, Document]]:
    """Those with a margin and an interval, on the same treatment."""
    deciding = (report.get("trigger") or report)["metrics"]
    return [
        (metric, each)
        for metric in deciding
        if metric["role"] == "guardrail" and metric.get("non_inferiority") is not None
        for each in metric["comparisons"]
        if each["variant"] == row["variant"] and _worst(each) is not None
    ]


def _worst(row: Document) -> float | None:
    value: float | None = row["relative"].get("upper" if (row.get("limit") or 0.0) > 0 else "lower")
    return value


def _room(metric: Document, row: Document) -> Document:
    return {"metric": metric["name"], "limit": row["limit"], "worst": _worst(row)}


@dataclass(frozen=True, slots=True)
class _Width:
    """Half of an always-valid interval, and how it goes on."""

    half: float
    units: int
    planned: int
    level: float
    closed: bool

    def until(self, goal: float) -> float | None:
        return units_until(self.half, goal, self.units, self.planned, self.level, planned=self.closed)

    def after(self, units: float) -> float:
        return half_width_at(self.half, self.units, units, self.planned, self.level, planned=self.closed)


def _width(report: Document, row: Document, pace: Pace) -> _Width | None:
    lower, upper = row["relative"].get("lower"), row["relative"].get("upper")
    methods = ("sequential", "group_sequential")
    if lower is None or upper is None or upper <= lower or not pace.units or report["method"] not in methods:
        return None
    level = float(row.get("level") or report["alpha"])
    closed = report["method"] == "group_sequential"
    return _Width((upper - lower) / 2, pace.units, pace.planned, level, closed)
