"""A/A tests on a shop's own units: the promise kept, and a reading that breaks it found out."""

from __future__ import annotations

import numpy as np
import pytest

from stats.readers import read_automatic, read_planned_size, read_welch
from stats.rerandomise import Shop, rehearse
from stats.summary import summarise

READINGS = {"automatic": read_automatic, "planned": read_planned_size, "welch": read_welch}


def revenue(units: int = 12_000, lift: float = 1.0, shares: tuple[float, ...] = (0.5, 0.5)) -> Shop:
    """Zero-inflated baskets; half of the units spend `lift` times as much, as a real effect would have it."""
    rng = np.random.default_rng(8)
    values = (rng.random(units) < 0.05) * rng.lognormal(0.0, 1.2, units)
    values[::2] *= lift
    return Shop(("outcome",), values[:, None], "mean", shares, units)


def test_the_promise_is_kept_on_own_data_and_a_t_test_at_every_look_breaks_it() -> None:
    found = rehearse(revenue(), READINGS, 0.05, 400, 60, 1)
    assert found["automatic"].bounds[0] <= 0.05
    assert found["planned"].bounds[0] <= 0.05
    # 37 % was measured for 100 looks, 32 to 36 % for 60.
    assert 0.25 < found["welch"].called < 0.45
    assert found["welch"].bounds[0] > 0.05
    assert found["automatic"].determined > 0.6


def test_a_real_effect_is_no_false_alarm_because_labels_are_drawn_anew() -> None:
    found = rehearse(revenue(lift=3.0), {"automatic": read_automatic}, 0.05, 300, 40, 2)
    assert found["automatic"].bounds[0] <= 0.05


def test_uneven_splits_and_several_variants_are_redrawn_by_their_shares() -> None:
    found = rehearse(revenue(shares=(0.8, 0.1, 0.1)), READINGS, 0.025, 200, 50, 3)
    assert found["automatic"].bounds[0] <= 0.05
    assert found["welch"].called > 0.25


def test_the_same_seed_gives_the_same_result() -> None:
    shop = revenue(2_000)
    first = rehearse(shop, {"welch": read_welch}, 0.05, 50, 20, 4)
    assert rehearse(shop, {"welch": read_welch}, 0.05, 50, 20, 4) == first
    assert rehearse(shop, {"welch": read_welch}, 0.05, 50, 20, 5) != first


def test_batches_bound_the_memory_and_change_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stats.rerandomise.MOST_LABELS", 2_000)
    found = rehearse(revenue(), {"welch": read_welch}, 0.05, 200, 60, 6)["welch"]
    assert found.replicates == 200
    assert 0.2 < found.called < 0.5


def test_every_unit_is_in_one_arm_with_its_own_values() -> None:
    seen = []

    def spy(pair: object, alpha: float) -> object:
        seen.append(pair)
        return read_welch(pair, alpha)  # type: ignore[arg-type]

    rng = np.random.default_rng(9)
    values = np.column_stack([rng.poisson(0.3, 500), rng.poisson(0.5, 500)]).astype(np.float64)
    shop = Shop(("outcome", "covariate"), values, "count", (0.3, 0.7), 500)
    rehearse(shop, {"spy": spy}, 0.05, 3, 10, 5)  # type: ignore[dict-item]
    [pair] = seen
    control, treatment = pair.control.stack, pair.treatment.stack  # type: ignore[attr-defined]
    whole = summarise(("outcome", "covariate"), values)
    assert (control.units + treatment.units)[:, -1] == pytest.approx(np.full(3, 500))
    assert (control.units + treatment.units)[:, 4] == pytest.approx(np.full(3, 250))
    both = control + treatment
    assert both.means[:, -1] == pytest.approx(np.tile(whole.means, (3, 1)))
    assert both.comoments[:, -1] == pytest.approx(np.tile(whole.comoments, (3, 1, 1)))


@pytest.mark.parametrize(
    ("values", "shares", "word"),
    [([[np.nan]], (0.5, 0.5), "finite"), ([[1.0]], (0.5, 0.4), "shares"), ([[1.0]], (1.0,), "shares")],
)
def test_bad_units_are_refused(values: list[list[float]], shares: tuple[float, ...], word: str) -> None:
    shop = Shop(("outcome",), np.array(values), "mean", shares, 10)
    with pytest.raises(ValueError, match=word):
        rehearse(shop, READINGS, 0.05, 10, 1, 1)
