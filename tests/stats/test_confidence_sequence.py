"""The normal mixture against numbers computed with fifty digits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stats import confidence_sequence as sequence
from tests.stats.reference import cases


def test_half_width_equals_fifty_digit_evaluation_of_the_theorem() -> None:
    # Source: mpmath 1.4.1 at 50 digits, arXiv 2103.06476 Theorem 2.2, alpha 0.05, t* 500, t 100, sigma 0.14.
    rho = sequence.mixture_rho(0.05, 500)
    assert rho == pytest.approx(0.12598535313073156, rel=1e-12)
    exact = sequence.exact_mixture_rho(0.05, 500)
    assert exact == pytest.approx(0.12815590553749956, rel=1e-12)
    width = 0.14 / math.sqrt(100)
    assert width * sequence.critical_value(100, 0.05, rho) == pytest.approx(0.047094428160958934, rel=1e-12)
    assert width * sequence.critical_value(100, 0.05, exact) == pytest.approx(0.04685878615278357, rel=1e-12)
    one_sided = sequence.one_sided_critical_value(100, 0.05, sequence.mixture_rho(0.1, 500))
    assert width * one_sided == pytest.approx(0.043914133, rel=1e-2)


def test_all_reference_half_widths_are_met() -> None:
    for case in cases("asymp_cs.json"):
        rho = sequence.mixture_rho(case["alpha"], case["t_star"])
        exact = sequence.exact_mixture_rho(case["alpha"], case["t_star"])
        scale = case["sigma"] / math.sqrt(case["t"])
        two = scale * sequence.critical_value(case["t"], case["alpha"], rho)
        sharp = scale * sequence.critical_value(case["t"], case["alpha"], exact)
        one = scale * sequence.one_sided_critical_value(case["t"], case["alpha"], case["rho_one_sided"])
        assert two == pytest.approx(case["halfwidth_two_sided"], rel=1e-12)
        assert sharp == pytest.approx(case["halfwidth_two_sided_exact_rho"], rel=1e-12)
        assert one == pytest.approx(case["halfwidth_one_sided"], rel=1e-12)


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.001])
def test_p_value_is_the_level_whose_interval_touches_zero(alpha: float) -> None:
    rho = sequence.mixture_rho(0.05, 10_000)
    critical = sequence.critical_value(3_000, alpha, rho)
    assert sequence.p_value(critical, 3_000, rho) == pytest.approx(alpha, rel=1e-12)


def test_without_units_nothing_is_excluded() -> None:
    rho = sequence.mixture_rho(0.05, 100)
    assert sequence.critical_value(0, 0.05, rho) == np.inf
    assert sequence.p_value(3.0, 0, rho) == 1.0
