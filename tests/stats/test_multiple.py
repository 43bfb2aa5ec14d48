"""Adjustments for many comparisons."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from stats.multiple import benjamini_hochberg, bonferroni, e_benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(p_values=P_VALUES, alpha=st.floats(0.01, 0.2))
def test_adjusted_p_values_equal_those_of_statsmodels(p_values: list[float], alpha: float) -> None:
    for function, name in (
        (bonferroni, "bonferroni"),
        (holm, "holm"),
        (benjamini_hochberg, "fdr_bh"),
    ):
        _, expected, *_ = multipletests(p_values, alpha, method=name)
        found = function(p_values, alpha)
        assert [item.p_value for item in found] == pytest.approx(list(expected), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(p_values=P_VALUES)
def test_the_level_of_each_interval_agrees_with_the_adjusted_verdict(p_values: list[float]) -> None:
    for function in (bonferroni, holm, benjamini_hochberg):
        for own, item in zip(p_values, function(p_values, 0.05), strict=True):
            if item.p_value is not None and abs(item.p_value - 0.05) > 1e-9:
                assert (own <= item.level) == item.significant


def test_undetermined_comparisons_stay_in_the_family() -> None:
    found = holm([0.02, None, None], 0.05)
    assert found[0].p_value == pytest.approx(0.06)
    assert not found[0].significant
    assert found[0].level == pytest.approx(0.05 / 3)
    assert found[1].p_value is None
    assert not found[1].significant


def test_e_values_are_read_as_one_over_p() -> None:
    logs = [math.log(100.0), math.log(30.0), None, -2.0]
    assert [item.significant for item in e_benjamini_hochberg(logs, 0.05)] == [True, False, False, False]


def test_false_discoveries_stay_below_alpha() -> None:
    rng = np.random.default_rng(5)
    shares = []
    for _ in range(2_000):
        values = rng.random(20)
        values[:5] /= 1_000
        called = [item.significant for item in benjamini_hochberg(list(values), 0.1)]
        shares.append(sum(called[5:]) / max(sum(called), 1))
    assert np.mean(shares) <= 0.1


def test_values_outside_zero_to_one_are_named() -> None:
    with pytest.raises(ValueError, match=r"p_values\.1"):
        holm([0.5, 1.5], 0.05)
    with pytest.raises(ValueError, match="alpha"):
        benjamini_hochberg([0.5], 0.0)
