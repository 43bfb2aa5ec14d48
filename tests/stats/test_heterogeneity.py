"""Cochran's Q: statsmodels is the referee."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from stats.heterogeneity import cochran


def test_the_statistic_and_the_excess_are_those_of_statsmodels() -> None:
    effects, errors = [0.4, 0.1, -0.2, 0.5], [0.1, 0.2, 0.15, 0.3]
    found, referee = cochran(effects, errors), combine_effects(np.array(effects), np.array(errors) ** 2)
    assert found.statistic == pytest.approx(referee.q, rel=1e-12)
    assert found.p_value == pytest.approx(referee.test_homogeneity().pvalue, rel=1e-12)
    assert found.excess == pytest.approx(referee.i2, rel=1e-12)


def test_equal_effects_are_told_apart_as_often_as_the_level_says() -> None:
    draws = np.random.default_rng(7).normal(1.0, [0.1, 0.2, 0.4], size=(4_000, 3))
    called = np.mean([cochran(list(row), [0.1, 0.2, 0.4]).p_value <= 0.05 for row in draws])
    assert called == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 4_000))


def test_one_part_or_an_error_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two parts"):
        cochran([0.1], [0.1])
    with pytest.raises(ValueError, match="positive and finite"):
        cochran([0.1, 0.2], [0.1, 0.0])
