"""How far an axis of effects reaches, so that one wide interval does not flatten the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

_FALLBACK = 0.1
_WIDEST = 2.5
_SETTLED = 0.35

Bounds = Sequence[tuple[float | None, float | None]]


def forest_limit(bounds: Bounds) -> float:
    """Half-width of the common axis of a forest: all intervals, but at most 2.5 times the median one."""
    sizes = _sizes(bounds)
    if not sizes:
        return _FALLBACK
    return _reached(min(max(sizes), _WIDEST * median(sizes)))


def band_limit(bounds: Bounds) -> float:
    """Half-width of the axis of a band over time: what it needs once the first third has passed."""
    sizes = _sizes(bounds[int(len(bounds) * _SETTLED) :])
    return _reached(max(sizes)) if sizes else _FALLBACK


def ticks(limit: float, per_side: int = 3) -> list[float]:
    """Round tick values from below zero to above it, at most `per_side` on either side.

    >>> ticks(0.18)
    [-0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15]
    """
    raw = limit / per_side
    power = math.floor(math.log10(raw))
    # Neighbouring steps differ by less than what `per_side` leaves room for, so that one always fits.
    factors = (1, 2, 5, 10) if per_side > 1 else (1, 2, 4, 5, 10)
    step = next(factor * 10.0**power for factor in factors if _few(limit, factor * 10.0**power, per_side))
    count = math.floor(limit / step + 1e-9)
    return [round(index * step, 12) for index in range(-count, count + 1)]


def _few(limit: float, step: float, per_side: int) -> bool:
    return math.floor(limit / step + 1e-9) <= per_side


def _sizes(bounds: Bounds) -> list[float]:
    return [
        size
        for lower, upper in bounds
        if lower is not None and upper is not None and math.isfinite(size := max(abs(lower), abs(upper)))
    ]


def _reached(size: float) -> float:
    return 1.08 * size if size > 0 else _FALLBACK
