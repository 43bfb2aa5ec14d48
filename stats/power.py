"""Planning: how many units a question needs, and which effect a number of units can show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from stats import anytime
from stats.checks import KINDS
from stats.group_sequential import crossing
from stats.plan import METHODS

CONTINUOUS = 100
"""Looks that stand for reading at any moment."""


@dataclass(frozen=True, slots=True)
class SizePlan:
    """How many units a plan needs.

    Attributes:
        units: Over all variants together.
        per_variant: The same by variant, control first.
        relative_effect: Effect that the plan finds with the stated power, as a fraction of the mean.
        absolute_effect: The same in the metric's unit.
        fixed_units: What a single look at the end would need.
        expected_units: Mean units at which the plan stops when the effect is as planned.
    """

    units: int
    per_variant: tuple[int, ...]
    relative_effect: float
    absolute_effect: float
    fixed_units: int
    expected_units: int


def plan_size(
    kind: str,
    mean: float,
    std: float,
    relative_effect: float,
    alpha: float,
    power: float,
    shares: Sequence[float],
    method: str,
    looks: int | None = None,
) -> SizePlan:
    """Units needed to find a relative effect of every treatment against the control.

    Args:
        kind: Kind of the metric; for a proportion the treatment's own variance is used.
        mean: The control's mean (a ratio: of the metric), not 0.
        std: Standard deviation of one unit's contribution (a ratio: linearised); ignored for proportions.
        relative_effect: Effect to find, as a fraction of the mean; not 0.
        alpha: Two-sided false-alarm rate of one comparison.
        power: Chance to find it.
        shares: Planned weights of the variants, control first; scaled to sum to one.
        method: How it will be read, one of `stats.plan.METHODS`.
        looks: Planned looks of `group_sequential`; the size holds for any number of them.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """
    weights = _check(kind, mean, std, alpha, power, shares, method, looks)
    if not math.isfinite(relative_effect) or relative_effect == 0:
        raise ValueError(f"relative_effect must be a finite number other than 0, got {relative_effect}")
    effect = relative_effect * mean
    before, after = _variances(kind, mean, std, effect)
    single = before / weights[0] + after / min(weights[1:])
    drift = float(norm.isf(alpha / 2) + norm.ppf(power))
    fixed = single * (drift / effect) ** 2
    units = fixed * inflation(method, alpha, power)
    return SizePlan(
        units=math.ceil(units),
        per_variant=tuple(math.ceil(units * weight) for weight in weights),
        relative_effect=relative_effect,
        absolute_effect=effect,
        fixed_units=math.ceil(fixed),
        expected_units=math.ceil(units * stopping(method, alpha, _drift(method, alpha, power))[1]),
    )


def detectable_effect(
    kind: str,
    mean: float,
    std: float,
    units: int,
    alpha: float,
    power: float,
    shares: Sequence[float],
    method: str,
    looks: int | None = None,
) -> float:
    """Smallest relative increase that `units` units find with the stated power; `inf` when none does.

    Args and errors as for `plan_size`; `units` counts all variants together.
    """
    weights = _check(kind, mean, std, alpha, power, shares, method, looks)
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    drift = float(norm.isf(alpha / 2) + norm.ppf(power)) * math.sqrt(inflation(method, alpha, power))
    effect = 0.0
    for _ in range(100):
        before, after = _variances(kind, mean, std, math.copysign(effect, mean))
        found = drift * math.sqrt((before / weights[0] + after / min(weights[1:])) / units)
        if kind in {"proportion", "retention"} and abs(mean) + found >= 1:
            return math.inf
        if abs(found - effect) <= 1e-12 * found:
            break
        effect = found
    return effect / abs(mean)


def inflation(method: str, alpha: float, power: float) -> float:
    """How many times the units of a single fixed look a method needs."""
    plain = float(norm.isf(alpha / 2) + norm.ppf(power))
    return float((_drift(method, alpha, power) / plain) ** 2)


@lru_cache(maxsize=256)
def stopping(method: str, alpha: float, drift: float) -> tuple[float, float]:
    """Power, and the mean share of the planned units at which a plan stops.

    Args:
        method: One of `stats.plan.METHODS`.
        alpha: Two-sided false-alarm rate.
        drift: Effect over its standard error at the planned size, 0 for no effect.
    """
    information, bounds = _boundary(method, alpha)
    chances = crossing(information, bounds, [-bound for bound in bounds], drift)
    stopped = [up + down for up, down in zip(chances.upper, chances.lower, strict=True)]
    power = sum(stopped)
    mean = sum(rate * chance for rate, chance in zip(information, stopped, strict=True)) + 1 - power
    return power, mean


@lru_cache(maxsize=256)
def _drift(method: str, alpha: float, power: float) -> float:
    """Effect over its standard error at the planned size that is found with the given power."""
    plain = float(norm.isf(alpha / 2) + norm.ppf(power))
    if method not in {"sequential", "group_sequential"}:
        return plain
    return float(
        brentq(lambda drift: stopping(method, alpha, drift)[0] - power, 1e-6, 3 * plain + 5, xtol=1e-5)
    )


def _boundary(method: str, alpha: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if method not in {"sequential", "group_sequential"}:
        return (1.0,), (float(norm.isf(alpha / 2)),)
    information = tuple((look + 1) / CONTINUOUS for look in range(CONTINUOUS))
    rates = np.array(information)
    boundary = anytime.planned(alpha) if method == "group_sequential" else anytime.sequential(alpha)
    values = boundary.critical_value(rates, rates)
    return information, tuple(float(value) for value in values)


def _variances(kind: str, mean: float, std: float, effect: float) -> tuple[float, float]:
    if kind in {"proportion", "retention"}:
        after = min(max(mean + effect, 0.0), 1.0)
        return mean * (1 - mean), after * (1 - after)
    return std**2, std**2


def _check(
    kind: str,
    mean: float,
    std: float,
    alpha: float,
    power: float,
    shares: Sequence[float],
    method: str,
    looks: int | None,
) -> list[float]:
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if not math.isfinite(mean) or mean == 0:
        raise ValueError(f"mean must be a finite number other than 0, got {mean}")
    if kind in {"proportion", "retention"} and not 0 < mean < 1:
        raise ValueError(f"mean of a {kind} must lie between 0 and 1, got {mean}")
    if kind not in {"proportion", "retention"} and not 0 < std < math.inf:
        raise ValueError(f"std must be a finite number above 0, got {std}")
    for name, value in (("alpha", alpha), ("power", power)):
        if not 0 < value < 1:
            raise ValueError(f"{name} must lie between 0 and 1, got {value}")
    if len(shares) < 2 or not all(0 < share < math.inf for share in shares):
        raise ValueError("shares must be at least two finite numbers above 0")
    if looks is not None and looks < 1:
        raise ValueError(f"looks must be at least 1, got {looks}")
    return [share / sum(shares) for share in shares]
