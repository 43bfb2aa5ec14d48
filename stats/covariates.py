"""What covariates from before exposure explain of an outcome: least squares without the redundant ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.stack import Stack

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEW_SHARE = 1e-8
"""A covariate of whose variance no larger share is left after those before it says nothing new."""
FLAT = 1e-9
"""A deviation that is no larger share of the mean is rounding."""
UNITS_PER_COVARIATE = 100
"""Units in both arms for every covariate after the first: each takes one degree of freedom."""
PREFIX = "covariate"


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients of covariates, for one comparison or many.

    Attributes:
        starts: Where each covariate's columns begin.
        theta: Coefficients, shape `S + (k,)`; 0 where a covariate is not used.
        used: Which covariates are used, shape `S + (k,)`.
        centre: Means, or ratios of means, of both arms together, shape `S + (k,)`.
        explained: Share of the outcome's variance over all arms that the covariates explain, shape `S`. It
            takes no notice of who is in which arm.
    """

    starts: tuple[int, ...]
    theta: Floats
    used: Bools
    centre: Floats
    explained: Floats


def starts(columns: tuple[str, ...]) -> tuple[int, ...]:
    """Where each covariate begins; the denominator of a ratio is not one of its own."""
    return tuple(
        place
        for place, name in enumerate(columns)
        if name.startswith(PREFIX) and name != "covariate_denominator"
    )


def fit(arms: Sequence[Stack]) -> Fit:
    """Least squares of the outcome on the covariates over all units of all arms (CUPED).

    Deng, Xu, Kohavi & Walker (2013), with several covariates. The arms are not told apart, so the
    coefficients cannot follow their difference. Covariates come in their order, each swept out of the
    next ones (Goodnight 1979, "A Tutorial on the SWEEP Operator"): one that is constant, or that those before
    it determine up to `NEW_SHARE` of its variance, is left out instead of divided by what is left of it.
    """
    total = _together(arms)
    places = starts(total.columns)
    rows = np.stack([gradient(total, place) for place in (*places, 0)], axis=-2)
    half = np.einsum("...ai,...ij->...aj", rows, total.comoments)
    table = np.einsum("...aj,...bj->...ab", half, rows)
    centre = np.stack([value(total, place) for place in places], axis=-1)
    known = np.stack(
        [np.all([np.isfinite(value(arm, place)) for arm in arms], axis=0) for place in places], axis=-1
    )
    flat = total.units[..., None] * np.square(FLAT * centre)
    theta, used = _sweep(table[..., :-1, :], known, flat, total.units)
    own = table[..., -1, -1]
    share = np.einsum("...j,...j->...", theta, table[..., :-1, -1]) / np.where(own > 0, own, np.inf)
    return Fit(places, theta, used, np.where(used, centre, 0.0), share)


def left_over(arms: Sequence[Stack]) -> Floats:
    """The combination of columns that covariates leave of a unit's outcome, shape `S + (columns,)`.

    Its values less their mean are the residuals of which an arm's `residual` moments are taken. A ratio is
    linearised at its value over all arms.
    """
    total, found = _together(arms), fit(arms)
    rest = gradient(total, 0)
    for place, start in enumerate(found.starts):
        rest = rest - found.theta[..., place, None] * gradient(total, start)
    return rest


def _together(arms: Sequence[Stack]) -> Stack:
    total = arms[0]
    for arm in arms[1:]:
        total = total + arm
    return total


def _sweep(table: Floats, known: Bools, flat: Floats, units: Floats) -> tuple[Floats, Bools]:
    """Solve `table[..., :k] @ theta = table[..., k]` for a matrix of comoments, shape `S + (k, k + 1)`.

    Only covariates that are `known` and of which the comoment is above `flat` are used, both `S + (k,)`.
    """
    rest = np.array(table)
    size = rest.shape[-2]
    used = np.zeros(known.shape, dtype=np.bool_)
    for place in range(size):
        own, pivot = table[..., place, place], rest[..., place, place]
        enough = known[..., place] & (units >= place * UNITS_PER_COVARIATE)
        new = enough & (own > flat[..., place]) & (pivot > NEW_SHARE * own)
        row = np.where(new, 1 / np.where(new, pivot, 1.0), 0.0)[..., None] * rest[..., place, :]
        column = np.where(new[..., None], rest[..., :, place], 0.0)
        rest = rest - column[..., :, None] * row[..., None, :]
        rest[..., place, :] = row
        used[..., place] = new
    return np.where(used, rest[..., size], 0.0), used


def form(left: Floats, variant: Stack, right: Floats) -> Floats:
    """Comoment of two linear combinations of columns, shape `S`."""
    return np.asarray(np.einsum("...i,...ij,...j->...", left, variant.comoments, right), dtype=np.float64)


def value(variant: Stack, start: int) -> Floats:
    """A mean, or the ratio of two, from the columns that begin at `start`."""
    if _is_ratio(variant, start):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(variant.means[..., start] / variant.means[..., start + 1], dtype=np.float64)
    return np.asarray(variant.means[..., start], dtype=np.float64)


def gradient(variant: Stack, start: int) -> Floats:
    """Derivatives of the mean or ratio by the means of all columns; 0 for a ratio without denominator."""
    found = np.zeros_like(variant.means)
    if _is_ratio(variant, start):
        bottom = variant.means[..., start + 1]
        inverse = np.divide(1.0, bottom, out=np.zeros_like(bottom), where=bottom != 0)
        found[..., start] = inverse
        found[..., start + 1] = -variant.means[..., start] * inverse**2
    else:
        found[..., start] = 1.0
    return found


def _is_ratio(variant: Stack, start: int) -> bool:
    return variant.columns[start] in {"numerator", "covariate_numerator"}
