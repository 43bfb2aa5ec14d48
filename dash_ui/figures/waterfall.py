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
    reached, bases, widths = Decimal(0), [], []
    for step in way:
        if step.total:
            bases.append(0.0)
            widths.append(float(step.amount))
            reached = step.amount
        else:
            bases.append(float(reached))
            widths.append(float(step.amount))
            reached += step.amount
    ends = [0.0, *(base + width for base, width in zip(bases, widths, strict=True)), *bases]
    low, high = min(ends), max(ends)
    room = (high - low or 1.0) * 0.01
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": list(range(len(way))),
                "x": widths,
                "base": bases,
                "marker": {"color": [_colour(step) for step in way]},
                "hoverinfo": "skip",
            },
            {
                # Beside the right end of each bar, also of one that goes left: there is no name.
                "type": "scatter",
                "mode": "text",
                "y": list(range(len(way))),
                "x": [max(base, base + width) for base, width in zip(bases, widths, strict=True)],
                "text": [f" {amount_text(step.amount, currency)}" for step in way],
                "textposition": "middle right",
                "cliponaxis": False,
                "hoverinfo": "skip",
            },
        ],
        "layout": {
            **BASE,
            "bargap": 0.35,
            "margin": {"l": 170, "r": 96, "t": 6, "b": 6},
            "xaxis": {
                "range": [low - (room if low < 0 else 0), high + room],
                "showticklabels": False,
                "showgrid": False,
                "zeroline": True,
                "fixedrange": True,
            },
            "yaxis": {
                "tickvals": list(range(len(way))),
                "ticktext": [class_name(step.name) for step in way],
                "range": [len(way) - 0.5, -0.5],
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
        },
    }


def amount_text(amount: Decimal, currency: str | None) -> str:
    """An amount with its cents; a plain number where nobody says of what."""
    return money(float(amount), currency, 2) if currency else number(float(amount), 2)


def _colour(step: Step) -> str:
    if step.total:
        return WHOLE
    return MORE if step.amount > 0 else LESS
