"""Group-sequential designs, their sizes, and inference after stopping, against rpact."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from stats.design import Design, work_out
from stats.group_sequential import crossing
from stats.sizes import size_for_means, size_for_rates
from stats.spending import HWANG_SHIH_DECANI, KIM_DEMETS, OBRIEN_FLEMING, POCOCK, Spending
from stats.stagewise import Final, final, repeated_interval, repeated_p_value
from tests.stats.reference import assert_bounds_equal, cases

NAMES = {"OF": OBRIEN_FLEMING, "P": POCOCK, "KD": KIM_DEMETS, "HSD": HWANG_SHIH_DECANI}
SHAPES = {"OF": 0.0, "P": 0.5, "WT": 0.25}
# rpact 3.3.4 stops its own searches at 1e-7 to 1e-8 of a probability; on steep parts that is 1e-6 of a bound.
CLOSE = 2e-6


def design_of(
    kind: str, information: list[float], alpha: float, beta: float, sides: int, gamma: Any
) -> Design:
    rates = tuple(information)
    if kind in SHAPES:
        return Design(rates, alpha, beta, sides, shape=SHAPES[kind])
    return Design(rates, alpha, beta, sides, Spending(NAMES[kind[2:]], gamma or 1.0))


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_pococks_and_obrien_flemings_exact_boundaries_equal_rpact() -> None:
    # Source: rpact 3.3.4, one-sided 5 %, looks at 20, 35, 60, 90 and 100 %.
    rates = (0.2, 0.35, 0.6, 0.9, 1.0)
    pocock = work_out(Design(rates, 0.05, shape=0.5))
    assert pocock.critical == pytest.approx((2.11985986549933,) * 5, abs=1e-6)
    assert pocock.inflation == pytest.approx(1.24860497658031, abs=1e-6)
    obrien = work_out(Design(rates, 0.05, shape=0.0))
    assert obrien.critical[0] == pytest.approx(3.92058860295425, abs=1e-6)
    assert obrien.drift**2 == pytest.approx(6.3945311507672, abs=1e-5)


def test_all_alpha_spending_and_exact_designs_equal_rpact() -> None:
    for case in cases("gsd_alpha_spending.json"):
        if case["sided"] == 2 and case["infoName"] == "k10" and case["alpha"] == 0.01:
            continue  # rpact drops looks there that spend less than 1e-8
        sides = case["sided"]
        design = design_of(
            case["rpactType"], case["informationRates"], case["alpha"], case["beta"], sides, case["gamma"]
        )
        found = work_out(design)
        assert_bounds_equal(found.critical, case["criticalValues"])
        assert found.inflation == pytest.approx(case["inflationFactor"], abs=CLOSE)
        for part, name in ((0.0, "H0"), (0.5, "H01"), (1.0, "H1")):
            size = found.expected_information(found.drift * part) * found.inflation
            assert size == pytest.approx(case[f"asn_ratio_vs_fixed_{name}"], abs=CLOSE)


def test_futility_boundaries_equal_rpact() -> None:
    # Source: rpact 3.3.4, asOF with bsOF, three looks, alpha 2.5 %, beta 10 %.
    rates = (1 / 3, 2 / 3, 1.0)
    loose = work_out(Design(rates, 0.025, 0.1, futility=Spending()))
    assert loose.futility == pytest.approx((-0.694541165928609, 1.00245956098661), abs=1e-6)
    bound = work_out(Design(rates, 0.025, 0.1, futility=Spending(), binding=True))
    assert bound.futility == pytest.approx((-0.713367045501165, 0.975835537072271), abs=1e-6)
    assert bound.critical[-1] == pytest.approx(1.95878437906504, abs=1e-6)
    assert bound.critical[-1] < loose.critical[-1]


def test_all_beta_spending_designs_equal_rpact() -> None:
    for case in cases("gsd_beta_spending.json"):
        found = work_out(futile_design(case))
        assert found.critical == pytest.approx(case["criticalValues"], abs=CLOSE)
        assert found.futility == pytest.approx(case["futilityBounds"], abs=CLOSE)
        assert found.drift**2 == pytest.approx(case["shift"], rel=CLOSE)
        assert found.power(found.drift) == pytest.approx(case["power"][-1], abs=CLOSE)
        for part, name in ((0.0, "asn0"), (0.5, "asn01"), (1.0, "asn1")):
            size = found.expected_information(found.drift * part) * found.inflation
            assert size == pytest.approx(case[name], abs=CLOSE)


def test_all_chances_of_stopping_and_power_curves_equal_rpact() -> None:
    for case in cases("gsd_alpha_spending.json"):
        if case["sided"] == 2 and case["infoName"] == "k10" and case["alpha"] == 0.01:
            continue  # rpact drops looks there that spend less than 1e-8
        sides, gamma = case["sided"], case["gamma"]
        found = work_out(
            design_of(case["rpactType"], case["informationRates"], case["alpha"], case["beta"], sides, gamma)
        )
        chances = found.chances(found.drift)
        assert chances.upper == pytest.approx(case["rejectionProbs_byStage_atDesignAlt"], abs=1e-6)
        curve = case["powerCurve"]
        size = curve["nMax"]
        rows = zip(curve["theta"], curve["overallReject"], curve["averageSampleNumber"], strict=True)
        for theta, power, expected in rows:
            drift = theta * math.sqrt(size)
            assert found.power(drift) == pytest.approx(power, abs=1e-6)
            assert found.expected_information(drift) * size == pytest.approx(expected, rel=CLOSE)
    for case in cases("gsd_beta_spending.json"):
        found = work_out(futile_design(case))
        chances = found.chances(found.drift)
        assert chances.upper == pytest.approx(case["rejectionProbs"], abs=1e-6)
        assert chances.lower[:-1] == pytest.approx(case["futilityProbs"], abs=1e-6)


def futile_design(case: dict[str, Any]) -> Design:
    return Design(
        tuple(case["informationRates"]),
        case["alpha"],
        case["beta"],
        1,
        Spending(NAMES[case["alphaType"][2:]], case["gammaA"] or 1.0),
        futility=Spending(NAMES[case["betaType"][2:]], case["gammaB"] or 1.0),
        binding=case["binding"],
    )


def test_inference_after_stopping_equals_rpact() -> None:
    # Source: rpact 3.3.4, asOF one-sided 2.5 %, three even looks, stopped at the third.
    design = Design((1 / 3, 2 / 3, 1.0), 0.025)
    error = 0.19 / 2.30397550063764
    found = final(design, 0.19, error, 3)
    assert found.p_value == pytest.approx(0.0136475140034774, abs=1e-6)
    assert (found.lower, found.upper) == pytest.approx((0.0211516588670146, 0.349138719330904), abs=1e-6)
    assert found.median_unbiased == pytest.approx(0.186162221450345, abs=1e-6)
    interval = repeated_interval(design, 0.19, error, 3)
    assert interval == pytest.approx((0.0256410379730072, 0.354358962025997), abs=1e-6)
    assert repeated_p_value(design, 2.30397550063764, 3) == pytest.approx(0.0112171412029266, abs=1e-6)


def test_all_repeated_and_final_inference_equals_rpact() -> None:
    for case in cases("gsd_analysis.json"):
        rates = [(look + 1) / case["kMax"] for look in range(case["kMax"])]
        design = design_of(case["type"], rates, case["alpha"], 0.2, 1, None)
        means = zip(listed(case["cumMean1"]), listed(case["cumMean2"]), strict=True)
        estimates = [first - second for first, second in means]
        sizes = zip(listed(case["cumN1"]), listed(case["cumN2"]), listed(case["cumSD"]), strict=True)
        errors = [deviation * math.sqrt(1 / n1 + 1 / n2) for n1, n2, deviation in sizes]
        for look, (estimate, error) in enumerate(zip(estimates, errors, strict=True)):
            low, high = repeated_interval(design, estimate, error, look + 1)
            assert low == pytest.approx(case["repeatedLower"][look], abs=CLOSE)
            assert high == pytest.approx(case["repeatedUpper"][look], abs=CLOSE)
        newest = len(estimates) - 1
        p_value = repeated_p_value(design, estimates[newest] / errors[newest], newest + 1)
        assert p_value == pytest.approx(case["repeatedPValues"][newest], abs=CLOSE)
        if case["finalStage"]:
            last = case["finalStage"] - 1
            found = final(design, estimates[last], errors[last], last + 1)
            assert found.p_value == pytest.approx(case["finalPValue"][last], abs=CLOSE)
            assert found.lower == pytest.approx(case["finalCILower"][last], abs=CLOSE)
            assert found.upper == pytest.approx(case["finalCIUpper"][last], abs=CLOSE)
            assert found.median_unbiased == pytest.approx(case["medianUnbiased"][last], abs=CLOSE)


def test_all_sizes_for_means_and_rates_equal_rpact() -> None:
    for case in cases("gsd_sample_size.json"):
        design = design_of(
            case["type"], case["informationRates"], case["alpha"], case["beta"], case["sided"], None
        )
        found = work_out(design)
        allocation = case.get("allocationRatio") or 1.0
        for position, effect in enumerate(case.get("alternative") or case["pi1"]):
            if case["kind"] == "means":
                size = size_for_means(found, effect, 1.0, allocation, normal=case["normalApproximation"])
            else:
                size = size_for_rates(found, effect, case["pi2"], allocation)
            assert size == pytest.approx(case["maxNumberOfSubjects"][position], rel=1e-6)
            for drift, name in ((0.0, "H0"), (found.drift, "H1")):
                expected = case[f"expectedNumberOfSubjects{name}"][position]
                assert size * found.expected_information(drift) == pytest.approx(expected, rel=CLOSE)


@pytest.mark.parametrize("binding", [False, True])
@pytest.mark.parametrize(
    ("name", "gamma"), [(OBRIEN_FLEMING, 1.0), (POCOCK, 1.0), (KIM_DEMETS, 2.0), (HWANG_SHIH_DECANI, -3.0)]
)
def test_two_sides_with_futility_keep_alpha_and_power(name: str, gamma: float, *, binding: bool) -> None:
    # Referee: the chances of every exit, by the recursive integration that rpact's numbers are held to.
    spending = Spending(name, gamma)
    found = work_out(
        Design((0.2, 0.45, 0.6, 1.0), 0.05, 0.1, 2, spending, futility=spending, binding=binding)
    )
    assert found.power(found.drift) == pytest.approx(0.9, abs=1e-9)
    harm = [-value for value in found.critical]
    passed_over = crossing(found.design.information, found.critical, harm, 0.0)
    obeyed = found.chances(0.0)
    if binding:
        # The benefit's half of alpha is used up only because whoever is told to stop does stop.
        assert sum(obeyed.upper) == pytest.approx(0.025, abs=1e-9)
        assert sum(passed_over.upper) > 0.025
    else:
        # Whoever goes on against the futility boundary has no more than alpha in all.
        assert sum(passed_over.upper) + sum(passed_over.lower) == pytest.approx(0.05, abs=1e-9)
        assert sum(obeyed.upper) < 0.025
    # Harm is called below the mirrored boundary, and never more often than without futility.
    floor = found.floor()
    first_harm = crossing(found.design.information, [-low for low in floor], harm, 0.0)
    assert sum(first_harm.lower) <= 0.025 + 1e-9


def test_a_mirrored_result_gives_mirrored_two_sided_inference() -> None:
    design = Design((0.3, 0.7, 1.0), 0.05, sides=2)
    up, down = final(design, 0.2, 0.08, 2), final(design, -0.2, 0.08, 2)
    assert down.p_value == pytest.approx(up.p_value, abs=1e-12)
    assert (down.lower, down.upper) == pytest.approx((-up.upper, -up.lower), abs=1e-9)
    assert down.median_unbiased == pytest.approx(-up.median_unbiased, abs=1e-9)
    # One side at half the error; the other boundary is too far away to be told apart.
    single = final(Design((0.3, 0.7, 1.0), 0.025), 0.2, 0.08, 2)
    assert up.p_value == pytest.approx(2 * single.p_value, abs=1e-9)
    assert (up.lower, up.median_unbiased) == pytest.approx((single.lower, single.median_unbiased), abs=1e-9)


@pytest.mark.parametrize("binding", [False, True])
def test_stage_wise_inference_with_futility_covers_and_is_median_unbiased(*, binding: bool) -> None:
    # Seeded: 4,000 designs run to their stop; four standard errors of a share are 1.4 and 3.2 points.
    rates = (0.5, 1.0)
    futility = Spending(POCOCK)
    design = Design(rates, 0.05, 0.2, 2, futility=futility, binding=True)
    found = work_out(design)
    told = replace(design, binding=binding)
    rng, drift = np.random.default_rng(5), 0.8 * found.drift
    misses = above = 0
    for _ in range(4_000):
        score = np.cumsum(rng.normal(0.5 * drift, math.sqrt(0.5), 2))
        z = score / np.sqrt(design.information)
        out = (z >= found.critical) | (z <= found.floor())
        look = int(out.argmax()) if out.any() else 1
        error = 1 / math.sqrt(design.information[look])
        result = _final_of(told, float(z[look] * error), error, look + 1)
        misses += not result.lower <= drift <= result.upper
        above += result.median_unbiased > drift
    assert misses / 4_000 < 0.05 + 0.014
    if binding:
        assert abs(above / 4_000 - 0.5) < 0.032


def _final_of(design: Design, estimate: float, error: float, looks: int) -> Final:
    """The same at every twentieth of z, so that few distinct results are worked out."""
    return _final_at(design, round(estimate / error * 20) / 20, error, looks)


@cache
def _final_at(design: Design, z: float, error: float, looks: int) -> Final:
    return final(design, z * error, error, looks)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"information": (0.5, 0.4)}, "information"),
        ({"alpha": 0.0}, "alpha"),
        ({"sides": 3}, "sides"),
        ({"shape": 0.5, "futility": Spending()}, "futility"),
    ],
)
def test_designs_that_mean_nothing_are_refused(changes: dict[str, Any], word: str) -> None:
    values: dict[str, Any] = {"information": (0.5, 1.0), "alpha": 0.05}
    with pytest.raises(ValueError, match=word):
        Design(**(values | changes))
