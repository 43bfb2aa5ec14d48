"""Whatever the history of repeats, late events and compactions, units count as a simple model says."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assignment.events import Conversion, Event, Exposure
from assignment.log import EventLog
from experiments.analysis.lake import Lake
from experiments.analysis.report import analyse
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    LATER,
    ORDERS,
    REVENUE,
    START,
    add,
    definition,
    metric,
    write_log,
)

WINDOW = 24
RATIO = {
    "key": "basket",
    "name": "Basket",
    "kind": "ratio",
    "numerator": {"event": "order", "field": "value"},
    "denominator": {"event": "order"},
    "window_hours": WINDOW,
}
DEFINITION = definition(
    metric(CONVERSION, window_hours=WINDOW),
    metric(ORDERS),
    metric(REVENUE, window_hours=WINDOW, cap={"value": 150}),
    metric(RATIO),
    metric(
        {
            "key": "back",
            "name": "Back",
            "kind": "retention",
            "event": "visit",
            "from_hours": 6,
            "to_hours": 12,
        }
    ),
    plan={"cuped": False},
    segments=["device"],
)
UNITS = st.sampled_from(["a", "b", "c", "d", "é€😀", "f"])
MOMENTS = st.integers(-30, 60).map(lambda hours: START + hours * HOUR)


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Events with ids from their places, so that equal ones can still be told apart."""
    made: list[Event] = []
    for place in range(draw(st.integers(0, 25))):
        unit, at = draw(UNITS), draw(MOMENTS)
        if draw(st.booleans()):
            variant = draw(st.sampled_from(["control", "control", "treatment", "treatment", "gone"]))
            device: dict[str, Any] = draw(st.sampled_from([{}, {"device": "phone"}, {"device": "desk"}]))
            made.append(Exposure(f"e{place}", unit, "k", variant, at, device))
        else:
            name = draw(st.sampled_from(["order", "order", "visit"]))
            value = draw(st.sampled_from([0.1, 0.2, 0.7, 100.0, -30.0, 1e8]))
            made.append(Conversion(f"e{place}", unit, name, at, value))
    return made


@st.composite
def histories(draw: st.DrawFn) -> list[list[Event] | None]:
    """Batches as they arrive, any event any number of times (at least once); `None` is a compaction."""
    whole = draw(events())
    arriving = draw(
        st.permutations([*whole, *draw(st.lists(st.sampled_from(whole), max_size=10))] if whole else [])
    )
    history: list[list[Event] | None] = []
    while arriving:
        size = draw(st.integers(max(1, len(arriving) // 3), len(arriving)))
        history.append(list(arriving[:size]))
        arriving = arriving[size:]
        if draw(st.booleans()):
            history.append(None)
    return history


@dataclass(slots=True)
class Model:
    """The same rules in plain Python, one unit at a time."""

    variants: dict[str, str]
    first: dict[str, datetime]
    device: dict[str, str]
    multiple: int
    rows: dict[str, dict[str, float]]

    @classmethod
    def of(cls, history: list[list[Event] | None]) -> Model:
        distinct = {event.id: event for batch in history if batch for event in batch}
        met: dict[str, list[Exposure]] = defaultdict(list)
        done: dict[str, list[Conversion]] = defaultdict(list)
        for event in distinct.values():
            if isinstance(event, Conversion):
                done[event.unit].append(event)
            elif isinstance(event, Exposure) and event.variant != "gone":
                met[event.unit].append(event)
        single = {unit: seen for unit, seen in met.items() if len({each.variant for each in seen}) == 1}
        first = {unit: min(seen, key=lambda each: (each.time, each.id)) for unit, seen in single.items()}
        return cls(
            {unit: each.variant for unit, each in first.items()},
            {unit: each.time for unit, each in first.items() if each.time},
            {unit: str(each.attributes.get("device", "(unknown)")) for unit, each in first.items()},
            len(met) - len(single),
            {unit: _outcomes(each, done[unit]) for unit, each in first.items()},
        )


def _outcomes(first: Exposure, done: list[Conversion]) -> dict[str, float]:
    assert first.time is not None
    ages = [(each, (each.time - first.time) / HOUR) for each in done if each.time]
    orders = [(each.value, age) for each, age in ages if each.name == "order" and age >= 0]
    inside = sorted(value for value, age in orders if age <= WINDOW)
    return {
        "conversion": float(bool(inside)),
        "orders": float(len(orders)),
        "revenue": min(float(sum(inside)), 150.0),
        "basket": float(sum(inside)),
        "back": float(any(each.name == "visit" and 6 <= age <= 12 for each, age in ages)),
    }


def reported(history: list[list[Event] | None], folder: Path) -> dict[str, Any]:
    """The report after all batches came through the log, compacted where the history says."""
    log, lake = EventLog(folder / "log"), Lake(folder / "lake")
    for batch in history:
        if batch is None:
            lake.compact(log.folder)
        else:
            write_log(log, batch)
    log.close()
    lake.compact(log.folder)
    return analyse(DEFINITION, lake.view(), LATER)


def check_against(model: Model, report: dict[str, Any]) -> None:
    assert report["health"]["multiple_exposure"]["units"] == model.multiple
    for arm in report["variants"]:
        assert arm["units"] == sum(variant == arm["key"] for variant in model.variants.values())
    for measured in report["metrics"]:
        for arm in measured["variants"]:
            units = [unit for unit, variant in model.variants.items() if variant == arm["variant"]]
            values = np.array([model.rows[unit][measured["metric"]] for unit in units])
            assert arm["units"] == len(values)
            np.testing.assert_allclose(arm["sum"], values.sum(), rtol=1e-12, atol=1e-12)
            if measured["kind"] != "ratio" and len(values) > 1:
                np.testing.assert_allclose(arm["mean"], values.mean(), rtol=1e-12, atol=1e-12)
                np.testing.assert_allclose(arm["std"], values.std(ddof=1), rtol=1e-9, atol=1e-9)
    for part in report["segments"]:
        units = [unit for unit, device in model.device.items() if device == part["value"]]
        assert part["units"] == len(units)
        for measured in part["metrics"]:
            for arm in measured["variants"]:
                values = np.array(
                    [model.rows[u][measured["metric"]] for u in units if model.variants[u] == arm["variant"]]
                )
                assert arm["units"] == len(values)
                np.testing.assert_allclose(arm["sum"], values.sum(), rtol=1e-12, atol=1e-12)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_units_count_as_the_model_says_whatever_the_history(history: list[list[Event] | None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_against(Model.of(history), reported(history, Path(folder)))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.randoms(use_true_random=False))
def test_the_report_is_equal_to_the_bit_in_whatever_order_the_events_came(
    history: list[list[Event] | None], shuffled: Any
) -> None:
    distinct = list({event.id: event for batch in history if batch for event in batch}.values())
    shuffled.shuffle(distinct)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first = reported(history, Path(one))
        lake = Lake(Path(other) / "lake")
        add(lake, distinct)
        second = analyse(DEFINITION, lake.view(), LATER)
    first.pop("id")
    second.pop("id")
    assert json.dumps(first, allow_nan=False) == json.dumps(second, allow_nan=False)
