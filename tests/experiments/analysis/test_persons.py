"""The ids of a person are one unit, whenever and in whatever order their links come in."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assignment.events import Event, Link
from assignment.hashing import bucket_of
from experiments.analysis import persons
from experiments.analysis.engine import connection
from experiments.analysis.lake import Lake
from experiments.analysis.looks import Information
from experiments.analysis.measure import measure, scope_of
from experiments.analysis.persons import components
from experiments.analysis.report import analyse
from experiments.analysis.verify import verify
from experiments.definition import Definition
from tests.experiments.analysis import test_histories
from tests.experiments.analysis.build import (
    HOUR,
    LATER,
    ORDERS,
    REVENUE,
    START,
    add,
    conversion,
    definition,
    exposure,
    lake_of,
    link,
    metric,
)
from tests.experiments.analysis.test_histories import Model, check_against, histories

STICKY = definition(metric(ORDERS), metric(REVENUE), fallback_attribute="anonymousId", plan={"cuped": False})
ALONE = definition(metric(ORDERS), metric(REVENUE), plan={"cuped": False})


def report(lake: Lake, which: Definition = STICKY, as_of: datetime = LATER) -> dict[str, Any]:
    return analyse(which, lake.view(), as_of)


def units(found: dict[str, Any]) -> list[int]:
    return [arm["units"] for arm in found["variants"]]


def sums(found: dict[str, Any], metric: int = 0) -> list[float]:
    return [arm["sum"] for arm in found["metrics"][metric]["variants"]]


def test_a_visitor_who_logs_in_is_one_person_from_their_first_exposure_on(tmp_path: Path) -> None:
    events = [
        exposure("a1", at=START),
        conversion("a1", 5, at=START + HOUR),
        exposure("c9", at=START + 2 * HOUR),
        link("a1", "c9", START + 2 * HOUR),
        conversion("c9", 7, at=START + HOUR),
        conversion("c9", 9, at=START - HOUR),
    ]
    found = report(lake_of(tmp_path, events))
    assert units(found) == [1, 0]
    assert (sums(found)[0], sums(found, 1)[0]) == (2, 12)
    joined = found["health"]["linked"]
    assert (joined["code"], joined["persons"], joined["ids"]) == ("linked", 1, 2)


def test_conversions_of_an_id_that_was_never_exposed_count_for_its_person(tmp_path: Path) -> None:
    events = [exposure("a1"), link("a1", "c9"), conversion("c9", at=START + HOUR), conversion("c8", at=LATER)]
    assert sums(report(lake_of(tmp_path, events)))[0] == 1


def test_an_experiment_without_a_fallback_attribute_joins_nobody(tmp_path: Path) -> None:
    events = [exposure("a1"), exposure("c9"), link("a1", "c9"), conversion("c9", at=START + HOUR)]
    with_links = report(lake_of(tmp_path / "with", events), ALONE)
    assert units(with_links) == [2, 0]
    assert "linked" not in with_links["health"]
    without = report(lake_of(tmp_path / "without", [e for e in events if not isinstance(e, Link)]), ALONE)
    assert with_links["data_hash"] == without["data_hash"]


def test_links_reach_as_far_as_they_are_tied_together(tmp_path: Path) -> None:
    chain = [link("c9", "a1"), link("a2", "c9"), link("c9", "a3"), link("a3", "z")]
    events = [exposure(unit) for unit in ("a1", "a2", "a3", "z", "c9", "other")]
    assert units(report(lake_of(tmp_path, [*events, *chain]))) == [2, 0]


def test_a_person_who_met_two_variants_before_their_ids_were_linked_is_left_out(tmp_path: Path) -> None:
    events = [
        exposure("a1", "treatment"),
        exposure("c9", "control", at=START + HOUR),
        link("a1", "c9", START + 2 * HOUR),
        exposure("twice", "control"),
        exposure("twice", "treatment", at=START + HOUR),
        exposure("fine"),
    ]
    found = report(lake_of(tmp_path, events))
    assert units(found) == [1, 0]
    multiple, joined = found["health"]["multiple_exposure"], found["health"]["linked"]
    assert (multiple["units"], multiple["first"]) == (2, [1, 1])
    assert (joined["code"], joined["parted"], joined["status"]) == ("parted_before_linked", 1, "warning")


def test_a_link_counts_from_its_receipt_on_and_the_earlier_report_can_be_made_again(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [exposure("a1"), exposure("c9")])
    before = report(lake, as_of=START + timedelta(days=1))
    assert units(before) == [2, 0]
    add(lake, [link("a1", "c9", START)], START + timedelta(days=2))
    after = report(lake)
    assert units(after) == [1, 0]
    assert verify(before, STICKY, lake.view()) == []
    assert verify(after, STICKY, lake.view()) == []
    assert before["data_hash"] != after["data_hash"]


def test_a_link_from_after_the_stop_does_not_count(tmp_path: Path) -> None:
    events = [exposure("a1"), exposure("c9"), link("a1", "c9", START + 3 * HOUR)]
    stopped = replace(STICKY, status="stopped", stopped_at=START + 2 * HOUR)
    assert units(report(lake_of(tmp_path, events), stopped)) == [2, 0]


def test_an_id_that_ties_many_together_is_left_out_with_all_of_them(tmp_path: Path) -> None:
    customers = [f"c{number}" for number in range(persons.MOST_IDS)]
    events: list[Event] = [
        *(exposure(unit) for unit in (*customers, "till", "alone", "a1", "c-1")),
        *(link("till", unit) for unit in customers),
        *(conversion(unit, at=START + HOUR) for unit in (*customers, "alone")),
        link("a1", "c-1"),
    ]
    found = report(lake_of(tmp_path, events))
    assert units(found) == [2, 0]
    assert sums(found)[0] == 1
    joined = found["health"]["linked"]
    assert (joined["code"], joined["status"], joined["crowds"]) == ("crowds_left_out", "warning", 1)
    assert joined["crowd_ids"] == persons.MOST_IDS + 1


def test_as_many_ids_as_a_person_may_have_are_joined(tmp_path: Path) -> None:
    ids = [f"c{number}" for number in range(persons.MOST_IDS)]
    events = [*(exposure(unit) for unit in ids), *(link(ids[0], unit) for unit in ids[1:])]
    assert units(report(lake_of(tmp_path, events))) == [1, 0]


def test_covariates_and_segments_are_the_persons(tmp_path: Path) -> None:
    both = definition(metric(REVENUE, window_hours=48), fallback_attribute="x", segments=["device"])
    events: list[Event] = []
    for number in range(40):
        variant = "treatment" if number % 2 else "control"
        events += [
            exposure(f"a{number}", variant, attributes={"device": "phone"}),
            exposure(f"c{number}", variant, at=START + HOUR, attributes={"device": "desk"}),
            link(f"a{number}", f"c{number}"),
            conversion(f"c{number}", number, at=START - HOUR),
            conversion(f"c{number}", number + number % 3, at=START + 2 * HOUR),
        ]
    measured = measure(both, lake_of(tmp_path, events).view(), LATER)
    assert measured.exposed.segments == (("phone",),)
    summary = measured.metrics[0].summaries
    assert summary is not None
    assert summary[0].mean("covariate") == np.mean(range(0, 40, 2))


def test_a_person_is_a_bot_when_one_of_their_ids_is(tmp_path: Path) -> None:
    events = [exposure("a1", attributes={"bot": True}), exposure("c9"), link("a1", "c9"), exposure("u")]
    found = report(lake_of(tmp_path, events), replace(STICKY, bots=()))
    assert units(found) == [1, 0]
    assert found["health"]["bots"]["units"] == 1


def test_the_assignment_is_not_held_against_who_kept_another_ids_variant(tmp_path: Path) -> None:
    def by_hash(unit: str) -> str:
        return "control" if bucket_of("k:1", unit) < 5_000 else "treatment"

    events: list[Event] = []
    for number in range(600):
        events += [
            exposure(f"a{number}", by_hash(f"a{number}")),
            exposure(f"u{number}", by_hash(f"u{number}")),
        ]
        events += [exposure(f"c{number}", by_hash(f"a{number}")), link(f"a{number}", f"c{number}")]
    check = report(lake_of(tmp_path, events))["health"]["assignment"]
    assert (check["code"], check["units"], check["other_variant"]) == ("as_assigned", 600, 0)


def test_the_clock_of_looks_counts_an_id_that_was_known_for_a_persons_no_more(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [exposure("a1"), exposure("late")])
    hour = START + HOUR
    add(lake, [link("a1", "c9", hour), exposure("c9", at=hour), exposure("later", at=hour)], hour)
    add(lake, [link("late", "later", hour)], hour + HOUR)
    view = lake.view()
    with connection() as engine:
        clock = Information(engine, scope_of(STICKY, view, LATER), None)
    moments = [round(at.timestamp() * 1e6) for at in (START, hour, LATER)]
    assert clock.completed(moments) == [2, 3, 3], "and what has counted goes on counting"


def test_components_are_named_by_their_least_id() -> None:
    ends = np.array([[5, 7, 1, 9], [7, 3, 2, 9]])
    keys, firsts, sizes = components(*ends)
    assert keys.tolist() == [1, 2, 3, 5, 7, 9]
    assert firsts.tolist() == [1, 1, 3, 3, 3, 9]
    assert sizes.tolist() == [2, 2, 3, 3, 3, 1]


IDS = ["a", "b", "c", "d", "é€😀", "f", "x", "y"]
PAIRS = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=8)


def roots(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """By id: the one that stands for all of its person's, found one link at a time."""
    groups = [{unit} for unit in IDS]
    for one, other in pairs:
        left, right = (next(group for group in groups if end in group) for end in (one, other))
        if left is not right:
            groups.remove(right)
            left |= right
    return {unit: min(group) for group in groups for unit in group}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), PAIRS, st.randoms(use_true_random=False))
def test_persons_count_as_a_simple_model_says_whatever_the_history(
    history: list[list[Event] | None], pairs: list[tuple[str, str]], shuffled: Any
) -> None:
    root = roots(pairs)
    renamed = [
        batch and [msgspec.structs.replace(event, unit=root[event.unit]) for event in batch]
        for batch in history
    ]
    links = [link(one, other, START + number * HOUR) for number, (one, other) in enumerate(pairs)]
    with_links = list(history)
    for told in links * 2:
        with_links.insert(shuffled.randint(0, len(with_links)), [told])
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        form = test_histories.DEFINITION.form.model_copy(update={"fallback_attribute": "anonymousId"})
        patched.setattr(test_histories, "DEFINITION", replace(test_histories.DEFINITION, form=form))
        found = test_histories.reported(with_links, Path(folder))
    check_against(Model.of(renamed), found)
    json.dumps(found, allow_nan=False)
