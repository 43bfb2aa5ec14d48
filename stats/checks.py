"""Refusals: what no statistic may be computed from."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.summary import Summary

KINDS = ("proportion", "count", "mean", "ratio", "retention", "quantile")


def check_pair(
    control: Summary, treatment: Summary, kind: str, shares: tuple[float, float], comparisons: int
) -> None:
    """Refuse summaries, shares and family sizes that mean nothing.

    Raises:
        ValueError: The message names the value and its rule.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    check_shares(shares, comparisons)
    if control.columns != treatment.columns:
        raise ValueError(f"summaries of different columns: {control.columns} and {treatment.columns}")
    first = "numerator" if kind == "ratio" else "outcome"
    if control.columns[0] != first or (kind == "ratio" and control.columns[1:2] != ("denominator",)):
        raise ValueError(f"a {kind} cannot be read from columns {control.columns}")
    check_summary(control, "control")
    check_summary(treatment, "treatment")


def check_shares(shares: tuple[float, float], comparisons: int) -> None:
    """Refuse shares of units and family sizes that mean nothing.

    Raises:
        ValueError: The message names the value and its rule.
    """
    if comparisons < 1:
        raise ValueError(f"comparisons must be at least 1, got {comparisons}")
    for position, share in enumerate(shares):
        if not 0 < share <= 1:
            raise ValueError(f"shares.{position} must lie above 0 and at most 1, got {share}")
    if sum(shares) > 1 + 1e-9:
        raise ValueError(f"shares must sum to at most 1, got {sum(shares)}")


def check_summary(summary: Summary, name: str) -> None:
    """Refuse a summary that holds NaN, infinity, negative counts or the wrong shape.

    Raises:
        ValueError: The message names the value and its rule.
    """
    size = len(summary.columns)
    if len(summary.means) != size or [len(row) for row in summary.comoments] != [size] * size:
        raise ValueError(f"{name}: means and comoments must fit {size} columns")
    if summary.units < 0 or not 0 <= summary.events <= summary.units:
        raise ValueError(
            f"{name}: units must not be negative and events lie between 0 and units, "
            f"got {summary.events} of {summary.units}"
        )
    numbers = [*summary.means, *(value for row in summary.comoments for value in row)]
    if not all(math.isfinite(value) for value in numbers):
        raise ValueError(f"{name}: means and comoments must be finite")
    if math.isinf(summary.third):
        raise ValueError(f"{name}: the third moment must be finite")
    if any(summary.comoments[index][index] < 0 for index in range(size)):
        raise ValueError(f"{name}: sums of squared deviations must not be negative")


def check_level(name: str, value: float, most: float = 1.0) -> None:
    """Refuse a chance of error that does not lie between 0 and `most`, both excluded.

    Raises:
        ValueError: The message names the value and its rule.
    """
    if not 0 < value < most:
        raise ValueError(f"{name} must lie between 0 and {most:g}, got {value}")


def check_above(name: str, value: float, least: float) -> None:
    """Refuse a number that is not finite and above `least`.

    Raises:
        ValueError: The message names the value and its rule.
    """
    if not least < value < math.inf:
        raise ValueError(f"{name} must be a finite number above {least:g}, got {value}")


def check_numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """The values as an array of doubles, none of them missing or infinite.

    Raises:
        ValueError: The message names the values and their rule.
    """
    found = np.asarray(values, dtype=np.float64)
    if not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite")
    return found
