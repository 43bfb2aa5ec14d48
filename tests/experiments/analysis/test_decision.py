"""The verdict follows from the numbers by rules that can be said aloud."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.analysis.decision import SENTENCES, Situation, decide

Document = dict[str, Any]


def row(
    variant: str = "bar",
    estimate: float = 0.0,
    half: float = 0.1,
    *,
    undetermined: str | None = None,
    **more: Any,
) -> Document:
    """A comparison; significant when the interval excludes zero."""
    bounds: Document = {"estimate": estimate, "lower": estimate - half, "upper": estimate + half}
    if undetermined:
        bounds |= {"lower": None, "upper": None}
    return {
        "variant": variant,
        "absolute": bounds,
        "relative": bounds,
        "significant": undetermined is None and abs(estimate) > half,
        "undetermined": undetermined,
        **more,
    }


def metric(role: str, *rows: Document, direction: str = "increase", margin: float | None = None) -> Document:
    limit = None if margin is None else {"margin": margin}
    return {
        "metric": role, "name": f"The {role}", "role": role, "direction": direction,
        "non_inferiority": limit, "comparisons": list(rows),
    }  # fmt: skip


def verdict(*metrics: Document, **more: Any) -> Document:
    variants = tuple(dict.fromkeys(each["variant"] for item in metrics for each in item["comparisons"]))
    situation: Document = {
        "metrics": list(metrics), "variants": variants or ("bar",), "srm_failed": False, "mde": None,
        "planned_units": 1000, "units": 500, "days_left": 3, "mature_share": None,
    }  # fmt: skip
    return decide(Situation(**{**situation, **more}))


BETTER, WORSE, FLAT = row(estimate=0.3), row(estimate=-0.3), row()


def test_a_better_primary_ships() -> None:
    decision = verdict(metric("primary", BETTER))
    assert (decision["verdict"], decision["variant"]) == ("ship", "bar")
    assert decision["reasons"] == ["'The primary' is better with bar."]
    assert decision["details"] == [
        {"code": "primary_better", "params": {"metric": "The primary", "variant": "bar"}}
    ]


def test_a_reading_before_its_single_look_decides_nothing() -> None:
    early = row(estimate=0.3, preliminary=True)
    assert verdict(metric("primary", early))["verdict"] == "keep_running"
    flat = row(half=0.001, preliminary=True)
    assert verdict(metric("primary", flat), mde=0.05)["verdict"] == "keep_running"
    assert verdict(metric("primary", row(half=0.001)), mde=0.05)["verdict"] == "no_difference"


def test_a_fall_is_better_where_less_is_wanted() -> None:
    assert verdict(metric("primary", WORSE, direction="decrease"))["verdict"] == "ship"
    assert verdict(metric("primary", BETTER, direction="decrease"))["verdict"] == "rollback"


def test_proven_harm_on_a_primary_or_a_guardrail_rolls_back() -> None:
    assert verdict(metric("primary", WORSE))["verdict"] == "rollback"
    decision = verdict(metric("primary", BETTER), metric("guardrail", WORSE))
    assert (decision["verdict"], decision["variant"]) == ("rollback", "bar")


def test_a_secondary_metric_never_decides() -> None:
    assert verdict(metric("primary", FLAT), metric("secondary", WORSE))["verdict"] == "keep_running"


def test_a_guardrail_without_a_margin_stops_a_ship_only_when_shown_worse() -> None:
    unknown = row(undetermined="too few")
    assert verdict(metric("primary", BETTER), metric("guardrail", unknown))["verdict"] == "ship"


@pytest.mark.parametrize(("shown", "expected"), [(True, "ship"), (None, "keep_running"), (False, "rollback")])
def test_a_guardrail_with_a_margin_must_be_shown_to_keep_it(shown: bool | None, expected: str) -> None:
    guardrail = metric("guardrail", row(non_inferior=shown), margin=0.1)
    assert verdict(metric("primary", BETTER), guardrail)["verdict"] == expected


def test_a_guardrail_that_is_worse_within_its_margin_is_tolerated() -> None:
    guardrail = metric("guardrail", row(estimate=-0.3, non_inferior=True), margin=0.5)
    assert verdict(metric("primary", BETTER), guardrail)["verdict"] == "ship"


def test_of_two_that_may_ship_the_larger_gain_does() -> None:
    primary = metric("primary", row("one", 0.3), row("two", 0.4))
    assert verdict(primary)["variant"] == "two"


def test_a_harmful_variant_does_not_keep_another_from_shipping() -> None:
    assert verdict(metric("primary", row("one", -0.3), row("two", 0.4)))["variant"] == "two"


def test_a_harmful_variant_is_named_while_another_is_open() -> None:
    decision = verdict(metric("primary", row("one", -0.3), row("two")))
    assert decision["verdict"] == "keep_running"
    assert decision["reasons"][0] == "'The primary' is worse with one."


def test_intervals_within_the_smallest_effect_of_interest_are_no_difference() -> None:
    assert verdict(metric("primary", row(half=0.01)), mde=0.02)["verdict"] == "no_difference"
    assert verdict(metric("primary", row(half=0.03)), mde=0.02)["verdict"] == "keep_running"
    assert verdict(metric("primary", row(half=0.01)))["verdict"] == "keep_running"


def test_a_broken_split_is_unhealthy_whatever_the_numbers() -> None:
    assert verdict(metric("primary", BETTER), srm_failed=True)["verdict"] == "unhealthy"


def test_nothing_judged_is_not_enough_data() -> None:
    decision = verdict(metric("primary", row(undetermined="20 are needed.")))
    assert decision["verdict"] == "not_enough_data"
    assert "20 are needed." in decision["reasons"][0]
    assert verdict()["verdict"] == "not_enough_data"


def test_waiting_says_how_long_or_that_it_is_no_use() -> None:
    assert "About 3 more days" in verdict(metric("primary", FLAT))["reasons"][-1]
    assert "1,000 units are reached" in verdict(metric("primary", FLAT), units=1000)["reasons"][-1]


def test_a_conclusion_on_open_windows_is_called_preliminary() -> None:
    decision = verdict(metric("primary", BETTER), mature_share=0.25)
    assert decision["reasons"][-1] == "Preliminary: 25% of the units have completed their window."


def test_every_reason_has_its_code() -> None:
    decision = verdict(metric("primary", BETTER), metric("guardrail", FLAT), mature_share=0.5)
    said = [SENTENCES[each["code"]].format(**each["params"]) for each in decision["details"]]
    assert said == decision["reasons"]
