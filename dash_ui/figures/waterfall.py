"""The way from an export of orders to the sum in a report, one bar a step."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from dash_ui.figures.axis import BASE
from dash_ui.format import money, number
from dash_ui.reconcile_records import Step
from dash_ui.reconcile_words import class_name

WHOLE, LESS, MORE = "#4c6ef5", "#868e96", "#0c8599"


def waterfall_figure(way: Sequence[Step], currency: str | None) -> dict[str, Any]:
    """Horizontal bars, the export above; each begins where the last one ended."""
    reached, bases = Decimal(0), []
    for step in way:
        bases.append(0.0 if step.total else float(reached))
        reached = step.amount if step.total else reached + step.amount
    widths = [float(step.amount) for step in way]
    ends = [base + width for base, width in zip(bases, widths, strict=True)]
    places = list(range(len(way)))
    shared = {"y": places, "cliponaxis": False, "hoverinfo": "skip"}
    bars = {"type": "bar", "orientation": "h", "x": widths, "base": bases}
    # Beside the right end of each bar, also of one that goes left: there is no name.
    labels = {"type": "scatter", "mode": "text", "textposition": "middle right"}
    return {
        "data": [
            {**shared, **bars, "marker": {"color": [_colour(step) for step in way]}},
            {
                **shared,
                **labels,
                "x": [max(pair) for pair in zip(bases, ends, strict=True)],
                "text": [f" {amount_text(step.amount, currency)}" for step in way],
            },
        ],
        "layout": {
            **BASE,
            "bargap": 0.35,
            "margin": {"l": 170, "r": 96, "t": 6, "b": 6},
            "xaxis": _axis([0.0, *bases, *ends]),
            "yaxis": {
                "tickvals": places,
                "ticktext": [class_name(step.name) for step in way],
                "range": [len(way) - 0.5, -0.5],
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
        },
    }


def _axis(values: Sequence[float]) -> dict[str, Any]:
    low, high = min(values), max(values)
    room = (high - low or 1.0) * 0.01
    return {
        "range": [low - (room if low < 0 else 0), high + room],
        "showticklabels": False,
        "showgrid": False,
        "zeroline": True,
        "fixedrange": True,
    }


def amount_text(amount: Decimal, currency: str | None) -> str:
    """An amount with its cents; a plain number where nobody says of what."""
    return money(float(amount), currency, 2) if currency else number(float(amount), 2)


def _colour(step: Step) -> str:
    if step.total:
        return WHOLE
    return MORE if step.amount > 0 else LESS
