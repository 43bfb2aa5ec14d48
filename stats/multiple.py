"""Many comparisons: adjusted p-values, and the level at which an interval agrees with its verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Adjusted:
    """One comparison among many.

    Attributes:
        p_value: Adjusted; `None` where there was none.
        significant: Whether it is at most alpha.
        level: At one minus this level the comparison's own interval excludes zero exactly when `significant`.
    """

    p_value: float | None
    significant: bool
    level: float


def holm(p_values: Sequence[float | None], alpha: float) -> list[Adjusted]:
    """Holm (1979): chance of any false alarm at most alpha, whatever the dependence.

    Comparisons without a p-value count in the family, so that no result changes when one becomes known.
    A rejected comparison's interval is at alpha over its rank; all others are at the level of the first that
    was not rejected.

    Args:
        p_values: Own p-values, `None` where undetermined.
        alpha: Of the family.

    Raises:
        ValueError: A p-value or alpha lies outside 0 to 1.
    """
    order = _order(p_values, alpha)
    size = len(p_values)
    adjusted: dict[int, float] = {}
    highest = 0.0
    for rank, position in enumerate(order):
        highest = max(highest, min(1.0, (size - rank) * _known(p_values[position])))
        adjusted[position] = highest
    rejected = sum(value <= alpha for value in adjusted.values())
    levels = {position: alpha / (size - min(rank, rejected)) for rank, position in enumerate(order)}
    return _collect(p_values, adjusted, levels, alpha, alpha / max(size - rejected, 1))


def bonferroni(p_values: Sequence[float | None], alpha: float) -> list[Adjusted]:
    """An equal share of alpha each: for boundaries that were fixed before the data.

    Args and errors as for `holm`.
    """
    _order(p_values, alpha)
    size = max(len(p_values), 1)
    adjusted = [None if value is None else min(1.0, size * value) for value in p_values]
    return [Adjusted(value, value is not None and value <= alpha, alpha / size) for value in adjusted]


def benjamini_hochberg(p_values: Sequence[float | None], alpha: float) -> list[Adjusted]:
    """Benjamini & Hochberg (1995): share of false alarms at most alpha, for independent comparisons.

    Intervals are at alpha times the share rejected (Benjamini & Yekutieli 2005, false coverage rate).

    Args and errors as for `holm`.
    """
    order = _order(p_values, alpha)
    size = len(p_values)
    adjusted: dict[int, float] = {}
    lowest = 1.0
    for rank in range(len(order) - 1, -1, -1):
        lowest = min(lowest, _known(p_values[order[rank]]) * size / (rank + 1))
        adjusted[order[rank]] = lowest
    rejected = sum(value <= alpha for value in adjusted.values())
    # With none rejected the smallest p-value lies above alpha / size, and so does every other.
    level = alpha * max(rejected, 1) / max(size, 1)
    return _collect(p_values, adjusted, dict.fromkeys(order, level), alpha, level)


def e_benjamini_hochberg(log_e_values: Sequence[float | None], alpha: float) -> list[Adjusted]:
    """e-BH (Wang & Ramdas 2022): the same share at most alpha, whatever the dependence and the moment.

    Args:
        log_e_values: Logs of e-values, such as minus the log of an always-valid p-value that is one over an
            e-value; `None` where undetermined.
        alpha: Of the family.
    """
    return benjamini_hochberg(
        [None if value is None else math.exp(-max(value, 0.0)) for value in log_e_values], alpha
    )


def _order(p_values: Sequence[float | None], alpha: float) -> list[int]:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    for position, value in enumerate(p_values):
        if value is not None and not 0 <= value <= 1:
            raise ValueError(f"p_values.{position} must lie between 0 and 1, got {value}")
    known = [position for position, value in enumerate(p_values) if value is not None]
    keys = np.array([_known(p_values[position]) for position in known])
    return [known[index] for index in np.argsort(keys, kind="stable")]


def _known(value: float | None) -> float:
    return 1.0 if value is None else value


def _collect(
    p_values: Sequence[float | None],
    adjusted: dict[int, float],
    levels: dict[int, float],
    alpha: float,
    rest: float,
) -> list[Adjusted]:
    return [
        Adjusted(adjusted.get(position), adjusted.get(position, 1.0) <= alpha, levels.get(position, rest))
        for position in range(len(p_values))
    ]
