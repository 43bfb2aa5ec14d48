"""What the shipped experiments bring in a year, as it grew month by month."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from dash_ui.figures.axis import BASE
from dash_ui.figures.evidence import BAND, LINE
from dash_ui.format import money, short_month
from dash_ui.reading_records import Range


def value_figure(months: Sequence[tuple[date, Range]], unit: str) -> dict[str, Any]:
    """The sum with its band; it steps up or down with what is shipped, so lines are steps."""
    places = list(range(len(months)))
    spans = [span for _first, span in months]
    ends = [end for span in spans for end in (span.lower, span.upper) if end is not None]
    low, high = min(0.0, *ends), max(0.0, *ends)
    high = high if high > low else 1.0
    ticks = _ticks(low, high)
    edge = {"x": places, "mode": "lines", "line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip"}
    names = [short_month(first) if place % 2 == 0 else "" for place, (first, _span) in enumerate(months)]
    return {
        "data": [
            {**edge, "y": [span.lower for span in spans]},
            {**edge, "y": [span.upper for span in spans], "fill": "tonexty", "fillcolor": BAND},
            {
                **edge,
                "y": [span.estimate for span in spans],
                "line": {"color": LINE, "width": 2.5, "shape": "hv"},
            },
        ],
        "layout": {
            **BASE,
            "margin": {"l": 84, "r": 16, "t": 10, "b": 30},
            "xaxis": {
                "range": [0, max(len(months) - 1, 1)],
                "tickvals": places,
                "ticktext": names,
                "fixedrange": True,
                "showgrid": False,
                "zeroline": False,
            },
            "yaxis": {
                "range": [low - 0.04 * (high - low), high + 0.04 * (high - low)],
                "tickvals": ticks,
                "ticktext": [money(value, unit) for value in ticks],
                "fixedrange": True,
                "zeroline": True,
                "zerolinewidth": 1.5,
                "gridwidth": 1,
            },
        },
    }


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return [index * step for index in range(math.ceil(low / step), math.floor(high / step) + 1)]
