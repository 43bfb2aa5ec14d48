"""Referee: confseq 0.0.11 at 1e-6 relative; scipy's beta-binomial distribution at 1e-9."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import stats as distributions

from stats import boundaries
from tests.stats import reference

Call = Callable[..., NDArray[np.float64]]
TIMES = np.array([1.0, 50.0, 1e6])
# Printed by confseq 0.0.11.
KNOWN: list[tuple[str, dict[str, float | bool], list[float]]] = [
    (
        "normal_mixture_bound",
        {"alpha": 0.05, "v_opt": 10.0, "is_one_sided": True},
        [3.6343050899722584, 20.434168214899273, 4238.3095920719425],
    ),
    (
        "normal_mixture_bound",
        {"alpha": 0.01, "v_opt": 1000.0, "alpha_opt": 0.01, "is_one_sided": False},
        [28.43892157768074, 36.34992723694947, 4308.720066331528],
    ),
    (
        "gamma_exponential_mixture_bound",
        {"alpha": 0.05, "v_opt": 10.0, "c": 0.1},
        [3.822638812061996, 20.760190702173986, 4243.971468898877],
    ),
    (
        "gamma_poisson_mixture_bound",
        {"alpha": 0.01, "v_opt": 10000.0, "c": 1.0, "alpha_opt": 0.01},
        [90.22435673914151, 92.64712677054376, 3841.0589788799853],
    ),
    (
        "poly_stitching_bound",
        {"alpha": 0.01, "v_min": 100.0, "c": 1.0},
        [42.004751867317445, 42.004751867317445, 4426.974015251532],
    ),
]
BOUNDS: list[tuple[str, dict[str, float]]] = [
    ("normal_mixture_bound", {"v_opt": 30.0}),
    ("gamma_exponential_mixture_bound", {"v_opt": 30.0, "c": 0.4}),
    ("gamma_poisson_mixture_bound", {"v_opt": 30.0, "c": 0.4}),
    ("beta_binomial_mixture_bound", {"v_opt": 30.0, "g": 0.3, "h": 0.7}),
]


def call(name: str) -> Call:
    found: Call = getattr(boundaries, name)
    return found


@pytest.mark.parametrize(("name", "arguments", "expected"), KNOWN)
def test_boundaries_equal_confseq(
    name: str, arguments: dict[str, float | bool], expected: list[float]
) -> None:
    assert call(name)(TIMES, **arguments) == pytest.approx(expected, rel=1e-6)


def test_beta_binomial_boundaries_equal_confseq_up_to_the_largest_sum() -> None:
    one = boundaries.beta_binomial_mixture_bound([1.0, 10.0, 1e5], 0.05, 100.0, 0.1, 0.9)
    assert one == pytest.approx([9.715574575607206, 12.37652064837107, 1153.923016777192], rel=1e-6)
    two = boundaries.beta_binomial_mixture_bound([1.0, 5.0], 0.05, 1000.0, 0.1, 0.9, is_one_sided=False)
    assert two == pytest.approx([10.0, 29.274448327328173], rel=1e-6)


def test_all_boundaries_and_mixtures_of_confseq_are_met() -> None:
    for case in reference.cases("cs_boundaries.json"):
        arguments = {key: value for key, value in case.items() if key not in ("fn", "bound", "log_mixture")}
        expected = case.get("bound", case.get("log_mixture"))
        assert call(case["fn"])(**arguments) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("name", "arguments"), BOUNDS)
@pytest.mark.parametrize("alpha", [0.2, 0.001])
def test_a_mixture_is_one_over_alpha_at_its_boundary(
    name: str, arguments: dict[str, float], alpha: float
) -> None:
    times = np.array([[5.0, 40.0], [300.0, 1e7]])
    bound = call(name)(times, alpha, alpha_opt=0.03, **arguments)
    mixture = call(name.replace("mixture_bound", "log_mixture"))
    at_bound = mixture(bound, times, alpha_opt=0.03, **arguments)
    if name.startswith("beta"):
        at_bound[bound == times / arguments["g"]] = -np.log(alpha)
    assert at_bound == pytest.approx(np.full((2, 2), -np.log(alpha)), rel=1e-6)


@pytest.mark.parametrize(("name", "arguments"), BOUNDS)
def test_a_boundary_starts_before_any_variance(name: str, arguments: dict[str, float]) -> None:
    start, later = call(name)([0.0, 1.0], 0.05, **arguments)
    assert 0 <= start < later


def test_gamma_mixtures_with_a_fine_scale_are_the_normal_one() -> None:
    times = np.array([1.0, 100.0, 1e4])
    normal = boundaries.normal_mixture_bound(times, 0.05, 100.0)
    for name in ("gamma_exponential_mixture_bound", "gamma_poisson_mixture_bound"):
        assert call(name)(times, 0.05, 100.0, 1e-5) == pytest.approx(normal, rel=1e-5)


def test_the_two_sided_beta_mixture_is_the_beta_binomial_chance_over_the_coins() -> None:
    """Referee: scipy's beta-binomial distribution, 1e-9."""
    odds, trials, ups = 0.3, 40, 17
    variance = odds * (1 - odds)
    weight = boundaries._rho(25.0, 0.05, False) / variance - 1
    posterior = distributions.betabinom(trials, weight * odds, weight * (1 - odds)).logpmf(ups)
    found = boundaries.beta_binomial_log_mixture(
        ups - trials * odds, trials * variance, 25.0, odds, 1 - odds, is_one_sided=False
    )
    assert found == pytest.approx(posterior - distributions.binom(trials, odds).logpmf(ups), rel=1e-9)


