"""Planning: how many units a question needs, when it ends, and which effect a number of units can show."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from scipy.special import ndtri

from stats.checks import KINDS
from stats.design import OBRIEN_FLEMING, Design
from stats.looks import planned_boundaries
from stats.outlook import BINARY, Outcome, Outlook, Reading, counts_conversions_alone, outlook
from stats.plan import METHODS
from stats.spending import Spending

STEPS = 12
CLOSE = 2e-4
MOST_UNITS = 10**15


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be planned: a metric, a way of reading, and an error and power to keep.

    Attributes:
        outcome: The metric without treatment.
        shares: Planned weights of the variants, control first; scaled to sum to one.
        method: How it will be read, one of `stats.plan.METHODS`.
        alpha: Two-sided false-alarm rate of the whole family.
        power: Chance to find the effect in one comparison.
        looks: Looks of `group_sequential` when taken as planned; `None` when it is read at any moment.
        comparisons: Treatments times primary metrics, which share alpha; the first step of Holm's procedure.
        spending: How planned looks spend alpha, and beta where they may stop for futility.
        futility: `non_binding` or `binding`; `None` without.
        exact: Whether a `sequential` plan is read by bets, without assumptions.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """

    outcome: Outcome
    shares: tuple[float, ...]
    method: str
    alpha: float = 0.05
    power: float = 0.8
    looks: int | None = None
    comparisons: int = 1
    spending: Spending = OBRIEN_FLEMING
    futility: str | None = None
    exact: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be planned."""
        _check_outcome(self.outcome)
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, got {self.method!r}")
        for name, value in (("alpha", self.alpha), ("power", self.power)):
            if not 0 < value < 1:
                raise ValueError(f"{name} must lie between 0 and 1, got {value}")
        if self.outcome.kind == "quantile" and self.method == "bayesian":
            raise ValueError("method bayesian has no reading of a quantile")
        if self.power <= self.alpha:
            raise ValueError(f"power must be above alpha, got {self.power} and {self.alpha}")
        if len(self.shares) < 2 or not all(0 < share < math.inf for share in self.shares):
            raise ValueError("shares must be at least two finite numbers above 0")
        for name, count in (("looks", self.looks), ("comparisons", self.comparisons)):
            if count is not None and count < 1:
                raise ValueError(f"{name} must be at least 1, got {count}")

    @property
    def weights(self) -> tuple[float, ...]:
        """Shares that sum to one."""
        total = sum(self.shares)
        return tuple(share / total for share in self.shares)

    @property
    def reading(self) -> Reading:
        """How the comparison with the smallest treatment is read; the others have more power."""
        # A posterior answers for each comparison alone; its readings share nothing.
        family = 1 if self.method == "bayesian" else self.comparisons
        weights = self.weights
        planned = self.method == "group_sequential" and self.outcome.kind != "quantile"
        looks = self.looks if planned else None
        shares = weights[0], min(weights[1:])
        exact = self.exact and self.method == "sequential" and self.outcome.kind != "quantile"
        return Reading(self.method, self.alpha / family, shares, looks, self.spending, exact)

    @property
    def variance_left(self) -> float:
        """Share of the variance that counts: all of it where the reading knows no covariates."""
        return 1.0 if counts_conversions_alone(self.outcome, self.reading) else self.outcome.left

    @property
    def futility_cost(self) -> float:
        """Units with stopping for futility over units without: what giving up early takes from the power."""
        reading = self.reading
        if self.futility is None or reading.looks is None:
            return 1.0
        design = Design(
            information=tuple(place / reading.looks for place in range(1, reading.looks + 1)),
            alpha=reading.alpha,
            beta=1 - self.power,
            sides=2,
            spending=self.spending,
        )
        futile = replace(design, futility=self.spending, binding=self.futility == "binding")
        return (planned_boundaries(futile).drift / planned_boundaries(design).drift) ** 2


@dataclass(frozen=True, slots=True)
class SizePlan:
    """How many units a plan needs.

    Attributes:
        units: Over all variants together.
        per_variant: The same by variant, control first.
        relative_effect: Effect that the plan finds with the stated power, as a fraction of the mean.
        absolute_effect: The same in the metric's unit.
        fixed_units: What a single look at the end would need.
        expected_units: Mean units at which the plan ends when the effect is as planned.
        expected_units_without: The same when there is no effect.
        rough: Whether a few large or rare values decide the means at this size, so that the power may differ
            by several points; heavy tails mostly give more than was promised.
    """

    units: int
    per_variant: tuple[int, ...]
    relative_effect: float
    absolute_effect: float
    fixed_units: int
    expected_units: int
    expected_units_without: int
    rough: bool


def plan_size(question: Question, effect: float) -> SizePlan:
    """Units needed to find a relative effect of every treatment against the control.

    Agrees with `stats.calibrate` within 3 points of power and 3 % of the stopping time, unless `rough`.

    Args:
        question: What is planned.
        effect: Effect to find, as a fraction of the mean; not 0. For a rate it must stay above 0 and at
            most at 1.

    Raises:
        ValueError: The effect is out of range.
    """
    outcome = question.outcome
    if not math.isfinite(effect) or effect == 0:
        raise ValueError(f"effect must be a finite number other than 0, got {effect}")
    if outcome.kind in BINARY and not 0 < outcome.mean * (1 + effect) <= 1:
        raise ValueError(
            f"effect must keep the rate above 0 and at most at 1, got {effect} at {outcome.mean}"
        )
    units = _units(question, effect)
    found = expect(question, units, effect)
    fixed = units if question.method == "fixed" else _units(replace(question, method="fixed"), effect)
    whole = math.ceil(units)
    return SizePlan(
        units=whole,
        per_variant=tuple(math.ceil(units * weight) for weight in question.weights),
        relative_effect=effect,
        absolute_effect=effect * outcome.mean,
        fixed_units=math.ceil(fixed),
        expected_units=math.ceil(units * found.stopping),
        expected_units_without=math.ceil(units * expect(question, units, 0.0).stopping),
        rough=found.rough,
    )


@lru_cache(maxsize=1024)
def detectable_effect(question: Question, units: float, direction: int = 1) -> float:
    """Smallest relative effect that `units` units over all variants find with the stated power.

    Args:
        question: What is planned.
        units: Planned size.
        direction: 1 for a higher mean, -1 for a lower one; they differ where a rate is small, the outcome
            skewed or the shares uneven.

    Returns:
        A fraction with the sign of the direction; infinite when no effect can be found.

    Raises:
        ValueError: There are no units, or the direction is neither 1 nor -1.
    """
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    if direction not in {1, -1}:
        raise ValueError(f"direction must be 1 or -1, got {direction}")
    outcome = question.outcome
    sign = direction if outcome.mean > 0 else -direction
    most = math.inf
    if outcome.kind in BINARY:
        most = 1 / outcome.mean - 1 if direction > 0 else 1 - 1e-6

    def found(effect: float) -> float:
        return expect(question, units, sign * effect).power

    start = min(_plain(question) * _plain_error(question) / math.sqrt(units), 0.5 * most)
    effect = _solve(found, question.power, start, 1.0, most)
    return sign * (effect if found(effect) >= question.power - 0.01 else math.inf)


def expect(question: Question, units: float, effect: float) -> Outlook:
    """Power and stopping of the comparison with the smallest treatment, at any size and effect.

    Stopping for futility costs power, which counts; that it saves units does not, because nobody must obey.
    """
    return outlook(question.outcome, question.reading, units / question.futility_cost, effect)


def power_curve(question: Question, units: float, effects: Sequence[float]) -> tuple[float, ...]:
    """Power at each relative effect, for a planned size."""
    return tuple(expect(question, units, effect).power for effect in effects)


def _units(question: Question, effect: float) -> float:
    def found(units: float) -> float:
        return expect(question, units, effect).power

    start = (_plain_error(question) * _plain(question) / effect) ** 2
    return _solve(found, question.power, start, 2.0, MOST_UNITS)


def _solve(
    power: Callable[[float], float], wanted: float, start: float, exponent: float, most: float
) -> float:
    """Where a rising chance reaches `wanted`, along an argument of which a drift is the `1 / exponent` power.

    The normal quantile of the power is nearly the drift less a constant, so each step goes to the drift that
    would be missing then; where that does not settle, the interval between too little and enough is halved.
    """
    low, high = 0.0, most
    value = min(max(start, 1e-12), most)
    for _ in range(4 * STEPS):
        found = power(value)
        if abs(found - wanted) <= CLOSE:
            break
        low, high = (value, high) if found < wanted else (low, value)
        drift = float(ndtri(min(max(found, 1e-9), 1 - 1e-9)))
        guess = value * max(1 + (float(ndtri(wanted)) - drift) / max(drift + 3.0, 1.0), 0.2) ** exponent
        value = guess if low < guess < high else (low + high) / 2 if high < most else min(2 * value, most)
        if high - low <= 1e-9 * value:
            break
    return value


def _plain(question: Question) -> float:
    """Effect over its standard error at a single look that has the power."""
    alpha = question.reading.alpha
    return float(-ndtri(alpha / 2) + ndtri(question.power))


def _plain_error(question: Question) -> float:
    """Relative standard error of the difference with one unit in all."""
    outcome, shares = question.outcome, question.reading.shares
    variance = outcome.mean * (1 - outcome.mean) if outcome.kind in BINARY else outcome.std**2
    return math.sqrt(variance * outcome.left * (1 / shares[0] + 1 / shares[1])) / abs(outcome.mean)


def _check_outcome(outcome: Outcome) -> None:
    if outcome.kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {outcome.kind!r}")
    if not math.isfinite(outcome.mean) or outcome.mean == 0:
        raise ValueError(f"mean must be a finite number other than 0, got {outcome.mean}")
    if outcome.kind in BINARY and not 0 < outcome.mean < 1:
        raise ValueError(f"mean of a {outcome.kind} must lie between 0 and 1, got {outcome.mean}")
    if outcome.kind not in BINARY and not 0 < outcome.std < math.inf:
        raise ValueError(f"std must be a finite number above 0, got {outcome.std}")
    if not math.isfinite(outcome.skewness):
        raise ValueError(f"skewness must be a finite number, got {outcome.skewness}")
    for name, value in (("nonzero", outcome.nonzero), ("left", outcome.left)):
        if not 0 < value <= 1:
            raise ValueError(f"{name} must lie above 0 and at most at 1, got {value}")
