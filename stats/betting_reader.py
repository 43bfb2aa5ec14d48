"""Design-based betting on imaginary experiments: the same wealth as a report's, after every look."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from stats.betting import Outcomes, Scale, known_before, log_wealth
from stats.betting_reading import MINIMUM_UNITS
from stats.cell import Cell
from stats.readers import Pair, Readout
from stats.synthetic import Arm

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

PURCHASE_QUANTILE = 3.0902
"""Normal quantile of the cap on what is spent: 99.9 % of purchases lie below."""
MOST_EVENTS = 20.0


def can_bet(cell: Cell) -> bool:
    """Whether outcomes have a bound and are complete when their unit comes."""
    bounded = cell.values in {"one", "poisson"} or (cell.values == "lognormal" and cell.kind != "ratio")
    effect_is_kept = cell.values != "lognormal" or cell.through == "rate" or not cell.lift
    return bounded and effect_is_kept and not cell.delayed and not cell.refunds


def read_betting(pair: Pair, alpha: float) -> Readout:
    """Bets against the registered cap, by what earlier looks taught.

    Raises:
        ValueError: Nothing can be bet on in such a cell.
    """
    cell = pair.cell
    if not can_bet(cell):
        raise ValueError(f"no bets can be made in {cell.name}")
    shape = pair.control.fresh.shape
    limit = -math.log(alpha)
    null, absolute, relative = (np.zeros(shape) for _ in range(3))
    for number in range(shape[0]):
        outcomes = outcomes_of(pair, number)
        terms = known_before(outcomes)
        null[number] = log_wealth(outcomes, terms)
        absolute[number] = relative[number] = null[number]
        if cell.lift:
            difference = cell.lift * cell.rate * _capped_mean(cell)
            absolute[number] = log_wealth(outcomes, terms, difference, Scale.ABSOLUTE)
            relative[number] = log_wealth(outcomes, terms, cell.lift, Scale.RELATIVE)
    units = np.cumsum(pair.control.fresh + pair.treatment.fresh, axis=1)
    known = units >= MINIMUM_UNITS
    upward = pair.treatment.stack.means[..., 0] > pair.control.stack.means[..., 0]
    return Readout(
        known & (null >= limit), upward, known, known & (absolute >= limit), known & (relative >= limit)
    )


def cap_of(cell: Cell) -> float:
    """The bound that the imaginary shop registers."""
    if cell.values == "lognormal":
        return math.exp(PURCHASE_QUANTILE * cell.spread)
    return 1.0 if cell.values == "one" else MOST_EVENTS


def _capped_mean(cell: Cell) -> float:
    """Mean of a value other than zero, under the cap."""
    if cell.values != "lognormal":
        return 1.0
    below = math.exp(cell.spread**2 / 2) * float(ndtr(PURCHASE_QUANTILE - cell.spread))
    return below + cap_of(cell) * float(ndtr(-PURCHASE_QUANTILE))


def outcomes_of(pair: Pair, number: int) -> Outcomes:
    """One experiment's outcomes in batches of a look, units without a value counted together."""
    parts = [_rows(arm, number) for arm in (pair.control, pair.treatment)]
    looks, values, counts = (np.concatenate([part[place] for part in parts]) for place in range(3))
    treated = np.repeat([False, True], [len(part[0]) for part in parts])
    order = np.argsort(looks, kind="stable")
    return Outcomes(
        batch=looks[order],
        treated=treated[order],
        value=np.minimum(values[order], cap_of(pair.cell)),
        covariate=np.zeros(len(order)),
        count=counts[order].astype(np.int64),
        share=pair.shares[1],
        planned_units=pair.planned,
        lower=0.0,
        upper=cap_of(pair.cell),
    )


def _rows(arm: Arm, number: int) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Look, value and number of units of one arm's rows, those without a value last."""
    looks = arm.fresh.shape[1]
    start, stop = np.searchsorted(arm.rows.arrived, [number * looks, (number + 1) * looks])
    at = arm.rows.arrived[start:stop] - number * looks
    weights = np.ones(len(at)) if arm.rows.weights is None else arm.rows.weights[start:stop]
    zeros = arm.fresh[number] - np.bincount(at, weights=weights, minlength=looks)
    return (
        np.concatenate([at, np.arange(looks)]),
        np.concatenate([arm.rows.columns[start:stop, 0], np.zeros(looks)]),
        np.concatenate([weights, zeros]),
    )
