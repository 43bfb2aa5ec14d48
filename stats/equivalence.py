"""Whether a difference is small enough: equivalence and non-inferiority, for one look and for any moment."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr, stdtr

from stats import score
from stats.checks import check_above, check_pair
from stats.contrast import contrast
from stats.mean import welch_freedom
from stats.result import Comparison, Interval, Undetermined
from stats.stack import stack
from stats.summary import Summary

DIRECTIONS = ("increase", "decrease")
BINARY = ("proportion", "retention")
SCORE = "score"
OF_RATES = (SCORE, "agresti-caffo")


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Two one-sided tests (Schuirmann 1987); equivalent at level alpha when `p_value <= alpha`.

    Attributes:
        above_lower: p-value of the test that the effect is at most the lower margin.
        below_upper: p-value of the test that it is at least the upper margin.
    """

    above_lower: float
    below_upper: float

    @property
    def p_value(self) -> float:
        """The larger of both: no correction is needed, since both must reject."""
        return max(self.above_lower, self.below_upper)


@dataclass(frozen=True, slots=True)
class Claim:
    """What an interval says about margins.

    Attributes:
        holds: `True` when the whole interval is on the good side, `False` when all of it is on the bad one,
            `None` when it reaches across or there is no interval.
        level: The interval's two-sided level: the chance of claiming wrongly, at every moment that the
            interval is valid for, is at most this.
    """

    holds: bool | None
    level: float | None


def equivalence(
    control: Summary,
    treatment: Summary,
    *,
    kind: str,
    margins: tuple[float, float],
    relative: bool = False,
    cuped: bool = False,
    of_rates: str = SCORE,
) -> Equivalence | Undetermined:
    """Test at one look that the effect lies between two margins.

    Means and ratios (delta method) by Welch's test, rates by the score test without small-sample factor
    (Farrington & Manning 1990; ratios: Koopman 1984), so that it agrees with the intervals of a single look
    at `1 - 2 alpha`. A relative effect is tested by the contrast `treatment - (1 + margin) control`
    (Fieller 1954; Hauschke, Kieser & Hothorn 1999).

    Args:
        control: Summary of the control's units.
        treatment: Summary of the treatment's units, same columns.
        kind: Kind of the metric, one of `stats.checks.KINDS` but `quantile`.
        margins: Lower and upper bound of what does not matter; in the metric's unit, or as fractions of the
            control's value.
        relative: Whether margins are fractions, above -1.
        cuped: Whether covariates are used when the summaries carry them.
        of_rates: How absolute differences of rates are tested: `score`, or `agresti-caffo`, statsmodels'
            default (Wald with an event and a unit without one added to each; Agresti & Caffo 2000).

    Returns:
        Both tests, or why chance cannot be measured.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """
    lower, upper = margins
    if not (math.isfinite(lower) and math.isfinite(upper) and lower < upper):
        raise ValueError(f"margins must be finite and in rising order, got {lower} and {upper}")
    low, high = (
        _chances(control, treatment, kind, margin, relative=relative, cuped=cuped, of_rates=of_rates)
        for margin in margins
    )
    if isinstance(low, Undetermined):
        return low
    if isinstance(high, Undetermined):
        return high
    return Equivalence(above_lower=low[0], below_upper=high[1])


def non_inferiority(
    control: Summary,
    treatment: Summary,
    *,
    kind: str,
    margin: float,
    direction: str = "increase",
    relative: bool = False,
    cuped: bool = False,
    of_rates: str = SCORE,
) -> float | Undetermined:
    """One-sided p-value at one look of the test that the treatment is worse by the margin or more.

    Args and errors as for `equivalence`.

    Args:
        control: Summary of the control's units.
        treatment: Summary of the treatment's units.
        kind: Kind of the metric.
        margin: How much worse still does not matter, above 0; a harm of this size in either direction.
        direction: What is better, `increase` or `decrease`.
        relative: Whether the margin is a fraction of the control's value.
        cuped: Whether covariates are used.
        of_rates: How absolute differences of rates are tested.
    """
    check_above("margin", margin, 0)
    rising = _rising(direction)
    limit = -margin if rising else margin
    found = _chances(control, treatment, kind, limit, relative=relative, cuped=cuped, of_rates=of_rates)
    return found if isinstance(found, Undetermined) else found[0 if rising else 1]


