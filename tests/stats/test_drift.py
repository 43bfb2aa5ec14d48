"""The change of an effect over spans of time: statsmodels' GLS line, and false alarms within the promise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.stats import binom

from stats.drift import Drift, Spans, drift
from stats.result import Undetermined
from stats.summary import summarise

Floats = NDArray[np.float64]


def spans(values: Floats, lived: NDArray[np.int64], width: int = 1) -> Spans:
    """One arm: values per unit by span (then by column), of units that have lived through so many spans."""
    names = ("outcome",) if width == 1 else ("numerator", "denominator")
    count = values.shape[1] // width
    return Spans(
        alone=[
            summarise(names, values[lived > span][:, span * width : (span + 1) * width])
            for span in range(count)
        ],
        together=[summarise(names * count, values[lived > span]) for span in range(count)],
    )


def history(rng: np.random.Generator, units: int, count: int, lift: Sequence[float]) -> Spans:
    """Skewed outcomes of units with habits of their own, so that spans are alike within a unit."""
    habit = rng.gamma(2.0, 0.5, units)[:, None]
    values = habit * rng.gamma(1.0, 1.0, (units, count)) * np.linspace(2.0, 0.5, count) * np.asarray(lift)
    return spans(values, rng.integers(1, count + 1, units))


def found(*arms: Spans, planned: float | None = None) -> Drift:
    result = drift(*arms, planned_units=planned, alpha=0.05)
    assert isinstance(result, Drift)
    return result


@pytest.mark.parametrize("width", [1, 2])
def test_slope_and_error_are_those_of_statsmodels_on_the_covariance_of_log_means(width: int) -> None:
    rng = np.random.default_rng(1)
    arms, logs, covariances = [], [], []
    for _ in range(2):
        lived = np.sort(rng.integers(1, 5, 4_000))
        values = rng.gamma(2.0, 1.0, (4_000, 1)) * rng.gamma(1.0, 1.0, (4_000, 4 * width))
        arms.append(spans(values, lived, width))
        # Influence of every unit on every mean, from the raw rows: an independent way to the covariance.
        inside = np.repeat(lived[:, None] > np.arange(4), width, axis=1)
        means = (values * inside).sum(axis=0) / inside.sum(axis=0)
        influence = inside * (values - means) / means / inside.sum(axis=0)
        sign = np.tile([1.0, -1.0][:width], 4)
        contrast = (influence * sign).reshape(4_000, 4, width).sum(axis=2)
        logs.append((np.log(means) * sign).reshape(4, width).sum(axis=1))
        covariances.append(contrast.T @ contrast)
    fit = sm.GLS(
        logs[1] - logs[0], sm.add_constant(np.arange(4) - 1.5), sigma=covariances[0] + covariances[1]
    ).fit()
    result = found(*arms)
    # Each span centres on its own units' mean, the influences on all units' of the earlier span.
    assert result.slope == pytest.approx(fit.params[1], abs=0.05 * result.error)
    assert result.error == pytest.approx(float(np.sqrt(fit.normalized_cov_params[1, 1])), rel=0.02)
    assert result.spans == 4


def test_a_change_is_found_and_its_slope_is_the_change_of_the_log_per_span() -> None:
    rng = np.random.default_rng(3)
    lift = 1.5 * np.exp(-0.1 * np.arange(5))
    result = found(history(rng, 60_000, 5, [1.0] * 5), history(rng, 60_000, 5, lift.tolist()))
    assert result.slope == pytest.approx(-0.1, abs=4 * result.error)
    assert result.p_value < 1e-3


def alarms(replicates: int, seed: int) -> tuple[int, int]:
    """Experiments without an effect in which any day called a change, and in which the last day alone did."""
    rng, units, often, once = np.random.default_rng(seed), 1_500, 0, 0
    for _ in range(replicates):
        arms = []
        for _ in range(2):
            habit = rng.gamma(2.0, 0.5, units)[:, None]
            values = habit * rng.gamma(1.0, 1.0, (units, 4)) * [2.0, 1.0, 0.7, 0.5]
            arms.append((values, rng.integers(0, 20, units)))
        results = []
        for day in (4, 7, 11, 16, 21, 28):
            ages = [np.searchsorted([1, 2, 4, 7], day - born, side="right") for _, born in arms]
            pair = [spans(values, lived) for (values, _), lived in zip(arms, ages, strict=True)]
            result = drift(*pair, planned_units=2 * units, alpha=0.05)
            results.append(isinstance(result, Drift) and result.p_value <= 0.05)
        often += any(results)
        once += found(*pair).p_value <= 0.05
    return often, once


def test_false_alarms_of_a_reading_at_every_day_stay_within_the_promise() -> None:
    replicates = 100
    often, once = alarms(replicates, 4)
    assert often <= binom.ppf(0.999, replicates, 0.05)
    assert once <= binom.ppf(0.999, replicates, 0.05)


@pytest.mark.slow
def test_false_alarms_of_a_change_at_length() -> None:
    replicates = 2_000
    often, once = alarms(replicates, 5)
    print(f"read at six days: {often / replicates:.2%}; read once: {once / replicates:.2%}")
    assert often <= binom.ppf(0.999, replicates, 0.05)
    assert binom.ppf(0.001, replicates, 0.05) <= once <= binom.ppf(0.999, replicates, 0.05)


@pytest.mark.parametrize("change", [{"units": 40}, {"zero": True}, {"rare": True}])
def test_what_bears_no_log_is_undetermined(change: dict[str, Any]) -> None:
    rng = np.random.default_rng(5)
    units = change.get("units", 400)
    values = rng.gamma(1.0, 1.0, (units, 3))
    if change.get("zero"):
        values[:] = 0.0
    if change.get("rare"):
        values *= rng.random((units, 3)) < 0.02
    arm = spans(values, np.full(units, 3))
    result = drift(arm, arm, planned_units=None, alpha=0.05)
    assert isinstance(result, Undetermined)
    assert result.code == "too_few_spans"


def test_equal_values_have_no_chance_to_measure() -> None:
    arm = spans(np.ones((400, 3)), np.full(400, 3))
    result = drift(arm, arm, planned_units=None, alpha=0.05)
    assert isinstance(result, Undetermined)
    assert result.code == "no_variation"
