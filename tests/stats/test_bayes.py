"""The beta-binomial posterior against forty-digit quadrature."""

from __future__ import annotations

import numpy as np
import pytest

from stats.bayes import beta_binomial
from stats.choose import compare
from tests.stats.build import EVEN, binary, outcome, plan
from tests.stats.reference import cases


def test_posterior_equals_forty_digit_quadrature() -> None:
    # Source: mpmath 1.4.1 quadrature; 10 of 500 against 18 of 500, uniform priors.
    posterior = beta_binomial((10, 18), (500, 500))
    assert posterior.probability_better() == pytest.approx(0.9348221564312714, abs=1e-9)
    stay, switch = posterior.expected_losses()
    assert switch == pytest.approx(0.0003071300925268466, abs=1e-12)
    assert stay == pytest.approx(0.016243385072606528, abs=1e-12)


def test_all_reference_posteriors_are_met() -> None:
    for case in cases("bayes_betabinomial.json"):
        events, units = (case["x0"], case["x1"]), (case["n0"], case["n1"])
        posterior = beta_binomial(events, units, tuple(case["prior"]))
        stay, switch = posterior.expected_losses()
        assert posterior.probability_better() == pytest.approx(case["prob_treatment_better"], abs=1e-9)
        assert switch == pytest.approx(case["expected_loss_choose_treatment"], abs=1e-12)
        assert stay == pytest.approx(case["expected_loss_choose_control"], abs=1e-12)
        control, treatment = posterior.credible(0.05)
        assert control == pytest.approx(case["cred95_control"], abs=1e-9)
        assert treatment == pytest.approx(case["cred95_treatment"], abs=1e-9)


def test_credible_intervals_hold_draws_of_the_posterior() -> None:
    rng = np.random.default_rng(1)
    posterior = beta_binomial((40, 55), (1_000, 1_100))
    control, treatment = rng.beta(*posterior.control, 400_000), rng.beta(*posterior.treatment, 400_000)
    low, middle, high = posterior.difference(0.05)
    assert np.quantile(treatment - control, [0.025, 0.5, 0.975]) == pytest.approx(
        [low, middle, high], abs=1e-4
    )
    low, middle, high = posterior.ratio(0.05)
    assert np.quantile(treatment / control, [0.025, 0.5, 0.975]) == pytest.approx(
        [low, middle, high], abs=5e-3
    )


def test_a_bayesian_reading_has_chances_instead_of_a_p_value() -> None:
    found = compare(
        binary(100, 5_000), binary(150, 5_000), kind="proportion", plan=plan("bayesian"), shares=EVEN
    )
    assert found.p_value is None
    assert found.undetermined is None
    assert found.significant
    assert found.probability_better is not None
    assert found.probability_better > 0.99
    assert "not protect" in found.method_reason


def test_the_normal_posterior_has_the_loss_of_its_draws() -> None:
    rng = np.random.default_rng(2)
    control, treatment = rng.normal(0, 1, 2_000), rng.normal(0, 1, 2_000)
    found = compare(outcome(control), outcome(treatment), kind="mean", plan=plan("bayesian"), shares=EVEN)
    assert found.absolute.estimate is not None
    deviation = np.sqrt(control.var(ddof=1) / 2_000 + treatment.var(ddof=1) / 2_000)
    draws = rng.normal(found.absolute.estimate, deviation, 1_000_000)
    assert found.probability_better == pytest.approx((draws > 0).mean(), abs=2e-3)
    assert found.expected_loss == pytest.approx(np.maximum(-draws, 0).mean(), rel=3e-2)


@pytest.mark.parametrize(("events", "prior"), [((3, 11), (1.0, 1.0)), ((3, 3), (0.0, 1.0))])
def test_impossible_counts_and_priors_are_refused(
    events: tuple[int, int], prior: tuple[float, float]
) -> None:
    with pytest.raises(ValueError, match="must"):
        beta_binomial(events, (10, 10), prior)