REFUSED: list[tuple[str, Callable[[], ArrayLike]]] = [
    ("alpha must lie between 0 and 1, got 1", lambda: boundaries.normal_mixture_bound(1.0, 1.0, 10.0)),
    ("alpha_opt must lie between 0 and 0.5", lambda: boundaries.normal_mixture_bound(1.0, 0.1, 10.0, 0.6)),
    ("v must not be negative", lambda: boundaries.normal_mixture_bound([1.0, -1.0], 0.05, 10.0)),
    ("v must be finite", lambda: boundaries.poly_stitching_bound(np.nan, 0.05, 1.0)),
    ("s must be finite", lambda: boundaries.normal_log_mixture(np.inf, 1.0, 10.0)),
    ("v_opt must be a finite number above 0", lambda: boundaries.normal_mixture_bound(1.0, 0.05, 0.0)),
    (
        "c must be a finite number above 0",
        lambda: boundaries.gamma_poisson_mixture_bound(1.0, 0.05, 10.0, 0.0),
    ),
    (
        "g must be a finite number above 0",
        lambda: boundaries.beta_binomial_mixture_bound(1.0, 0.05, 10.0, -1.0, 1.0),
    ),
    ("h must be a finite", lambda: boundaries.beta_binomial_mixture_bound(1.0, 0.05, 10.0, 1.0, 0.0)),
    ("s must lie between", lambda: boundaries.beta_binomial_log_mixture(30.0, 10.0, 10.0, 0.5, 0.5)),
    ("s must lie above -", lambda: boundaries.gamma_exponential_log_mixture(-1e4, 1.0, 10.0, 1.0)),
    (
        "eta must be a finite number above 1",
        lambda: boundaries.poly_stitching_bound(1.0, 0.05, 1.0, eta=1.0),
    ),
    ("c must not be negative", lambda: boundaries.poly_stitching_bound(1.0, 0.05, 1.0, c=-1.0)),
]


@pytest.mark.parametrize(("message", "bad"), REFUSED)
def test_boundaries_refuse_bad_input_by_name(message: str, bad: Callable[[], ArrayLike]) -> None:
    with pytest.raises(ValueError, match=message):
        bad()


def test_a_sum_ever_crosses_each_boundary_with_chance_at_most_alpha() -> None:
    """Centred coins of chance 0.3: steps of -0.3 and 0.7, every boundary at its own notion of time."""
    alpha, runs, size, odds = 0.1, 2000, 1000, 0.3
    steps = (np.random.default_rng(11).random((runs, size)) < odds) - odds
    sums, sizes = np.cumsum(steps, axis=1), np.arange(1, size + 1)
    time = sizes * odds * (1 - odds)
    bounds = {
        "normal": boundaries.normal_mixture_bound(sizes / 4, alpha, 50.0, alpha),
        "gamma-exponential": boundaries.gamma_exponential_mixture_bound(time, alpha, 50.0, 0.7, alpha),
        "gamma-Poisson": boundaries.gamma_poisson_mixture_bound(time, alpha, 50.0, 0.7, alpha),
        "beta-binomial": boundaries.beta_binomial_mixture_bound(time, alpha, 50.0, odds, 0.7, alpha),
        "stitched": boundaries.poly_stitching_bound(time, alpha, 10.0, 0.7),
    }
    most = distributions.binom(runs, alpha).ppf(0.999)
    crossed = {name: int((sums > bound + 1e-9).any(axis=1).sum()) for name, bound in bounds.items()}
    assert all(count <= most for count in crossed.values()), crossed
    # A boundary that nothing ever crosses would be no boundary.
    assert crossed["beta-binomial"] > runs * alpha / 5
