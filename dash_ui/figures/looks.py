"""The planned looks: the difference in standard errors against the boundaries that it must cross."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash_ui.figures.axis import BASE
from dash_ui.format import number, percent, signed
from dash_ui.look_records import Bound, EffectLooks, TakenLook

LINE, GOOD, BAD, QUIET = "#4c6ef5", "#0c8599", "#d9480f", "#868e96"
HIGHEST = 5.0
_SYMBOLS = {"better": "circle", "worse": "diamond", "futility": "square", "continue": "circle-open"}


def looks_figure(looks: EffectLooks, gain: int, upcoming: float | None) -> dict[str, Any]:
    """Boundaries over the share of the plan, and the looks that were taken.

    Args:
        looks: Of one comparison.
        gain: 1 where more is good, -1 where less is.
        upcoming: Share of the plan at the next look; `None` when none is to come.
    """
    top = min(HIGHEST, max([2.5, *(bound.critical for bound in looks.planned)])) * 1.08
    bounds = _bounds(looks)
    traces = [
        _boundary(bounds, [gain * bound.critical for bound in bounds], GOOD, top),
        _boundary(bounds, [-gain * bound.critical for bound in bounds], BAD, top),
    ]
    futile = [bound for bound in bounds if bound.futility is not None]
    if futile:
        traces.append(_boundary(futile, [bound.futility or 0.0 for bound in futile], QUIET, top))
    taken = [look for look in looks.taken if look.z is not None]
    traces.append(
        {
            "x": [look.rate for look in taken],
            "y": [_clipped(look.z or 0.0, top) for look in taken],
            "mode": "lines+markers",
            "line": {"color": LINE, "width": 2.5},
            "marker": {"color": LINE, "size": 11, "symbol": [_SYMBOLS[look.decision] for look in taken]},
            "hoverinfo": "skip",
        }
    )
    layout: dict[str, Any] = {
        **BASE,
        "margin": {"l": 44, "r": 12, "t": 26, "b": 30},
        "xaxis": _share_axis(looks),
        "yaxis": _z_axis(top),
    }
    if upcoming is not None:
        layout["shapes"] = [_line(upcoming)]
    return {"data": traces, "layout": layout}


def _bounds(looks: EffectLooks) -> list[Bound]:
    """What held at the looks taken, then what is planned for those to come."""
    held = [Bound(look.rate, look.critical, look.futility) for look in looks.taken]
    reached = max((look.number for look in looks.taken), default=0)
    numbered = zip(range(len(looks.planned), 0, -1), reversed(looks.planned), strict=True)
    later = [bound for place, bound in numbered if place > reached and bound.share > _last(looks.taken)]
    return [*held, *reversed(later)]


def _last(taken: Sequence[TakenLook]) -> float:
    return taken[-1].rate if taken else 0.0


def _boundary(bounds: Sequence[Bound], values: Sequence[float], colour: str, top: float) -> dict[str, Any]:
    return {
        "x": [bound.share for bound in bounds],
        "y": [_clipped(value, top) for value in values],
        "mode": "lines+markers",
        "line": {"color": colour, "width": 1.5, "dash": "dash"},
        "marker": {"color": colour, "size": 7, "symbol": "line-ew-open"},
        "hoverinfo": "skip",
    }


def _clipped(value: float, top: float) -> float:
    return max(-top, min(top, value))


def _share_axis(looks: EffectLooks) -> dict[str, Any]:
    shares = [bound.share for bound in looks.planned]
    step = max(1, -(-len(shares) // 6))
    shown = list(reversed(list(reversed(shares))[::step]))
    return {
        "range": [0, max([1.0, *(look.rate for look in looks.taken)]) * 1.04],
        "tickvals": shown,
        "ticktext": [percent(share, 0) for share in shown],
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
    }


def _z_axis(top: float) -> dict[str, Any]:
    values = [-4, -2, 0, 2, 4] if top > 3 else [-2, -1, 0, 1, 2]
    return {
        "range": [-top, top],
        "tickvals": values,
        "ticktext": [number(value) if value == 0 else signed(value, 0) for value in values],
        "fixedrange": True,
        "zeroline": True,
        "zerolinewidth": 1.5,
        "gridwidth": 1,
    }


def _line(share: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": share,
        "x1": share,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": QUIET, "width": 1.5, "dash": "dot"},
    }
