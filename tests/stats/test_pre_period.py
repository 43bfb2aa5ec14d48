"""The test of likeness before exposure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from stats import pre_period
from stats.pre_period import pre_period_p_value
from stats.stack import Stack
from stats.summary import Summary, summarise

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], Floats]
DRAWS: dict[str, Draw] = {
    "a fifth bought": lambda rng, shape: (rng.random(shape) < 0.2).astype(np.float64),
    "revenue": lambda rng, shape: (rng.random(shape) < 0.1) * rng.lognormal(3, 1.2, shape),
}


def with_covariate(before: Floats) -> Summary:
    columns = np.column_stack([np.zeros(len(before)), before])
    return summarise(("outcome", "covariate"), columns)


def looks(draw: Draw, share: float, lift: float, runs: int, looked: int = 60, batch: int = 200) -> Floats:
    """P-values at every look, shape `(runs, looked)`."""
    rng = np.random.default_rng(20261125)
    sums = np.zeros((2, 3, runs, looked))
    for look in range(looked):
        treated = rng.random((runs, batch)) < share
        before = draw(rng, (runs, batch)) * np.where(treated, 1 + lift, 1.0)
        for arm, mask in enumerate((~treated, treated)):
            for power in range(3):
                sums[arm, power, :, look] = (np.power(before, power) * mask).sum(axis=1)
    control, treatment = (_stack(*sums[arm].cumsum(axis=-1)) for arm in range(2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return pre_period.p_values(control, treatment, looked * batch)


def _stack(units: Floats, total: Floats, squares: Floats) -> Stack:
    means = total / np.maximum(units, 1)
    spread = np.maximum(squares - units * means**2, 0)[..., None, None]
    nothing = np.zeros_like(units)
    return Stack(("outcome",), units, means[..., None], spread, nothing, nothing)


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("share", [0.5, 0.1])
def test_randomised_units_seldom_differ_before_exposure_however_often_one_looks(
    name: str, share: float
) -> None:
    # Ville: at most 1 % ever; 500 runs have a 99.9 % point of chance of 1.6 points more.
    p_values = np.nanmin(np.nan_to_num(looks(DRAWS[name], share, 0.0, 500), nan=1.0), axis=1)
    assert (p_values <= 0.01).mean() <= 0.026


def test_variants_whose_units_had_bought_more_are_found() -> None:
    p_values = looks(DRAWS["revenue"], 0.5, 1.0, 200)[:, -1]
    assert (p_values <= 0.001).mean() > 0.9


def test_a_summary_is_read_by_its_covariate_alone() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(10, 2, 2_000)
    alike = pre_period_p_value(with_covariate(before[:1_000]), with_covariate(before[1_000:]), 2_000)
    apart = pre_period_p_value(with_covariate(before[:1_000]), with_covariate(before[1_000:] + 1), 2_000)
    assert alike is not None
    assert alike > 0.05
    assert apart is not None
    assert apart < 1e-6


def test_nothing_is_said_while_few_had_done_anything_before() -> None:
    few = np.zeros(1_000)
    few[:20] = 1.0
    assert pre_period_p_value(with_covariate(few), with_covariate(np.zeros(1_000)), 2_000) is None
    assert pre_period_p_value(with_covariate(few[:1]), with_covariate(few[:1]), 2_000) is None


def test_a_summary_without_a_covariate_is_refused() -> None:
    plain = summarise(("outcome",), np.ones((10, 1)))
    with pytest.raises(ValueError, match="covariate"):
        pre_period_p_value(plain, plain, 100)
