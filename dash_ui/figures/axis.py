"""Axes of charts: ticks whose texts are written here, so that the browser needs no locale."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from dash_ui.format import clock, local, number, short_day, signed_percent

BASE: dict[str, Any] = {
    "autosize": True,
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"family": "Inter Variable, system-ui, sans-serif", "size": 12.5},
    "showlegend": False,
    "hovermode": False,
    "dragmode": False,
}


def effect_axis(limit: float) -> dict[str, Any]:
    """A relative difference, symmetric around zero."""
    values = effect_ticks(limit, 3)
    digits = 0 if limit >= 0.02 else 1
    return {
        "range": [-limit, limit],
        "tickvals": values,
        "ticktext": ["0%" if value == 0 else signed_percent(value, digits) for value in values],
        "fixedrange": True,
        "zeroline": True,
        "zerolinewidth": 1.5,
        "gridwidth": 1,
    }


def effect_ticks(limit: float, per_side: int) -> list[float]:
    """Round values from below zero to above it, at most `per_side` on either side."""
    step = _step(limit, per_side)
    count = math.floor(limit / step + 1e-9)
    return [round(index * step, 12) for index in range(-count, count + 1)]


def units_axis(top: float) -> dict[str, Any]:
    """A count from zero."""
    step = max(1.0, _step(top, 4))
    values = [index * step for index in range(math.floor(top / step) + 1)]
    return {
        "range": [0, top * 1.06],
        "tickvals": values,
        "ticktext": [number(value) for value in values],
        "fixedrange": True,
        "zeroline": True,
        "gridwidth": 1,
    }


def time_axis(first: datetime, last: datetime) -> dict[str, Any]:
    """Time from the first moment to the last, on the shop's clock; days, or hours within two days."""
    span = max(last - first, timedelta(minutes=1))
    write = _hour if span < timedelta(days=2) else short_day
    named = {write(moment): moment for moment in _moments(first, first + span)}
    return {
        "type": "date",
        "range": [naive(first), naive(first + span)],
        "tickvals": [naive(moment) for moment in named.values()],
        "ticktext": list(named),
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": "rgba(0,0,0,0)",
    }


def naive(moment: datetime) -> str:
    """A moment on the shop's clock as charts want it, without a zone."""
    return local(moment).replace(tzinfo=None).isoformat(timespec="seconds")


def _moments(first: datetime, last: datetime) -> list[datetime]:
    span = last - first
    if span >= timedelta(days=2):
        days = span / timedelta(days=1)
        step = next(each for each in (1, 2, 7, 14, 28, 91, 366) if days / each <= 6 or each == 366)
        start = local(first).replace(hour=0, minute=0, second=0, microsecond=0)
        moments = [start + timedelta(days=index * step) for index in range(1, int(days / step) + 2)]
        return [moment for moment in moments if moment <= last]
    return [first + span * part for part in (0.1, 0.3, 0.5, 0.7, 0.9)]


def _hour(moment: datetime) -> str:
    return clock(moment)


def _step(limit: float, per_side: int) -> float:
    power = 10.0 ** math.floor(math.log10(limit / per_side))
    factors = (1, 2, 5, 10) if per_side > 1 else (1, 2, 4, 5, 10)
    return next(
        factor * power for factor in factors if math.floor(limit / (factor * power) + 1e-9) <= per_side
    )
