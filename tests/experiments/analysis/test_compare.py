"""Each family is adjusted by its own procedure, and every row of a report is one statement."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import pytest

from experiments.analysis.arrivals import Arrivals, Delays
from experiments.analysis.compare import compared, compared_slices
from experiments.analysis.measure import Measured, Measurement
from experiments.analysis.metrics import Left
from experiments.analysis.slices import Slice
from experiments.analysis.units import Exposed
from experiments.definition import Definition
from stats.clock import FINAL
from stats.summary import Summary
from tests.experiments.analysis.build import CONVERSION, definition, metric
from tests.stats.build import binary

UNITS = 20_000
NOTHING = Delays((), 0, 0)
METHODS = ("sequential", "group_sequential", "fixed", "bayesian")


def rates(*conversions: int) -> tuple[Summary, ...]:
    """The control and treatments, each of as many units."""
    return tuple(binary(count, UNITS) for count in conversions)


def experiment(method: str, secondaries: int = 4, looks: int | None = None, **changes: Any) -> Definition:
    """Three arms; two primaries, a guardrail with a margin, and some secondaries."""
    names = ["p0", "p1", "g", *(f"s{place}" for place in range(secondaries))]
    forms = [
        metric({**CONVERSION, "key": name}, **({"non_inferiority_margin": 0.1} if name == "g" else {}))
        for name in names
    ]
    return definition(
        *forms,
        metrics={"primary": names[:2], "guardrails": names[2:3], "secondary": names[3:]},
        variants=[{"key": key, "weight": 1 / 3} for key in ("control", "a", "b")],
        plan={"method": method, "planned_units": 3 * UNITS, "looks": looks, "cuped": False},
        **changes,
    )


def measurement(
    definition: Definition, summaries: dict[str, Sequence[Summary] | None], slices: tuple[Slice, ...] = ()
) -> Measurement:
    """What the lake would give."""
    roles = [("primary", "primary"), ("guardrail", "guardrails"), ("secondary", "secondary")]
    counts = (UNITS,) * 3
    return Measurement(
        exposed=Exposed(
            counts=counts, multiple=0, unknown_events=0, first=0, last=1, segments=(), segment_counts=()
        ),
        matured={},
        points=[],
        last_conversion=None,
        metrics=tuple(
            Measured(definition.metrics[key], role, _tuple(summaries[key]), (), Left({}, 0, ()), None, FINAL)
            for role, field in roles
            for key in getattr(definition.form.metrics, field)
        ),
        slices=slices,
        arrivals=Arrivals((), (), NOTHING, NOTHING, (), ()),
    )


def _tuple(summaries: Sequence[Summary] | None) -> tuple[Summary, ...] | None:
    return None if summaries is None else tuple(summaries)


def rows_of(documents: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    """All comparisons of a role."""
    return [row for each in documents if each["role"] == role for row in each["comparisons"]]


SUMMARIES: dict[str, Sequence[Summary] | None] = {
    "p0": rates(2_000, 2_400, 2_150),
    "p1": rates(4_000, 4_010, 4_180),
    "g": rates(500, 495, 620),
    "s0": rates(1_000, 1_010, 1_300),
    "s1": rates(1_000, 1_190, 1_000),
    "s2": rates(3_000, 3_000, 3_050),
    "s3": None,
}


@pytest.mark.parametrize(
    ("method", "decides", "explores"),
    [
        ("sequential", "holm", "e-benjamini-hochberg"),
        ("group_sequential", "holm", "benjamini-hochberg"),
        ("fixed", "holm", "benjamini-hochberg"),
        ("bayesian", "none", "none"),
    ],
)
def test_what_decides_and_what_is_explored_are_adjusted_each_in_its_way(
    method: str, decides: str, explores: str
) -> None:
    chosen = experiment(method)
    found = compared(chosen, measurement(chosen, SUMMARIES))
    for role, adjustment in (("primary", decides), ("guardrail", decides), ("secondary", explores)):
        known = [row for row in rows_of(found, role) if row["undetermined"] is None]
        assert {row["adjustment"] for row in known} == {adjustment}
    assert [each["family"] for each in found] == [4, 4, 2, 8, 8, 8, 8]


def test_planned_looks_keep_an_equal_share_each() -> None:
    chosen = experiment("group_sequential", looks=4)
    found = compared(chosen, measurement(chosen, SUMMARIES), {})
    for row in (row for each in found for row in each["comparisons"] if row["undetermined"] is None):
        assert (row["adjustment"], row["way"]) == ("bonferroni", "planned_looks")
    assert {row["level"] for row in rows_of(found, "primary")} == {0.05 / 4}


@pytest.mark.parametrize("method", METHODS)
def test_every_row_is_one_statement_at_its_own_level(method: str) -> None:
    chosen = experiment(method)
    found = compared(chosen, measurement(chosen, SUMMARIES))
    for row in (row for each in found for row in each["comparisons"] if row["undetermined"] is None):
        for scale in ("absolute", "relative"):
            excluded = row[scale]["lower"] > 0 or row[scale]["upper"] < 0
            assert excluded == row["significant"], row
        if method != "bayesian":
            assert row["significant"] == (row["p_value"] <= row["alpha"])
            assert row["significant"] == (row["own_p_value"] <= row["level"])


def test_holm_shows_more_than_equal_shares_and_widens_what_is_left() -> None:
    chosen = experiment("fixed")
    found = rows_of(compared(chosen, measurement(chosen, SUMMARIES)), "primary")
    levels = sorted(row["level"] for row in found)
    assert levels[0] == pytest.approx(0.05 / 4)
    assert levels[-1] > 0.05 / 4


def test_a_metric_that_cannot_be_read_counts_in_its_family() -> None:
    chosen = experiment("fixed", secondaries=2)
    whole = {**SUMMARIES, "s1": None}
    known = rows_of(compared(chosen, measurement(chosen, whole)), "secondary")
    assert [row["undetermined_code"] for row in known[2:]] == ["values_too_large"] * 2
    best = min(row["own_p_value"] for row in known[:2])
    assert min(row["p_value"] for row in known[:2]) == pytest.approx(4 * best)


def test_a_guardrail_is_judged_by_the_interval_that_is_shown() -> None:
    chosen = experiment("sequential")
    for row in rows_of(compared(chosen, measurement(chosen, SUMMARIES)), "guardrail"):
        lower, upper = row["relative"]["lower"], row["relative"]["upper"]
        expected = True if lower > -0.1 else False if upper < -0.1 else None
        assert row["non_inferior"] is expected


def test_values_treatments_and_primaries_of_a_segment_are_one_family() -> None:
    chosen = experiment("sequential", segments=["device", "country"])
    slices = tuple(
        Slice(
            segment,
            value,
            (UNITS,) * 3,
            {"p0": rates(2_000, 2_000 + more, 2_010), "p1": rates(900, 910, 880)},
        )
        for segment, value, more in (
            ("device", "phone", 700),
            ("device", "desk", 0),
            ("country", "NL", 0),
            ("country", "BE", 0),
            ("country", "DE", 0),
        )
    )
    found = compared_slices(chosen, measurement(chosen, SUMMARIES, slices))
    assert [(each["segment"], each["value"]) for each in found] == [
        (each.segment, each.value) for each in slices
    ]
    assert [[metric["family"] for metric in each["metrics"]] for each in found] == [[8, 8]] * 2 + [
        [12, 12]
    ] * 3
    phone = found[0]["metrics"][0]["comparisons"][0]
    assert phone["adjustment"] == "e-benjamini-hochberg"
    assert phone["significant"]
    # One of eight rejected: e-BH reads everything at an eighth of alpha.
    assert phone["level"] == pytest.approx(0.05 / 8)


def test_every_comparison_shows_all_other_ways_and_what_its_own_rests_on() -> None:
    chosen = experiment("sequential")
    for row in rows_of(compared(chosen, measurement(chosen, SUMMARIES)), "primary"):
        assert (row["way"], row["promise"]) == ("always_valid", "any_moment")
        assert [each["way"] for each in row["alternatives"]] == [
            "planned_size", "single_look", "posterior", "mixture_sprt",
        ]  # fmt: skip
        assert {each["level"] for each in row["alternatives"]} == {row["level"]}
        posterior = row["alternatives"][2]
        assert posterior["p_value"] is None
        assert 0 <= posterior["probability_better"] <= 1
        assert {each["code"] for each in row["assumptions"]} >= {"split"}
        assert all(each["met"] for each in row["assumptions"])
        json.dumps(row, allow_nan=False)


def test_a_metric_that_cannot_be_read_has_no_alternatives() -> None:
    chosen = experiment("sequential")
    row = rows_of(compared(chosen, measurement(chosen, SUMMARIES)), "secondary")[-1]
    assert (row["alternatives"], row["assumptions"], row["log_e_value"]) == ([], [], None)


def test_only_always_valid_plans_carry_e_values() -> None:
    for method in METHODS:
        chosen = experiment(method)
        found = compared(chosen, measurement(chosen, SUMMARIES))
        assert all(("log_e_value" in row) == (method == "sequential") for row in rows_of(found, "primary"))
    chosen = experiment("sequential")
    found = compared(chosen, measurement(chosen, SUMMARIES))
    for row in rows_of(found, "secondary")[:-2]:
        # What e-BH ranks is one over the e-value.
        assert row["log_e_value"] == pytest.approx(-math.log(row["own_p_value"]), abs=1e-12)


def test_segments_are_not_read_in_other_ways() -> None:
    chosen = experiment("sequential", segments=["device"])
    part = Slice("device", "phone", (UNITS,) * 3, {key: rates(900, 910, 880) for key in ("p0", "p1")})
    row = compared_slices(chosen, measurement(chosen, SUMMARIES, (part,)))[0]["metrics"][0]["comparisons"][0]
    assert "alternatives" not in row
