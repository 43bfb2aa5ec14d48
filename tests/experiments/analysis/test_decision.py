"""The verdict follows from the numbers by rules that can be said aloud."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from experiments.analysis.decision import Situation, decide
from experiments.analysis.reach import Reach
from experiments.analysis.reasons import SENTENCES

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
        "metrics": list(metrics), "variants": variants or ("bar",), "failed": (), "mde": None,
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
    assert decision["reasons"][:2] == [
        "'The primary' is worse with one.",
        "Switch one off: harm is shown; the other variants can go on.",
    ]


def test_a_harmful_variant_is_told_of_beside_one_that_ships() -> None:
    decision = verdict(metric("primary", row("one", -0.3), row("two", 0.4)))
    assert decision["reasons"] == ["'The primary' is better with two.", "'The primary' is worse with one."]


def test_intervals_within_the_smallest_effect_of_interest_are_no_difference() -> None:
    assert verdict(metric("primary", row(half=0.01)), mde=0.02)["verdict"] == "no_difference"
    assert verdict(metric("primary", row(half=0.03)), mde=0.02)["verdict"] == "keep_running"
    assert verdict(metric("primary", row(half=0.01)))["verdict"] == "keep_running"


def test_a_broken_split_is_unhealthy_whatever_the_numbers() -> None:
    assert verdict(metric("primary", BETTER), failed=("srm",))["verdict"] == "unhealthy"


def test_every_failed_check_gives_its_reason() -> None:
    failed = ("srm", "multiple_exposure", "pre_period", "silence")
    decision = verdict(metric("primary", BETTER), failed=failed)
    assert [each["code"] for each in decision["details"]] == [f"{name}_failed" for name in failed]


def test_nothing_judged_is_not_enough_data() -> None:
    decision = verdict(metric("primary", row(undetermined="20 are needed.")))
    assert decision["verdict"] == "not_enough_data"
    assert "20 are needed." in decision["reasons"][0]
    assert verdict()["verdict"] == "not_enough_data"


def test_waiting_says_how_long_or_that_it_is_no_use() -> None:
    assert "About 3 more days" in verdict(metric("primary", FLAT))["reasons"][-1]
    assert "1,000 units are reached" in verdict(metric("primary", FLAT), units=1000)["reasons"][-1]


REACH = Reach(
    metric="primary", name="The primary", smallest=0.02, units=1_000, detectable=0.1, needed_units=25_000,
    needed_days=120, horizon_units=37_500, horizon_detectable=0.016,
)  # fmt: skip


def test_a_plan_that_is_too_small_says_what_it_would_need() -> None:
    decision = verdict(metric("primary", FLAT), reach=REACH, mde=0.02)
    assert decision["verdict"] == "keep_running"
    assert decision["reasons"][1:] == [
        "1,000 units show a lift of 10.00% on 'The primary'; for the smallest effect of interest, 2.00%, "
        "about 25,000 are needed.",
        "That is about 120 more days at this pace.",
    ]


def test_traffic_that_cannot_decide_says_so_in_the_place_of_days() -> None:
    slow = replace(REACH, horizon_units=9_000, horizon_detectable=0.033)
    decision = verdict(metric("primary", FLAT), reach=slow, mde=0.02)
    assert [each["code"] for each in decision["details"]] == ["no_conclusion", "cannot_be_decided"]
    assert "180 days at this pace bring 9,000 units, which show a lift of 3.30%" in decision["reasons"][1]


def test_what_is_concluded_is_not_called_undecidable() -> None:
    slow = replace(REACH, horizon_units=9_000, horizon_detectable=0.033)
    assert verdict(metric("primary", BETTER), reach=slow)["verdict"] == "ship"


def test_a_better_primary_that_waits_for_a_guardrail_is_not_called_undecidable() -> None:
    slow = replace(REACH, horizon_units=9_000, horizon_detectable=0.033)
    guardrail = metric("guardrail", row(non_inferior=None), margin=0.1)
    decision = verdict(metric("primary", BETTER), guardrail, reach=slow)
    assert [each["code"] for each in decision["details"]] == [
        "primary_better",
        "guardrail_open",
        "days_to_go",
    ]


def test_a_size_that_fits_the_effect_says_only_the_days() -> None:
    fits = replace(REACH, detectable=0.0205)
    assert "About 3 more days" in verdict(metric("primary", FLAT), reach=fits)["reasons"][-1]


def test_a_single_look_says_when_it_will_be() -> None:
    decision = verdict(metric("primary", row(estimate=0.3, preliminary=True)))
    assert decision["reasons"][0] == "The plan is read once, at 1,000 units; nothing is decided before."


def test_no_verdict_disagrees_with_the_interval_that_is_shown() -> None:
    # Called significant, but its interval includes zero.
    odd = row(estimate=0.05, significant=True)
    assert verdict(metric("primary", odd))["verdict"] == "keep_running"
    assert verdict(metric("primary", BETTER), metric("guardrail", odd, direction="decrease"))[
        "verdict"
    ] == "ship"  # fmt: skip


def test_every_guardrail_must_hold_and_each_is_told() -> None:
    kept, open_ = row(non_inferior=True), row(non_inferior=None)
    guardrails = [metric("guardrail", kept, margin=0.1), metric("guardrail", open_, margin=0.2)]
    decision = verdict(metric("primary", BETTER), *guardrails)
    assert decision["verdict"] == "keep_running"
    assert [each["code"] for each in decision["details"]][:2] == ["primary_better", "guardrail_open"]
    shipped = verdict(metric("primary", BETTER), guardrails[0], metric("guardrail", FLAT))
    assert [each["code"] for each in shipped["details"]] == [
        "primary_better", "guardrail_within", "guardrails_hold",
    ]  # fmt: skip


def test_a_conclusion_on_open_windows_is_called_preliminary() -> None:
    decision = verdict(metric("primary", BETTER), mature_share=0.25)
    assert decision["reasons"][-1] == "Preliminary: 25% of the units have completed their window."


def test_every_reason_has_its_code() -> None:
    decision = verdict(metric("primary", BETTER), metric("guardrail", FLAT), mature_share=0.5)
    said = [SENTENCES[each["code"]].format(**each["params"]) for each in decision["details"]]
    assert said == decision["reasons"]
