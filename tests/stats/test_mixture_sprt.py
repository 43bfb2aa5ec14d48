"""The mixture SPRT against fifty-digit evaluation."""

from __future__ import annotations

import math

import pytest

from stats import mixture_sprt
from tests.stats.reference import cases


def test_likelihood_ratio_and_width_equal_fifty_digit_evaluation() -> None:
    # Source: mpmath 1.4.1 at 50 digits; tau^2 1e-6, 100 units an arm.
    variance = 0.0196 / 100 + 0.021 / 100
    found = mixture_sprt.log_likelihood_ratio(0.06044832505482965, variance, 1e-3)
    assert float(found) == pytest.approx(0.009826498136079883, rel=1e-8)
    assert float(mixture_sprt.half_width(variance, 1e-3, 0.05)) == pytest.approx(0.995212582458247, rel=1e-12)


def test_all_reference_ratios_are_met() -> None:
    for case in cases("msprt.json"):
        variance = case["var0"] / case["n0"] + case["var1"] / case["n1"]
        spread = math.sqrt(case["tau2"])
        found = float(mixture_sprt.log_likelihood_ratio(case["diff"], variance, spread))
        assert found == pytest.approx(case["log_lambda"], rel=1e-9, abs=1e-12)
        p_value = float(mixture_sprt.p_value(case["diff"], variance, spread))
        assert p_value == pytest.approx(case["p_always_valid"], rel=1e-9)
        width = float(mixture_sprt.half_width(variance, spread, 0.05))
        assert width == pytest.approx(case["ci_halfwidth_95"], rel=1e-9)


def test_p_value_is_alpha_at_the_edge_of_the_interval() -> None:
    width = float(mixture_sprt.half_width(0.02, 0.1, 0.05))
    assert float(mixture_sprt.p_value(width, 0.02, 0.1)) == pytest.approx(0.05, rel=1e-12)


def test_a_spread_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="spread"):
        mixture_sprt.p_value(0.1, 0.1, 0.0)