def shows_equivalence(found: Comparison, margins: tuple[float, float], *, relative: bool = False) -> Claim:
    """Whether a comparison's interval lies inside both margins, or outside of either.

    The always-valid counterpart of `equivalence` where the comparison's method is always valid: whatever
    moment was chosen, the interval misses the truth with chance at most its level.

    Raises:
        ValueError: The margins are not in rising order.
    """
    lower, upper = margins
    if not lower < upper:
        raise ValueError(f"margins must be in rising order, got {lower} and {upper}")
    low, high = _bounds(found.relative if relative else found.absolute)
    holds = True if lower < low and high < upper else False if high < lower or low > upper else None
    return Claim(holds, found.level)


def shows_non_inferiority(
    found: Comparison, margin: float, *, direction: str = "increase", relative: bool = False
) -> Claim:
    """Whether a comparison's interval rules out harm of the margin or more, or any smaller harm.

    Args and errors as for `non_inferiority`; validity as for `shows_equivalence`.
    """
    check_above("margin", margin, 0)
    low, high = _bounds(found.relative if relative else found.absolute)
    worst, best = (low, high) if _rising(direction) else (-high, -low)
    return Claim(True if worst > -margin else False if best < -margin else None, found.level)


def _chances(
    control: Summary,
    treatment: Summary,
    kind: str,
    margin: float,
    *,
    relative: bool,
    cuped: bool,
    of_rates: str,
) -> tuple[float, float] | Undetermined:
    """One-sided p-values of an effect at the margin, against larger and against smaller ones."""
    check_pair(control, treatment, kind, (0.5, 0.5), 1)
    if kind == "quantile":
        raise ValueError("kind must not be quantile, whose values are not in a summary")
    if of_rates not in OF_RATES:
        raise ValueError(f"of_rates must be one of {', '.join(OF_RATES)}, got {of_rates!r}")
    if relative and not margin > -1:
        raise ValueError(f"a relative margin must lie above -1, got {margin}")
    if min(control.units, treatment.units) < 2:
        return Undetermined("too_few_units", "Each variant needs at least 2 units.")
    if kind in BINARY and not (cuped and len(control.columns) > 1):
        return _of_rates(control, treatment, margin, relative=relative, method=of_rates)
    pair = contrast(stack(control), stack(treatment), adjust=cuped)
    if relative and not pair.control.mean > 0:
        return Undetermined("no_base", "The control's value is not above 0, so no percentage of it exists.")
    gap = float(pair.difference - (margin * pair.control.mean if relative else margin))
    variance = float(pair.welch.at(margin) if relative else pair.welch.constant)
    if not variance > 0:
        return Undetermined("no_variation", "All units have the same value, so chance cannot be measured.")
    freedom = float(welch_freedom(pair, 1 + margin if relative else 1.0))
    t = gap / math.sqrt(variance)
    return float(stdtr(freedom, -t)), float(stdtr(freedom, t))


def _of_rates(
    control: Summary, treatment: Summary, margin: float, *, relative: bool, method: str
) -> tuple[float, float] | Undetermined:
    events, units = (control.events, treatment.events), (control.units, treatment.units)
    if sum(events) in {0, sum(units)}:
        return Undetermined("no_variation", "All units have the same value, so chance cannot be measured.")
    if relative:
        z = score.ratio_z(events, units, 1 + margin)
    else:
        if not -1 < margin < 1:
            raise ValueError(f"a margin of rates must lie between -1 and 1, got {margin}")
        z = _difference_z(events, units, margin, method)
    return float(ndtr(-z)), float(ndtr(z))


def _difference_z(events: tuple[int, int], units: tuple[int, int], difference: float, method: str) -> float:
    if method == SCORE:
        return score.difference_z(events, units, difference)
    sizes = [size + 2 for size in units]
    rates = [(count + 1) / size for count, size in zip(events, sizes, strict=True)]
    variance = sum(rate * (1 - rate) / size for rate, size in zip(rates, sizes, strict=True))
    return (rates[1] - rates[0] - difference) / math.sqrt(variance)


def _bounds(interval: Interval) -> tuple[float, float]:
    low = -math.inf if interval.lower is None else interval.lower
    return low, math.inf if interval.upper is None else interval.upper


def _rising(direction: str) -> bool:
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)}, got {direction!r}")
    return direction == "increase"
