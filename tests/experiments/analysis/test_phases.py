"""A report is of the present phase, and of units that were divided together in it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assignment.allocation import grow, owners_of, slots_of
from assignment.bulk import Units, buckets
from assignment.events import Event, Exposure
from assignment.snapshot import Experiment, Status, Variant
from experiments.analysis.render import render_html
from experiments.analysis.report import analyse
from experiments.analysis.verify import verify
from experiments.definition import Definition
from experiments.phases import Period, split_of
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    LATER,
    START,
    conversion,
    definition,
    exposure,
    lake_of,
    link,
    metric,
)

DAY = timedelta(days=1)
GROWN = START + 10 * DAY


def rule(coverage: float, *weights: float, version: int = 1) -> Experiment:
    keys = ("control", "treatment", "third")
    variants = tuple(Variant(key, "", weight, {}) for key, weight in zip(keys, weights, strict=False))
    return Experiment("k", version, Status.RUNNING, f"k:{version}", "id", variants, coverage, {})


def grown(first: Experiment, coverage: float, *weights: float) -> tuple[Definition, Experiment]:
    """A definition whose only phase grew after ten days, and the rule since then."""
    second = grow(first, coverage, rule(coverage, *weights).variants)
    plan = definition(metric(CONVERSION), traffic=coverage)
    opening = {variant.key: variant.weight for variant in first.variants}
    form = plan.form.model_copy(
        update={
            "variants": [arm.model_copy(update={"weight": opening[arm.key]}) for arm in plan.form.variants]
        }
    )
    phase = Period(1, START, None, "plan", "")
    splits = (split_of(first, START), split_of(second, GROWN))
    return replace(plan, form=form, phases=(phase,), splits=splits), second


def shoppers(rules: list[tuple[datetime, Experiment]], count: int, seed: int = 1) -> Iterator[Event]:
    """Visits over twenty days, half of the shoppers coming daily and the others once; regulars buy more."""
    draw = random.Random(seed)
    ids = [f"s-{seed}-{number}" for number in range(count)]
    places = buckets(Units.of(ids), rules[0][1].seed).tolist()
    maps = [(at, owners_of(slots_of(each)), [arm.key for arm in each.variants]) for at, each in rules]
    for unit, place in zip(ids, places, strict=True):
        regular = draw.random() < 0.5
        days = range(20) if regular else [draw.randrange(20)]
        entered = None
        for day in days:
            at = START + day * DAY + draw.random() * HOUR
            owners, keys = [(owners, keys) for since, owners, keys in maps if since <= at][-1]
            if entered is None and owners[place] >= 0:
                entered = at
                yield exposure(unit, keys[owners[place]], at)
        if entered is not None and draw.random() < (0.4 if regular else 0.1):
            yield conversion(unit, at=entered + HOUR)


def report_of(folder: Path, plan: Definition, events: list[Event]) -> dict[str, Any]:
    return analyse(plan, lake_of(folder, events).view(), LATER)


def test_more_traffic_keeps_the_split_and_every_unit(tmp_path: Path) -> None:
    first = rule(0.2, 0.5, 0.5)
    plan, second = grown(first, 0.6, 0.5, 0.5)
    events = list(shoppers([(START, first), (GROWN, second)], 4_000))
    report = report_of(tmp_path, plan, events)
    assert sum(arm["units"] for arm in report["variants"]) == sum(
        isinstance(event, Exposure) for event in events
    )
    assert report["health"]["srm"]["status"] == "ok"
    assert "growth" not in report["health"]
    assert [split["traffic"] for split in report["splits"]] == [0.2, 0.6]


def test_a_variant_that_grew_alone_raises_no_alarm_and_blurs_nothing(tmp_path: Path) -> None:
    first = rule(0.2, 0.5, 0.5)
    plan, second = grown(first, 0.8, 0.125, 0.875)
    events = list(shoppers([(START, first), (GROWN, second)], 6_000))
    report = report_of(tmp_path, plan, events)
    control, treatment = report["variants"]
    assert report["health"]["srm"]["status"] == "ok"
    assert report["health"]["assignment"]["code"] == "as_assigned"
    growth = report["health"]["growth"]
    assert (growth["status"], growth["code"]) == ("ok", "grown_apart")
    exposed = sum(isinstance(event, Exposure) for event in events)
    assert control["units"] + treatment["units"] + growth["units"] == exposed
    assert growth["units"] == pytest.approx(6_000 * 0.6 * 0.75, rel=0.1)
    # By time instead of by bucket, the treatment would have the regulars who came before it was theirs.
    blind = report_of(tmp_path / "blind", replace(plan, phases=(), splits=()), events)
    assert blind["health"]["srm"]["status"] == "failed"


def test_what_grew_in_other_shares_counts_as_far_as_the_shares_are_kept(tmp_path: Path) -> None:
    first = rule(0.2, 0.5, 0.5)
    plan, second = grown(first, 0.8, 0.375, 0.625)
    report = report_of(tmp_path, plan, list(shoppers([(START, first), (GROWN, second)], 6_000)))
    assert report["health"]["srm"]["status"] == "ok"
    assert report["health"]["growth"]["units"] == pytest.approx(6_000 * 0.2, rel=0.4)
    assert report["progress"]["units"] > 6_000 * 0.2


def test_a_variant_that_came_later_is_served_and_waits_for_a_new_phase(tmp_path: Path) -> None:
    first = rule(0.4, 0.5, 0.5)
    plan, second = grown(first, 0.8, 0.25, 0.25, 0.5)
    report = report_of(tmp_path, plan, list(shoppers([(START, first), (GROWN, second)], 4_000)))
    growth = report["health"]["growth"]
    assert (growth["status"], growth["code"]) == ("warning", "variants_came_later")
    assert growth["variants"]["third"] > 500
    assert [arm["key"] for arm in report["variants"]] == ["control", "treatment"]
    assert report["health"]["unknown_variants"]["status"] == "ok"
    assert report["health"]["srm"]["status"] == "ok"


def test_whoever_met_a_later_variant_and_another_met_two(tmp_path: Path) -> None:
    plan, _ = grown(rule(0.4, 0.5, 0.5), 0.8, 0.25, 0.25, 0.5)
    events = [exposure("a"), exposure("a", "third", GROWN + HOUR), exposure("b")]
    report = report_of(tmp_path, plan, events)
    assert report["health"]["multiple_exposure"]["units"] == 1


def new_phase(carry_over: str, **read: Any) -> Definition:
    plan = definition(metric(CONVERSION), plan={"carry_over": carry_over, **read})
    periods = (
        Period(1, START - DAY, START, "first", ""),
        Period(2, START, None, "plan", "The bar was broken."),
    )
    return replace(plan, version=2, phases=periods, splits=(split_of(rule(1.0, 0.5, 0.5), START),))


@pytest.mark.parametrize("carry_over", ["keep", "exclude"])
def test_what_a_page_remembered_of_another_phase_counts_for_nobody(tmp_path: Path, carry_over: str) -> None:
    after, later = START + HOUR, START + 2 * HOUR
    own = [exposure("a", "control", later, version=2), exposure("b", "treatment", later, version=2)]
    own += [exposure("c", "treatment", after), conversion("a", at=later + HOUR)]
    remembered = [
        exposure("a", "treatment", after, version=1), exposure("d", "control", after, version=1),
        exposure("c", "control", later, version=3),
    ]  # fmt: skip
    plan = new_phase(carry_over)
    without = report_of(tmp_path / "without", plan, own)
    report = report_of(tmp_path / "with", plan, own + remembered)
    assert (
        [row["units"] for row in report["variants"]]
        == [row["units"] for row in without["variants"]]
        == [1, 2]
    )
    assert report["metrics"] == without["metrics"]
    assert report["health"]["multiple_exposure"]["units"] == 0
    check = report["health"]["carry_over"]
    assert check["other_exposures"] == 3
    assert "3 exposures that came during it were decided under another phase" in check["detail"]
    assert "other_exposures" not in without["health"]["carry_over"]
    assert "3 exposures were decided under another phase" in render_html(report)
    assert "3 blootstellingen horen bij een andere fase" in render_html(report, language="nl")


def test_a_first_phase_counts_nothing_that_was_decided_under_the_next(tmp_path: Path) -> None:
    events = [exposure("a", version=1), exposure("b"), exposure("b", "treatment", START + HOUR, version=2)]
    report = report_of(tmp_path, definition(metric(CONVERSION)), events)
    assert [row["units"] for row in report["variants"]] == [2, 0]


def seen_twice() -> list[Event]:
    """a and b met both phases, the other way round; c met the first one alone, d the second."""
    before, after = START - HOUR, START + HOUR
    return [
        exposure("a", "control", before), exposure("a", "treatment", after),
        exposure("b", "treatment", before), exposure("b", "control", after),
        exposure("c", "treatment", before), exposure("d", "treatment", after),
        conversion("a", at=before + timedelta(minutes=1)), conversion("d", at=after + HOUR),
    ]  # fmt: skip


@pytest.mark.parametrize(("carry_over", "units"), [("keep", [1, 2]), ("exclude", [0, 1])])
def test_exposures_of_an_earlier_phase_do_not_count(
    tmp_path: Path, carry_over: str, units: list[int]
) -> None:
    report = report_of(tmp_path, new_phase(carry_over), seen_twice())
    assert [arm["units"] for arm in report["variants"]] == units
    assert report["health"]["multiple_exposure"]["units"] == 0
    check = report["health"]["carry_over"]
    assert (check["units"], check["rule"], check["version"]) == (2, carry_over, 2)
    assert check["share"] == pytest.approx(2 / 3)
    assert [arm["sum"] for arm in report["metrics"][0]["variants"]] == [0, 1]
    assert [phase["version"] for phase in report["phases"]] == [1, 2]
    assert report["phases"][1]["reason"] == "The bar was broken."


def followed(plan: Definition) -> Definition:
    form = plan.form.model_copy(update={"fallback_attribute": "anonymousId"})
    return replace(plan, form=form)


@pytest.mark.parametrize(("carry_over", "units"), [("keep", [0, 1]), ("exclude", [0, 0])])
def test_a_person_met_an_earlier_phase_under_any_id(
    tmp_path: Path, carry_over: str, units: list[int]
) -> None:
    events = [
        exposure("visitor", "control", START - HOUR),
        exposure("shopper", "treatment", START + HOUR),
        link("visitor", "shopper", START + HOUR),
    ]
    report = report_of(tmp_path, followed(new_phase(carry_over)), events)
    assert [arm["units"] for arm in report["variants"]] == units
    assert report["health"]["carry_over"]["units"] == 1


def test_a_person_is_set_apart_by_any_id_whatever_they_met(tmp_path: Path) -> None:
    first = rule(0.2, 0.5, 0.5)
    plan, second = grown(first, 0.8, 0.125, 0.875)
    known = [f"s-{number}" for number in range(2_000)]
    places = buckets(Units.of(known), first.seed).tolist()
    before, after = owners_of(slots_of(first)), owners_of(slots_of(second))
    held = [unit for unit, place in zip(known, places, strict=True) if before[place] >= 0]
    came = [unit for unit, place in zip(known, places, strict=True) if after[place] > before[place]]
    arm = ("control", "treatment")
    owner = dict(zip(known, places, strict=True))
    events = [exposure(unit, arm[before[owner[unit]]]) for unit in held[:60]]
    events += [exposure(came[place], arm[before[owner[held[place]]]], GROWN + HOUR) for place in range(20)]
    events += [link(held[place], came[place], GROWN + HOUR) for place in range(20)]
    report = report_of(tmp_path, followed(plan), events)
    assert sum(each["units"] for each in report["variants"]) == 40
    assert report["health"]["growth"]["units"] == 20


def test_the_first_phase_says_nothing_of_phases(tmp_path: Path) -> None:
    report = report_of(tmp_path, definition(metric(CONVERSION)), seen_twice())
    assert not {"phases", "splits"} & report.keys()
    assert not {"carry_over", "growth"} & report["health"].keys()


@pytest.mark.parametrize("carry_over", ["keep", "exclude"])
@pytest.mark.parametrize(
    "method", [{"method": "group_sequential", "looks": 2, "planned_units": 4}, {"planned_units": 2}]
)
def test_looks_count_what_the_phase_compares(tmp_path: Path, carry_over: str, method: dict[str, Any]) -> None:
    report = report_of(tmp_path, new_phase(carry_over, **method), seen_twice())
    assert report["progress"]["units"] == (3 if carry_over == "keep" else 1)
    if report["looks"] is not None:
        assert report["looks"]["completed"] == report["progress"]["units"]


def test_a_report_verifies_after_growth_and_after_a_new_phase(tmp_path: Path) -> None:
    first = rule(0.2, 0.5, 0.5)
    plan, second = grown(first, 0.8, 0.125, 0.875)
    view = lake_of(tmp_path, shoppers([(START, first), (GROWN, second)], 2_000), START).view()
    young = json.loads(json.dumps(analyse(plan, view, GROWN - DAY)))
    assert young["health"]["assignment"]["traffic"] == 0.2
    assert verify(young, plan, view) == []
    old = json.loads(json.dumps(analyse(plan, view, LATER)))
    assert old["health"]["assignment"]["traffic"] == 0.8
    ended = replace(plan, status="stopped", stopped_at=LATER + HOUR)
    assert verify(old, ended, view) == []


@pytest.mark.parametrize(("language", "words"), [("en", "2, since"), ("nl", "2, sinds")])
def test_the_report_file_names_the_phase(tmp_path: Path, language: str, words: str) -> None:
    page = render_html(report_of(tmp_path, new_phase("keep"), seen_twice()), language=language)
    assert words in page
    assert "The bar was broken." in page
