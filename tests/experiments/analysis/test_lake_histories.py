"""Whatever comes in, is erased, dropped or merged in whatever order: the lake holds what a model says."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assignment.events import Conversion, Event, Exposure, Link
from experiments.analysis.erasure import erase
from experiments.analysis.lake import Lake
from experiments.analysis.retention import drop_before
from experiments.analysis.rows import microseconds
from experiments.analysis.tidying import tidy
from tests.experiments.analysis.build import START, add

DAYS, UNITS = 4, "abcdef"
DAY = timedelta(days=1)


@dataclass
class Model:
    """What ought to be there.

    Attributes:
        kept: Events by their id.
        known: Ids that came, whatever became of the events.
        erased: When units were erased last.
        first: Generation that brought each event.
    """

    kept: dict[str, Event] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    erased: dict[str, Any] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)

    def add(self, events: list[Event], generation: int) -> None:
        for event in events:
            if event.id in self.known:
                continue
            late = any(event.time <= self.erased[who] for who in _who(event) if who in self.erased)
            if not late:
                self.known.add(event.id)
                self.kept[event.id] = event
                self.first[event.id] = generation

    def erase(self, unit: str, at: Any) -> None:
        person = self._person({unit})
        self.kept = {key: event for key, event in self.kept.items() if person.isdisjoint(_who(event))}
        self.erased |= dict.fromkeys(person, at)

    def drop(self, day: Any) -> None:
        recent = {
            event.unit for event in self.kept.values() if event.time >= day and not isinstance(event, Link)
        }
        needed = self._person(recent)
        self.kept = {
            key: event
            for key, event in self.kept.items()
            if event.time >= day or (isinstance(event, Link) and event.unit in needed)
        }

    def _person(self, units: set[str]) -> set[str]:
        found, size = set(units), -1
        while size != len(found):
            size = len(found)
            for event in self.kept.values():
                if isinstance(event, Link) and not found.isdisjoint(_who(event)):
                    found |= _who(event)
        return found


def _who(event: Event) -> set[str]:
    return {event.unit, event.person} if isinstance(event, Link) else {event.unit}


@st.composite
def events(draw: Any) -> Event:
    unit = draw(st.sampled_from(UNITS))
    time = START + draw(st.integers(0, DAYS - 1)) * DAY + timedelta(minutes=draw(st.integers(0, 600)))
    kind = draw(st.sampled_from("eecccl"))
    ident = f"{kind}{draw(st.integers(0, 60))}"
    if kind == "e":
        return Exposure(ident, unit, "k", "control", time)
    if kind == "c":
        return Conversion(ident, unit, "order", time)
    person = draw(st.sampled_from([each for each in UNITS if each != unit]))
    return Link(unit, person, ident, time)


STEPS = st.one_of(
    st.tuples(st.just("add"), st.lists(events(), min_size=1, max_size=12)),
    st.tuples(st.just("add"), st.lists(events(), min_size=1, max_size=12)),
    st.tuples(st.just("erase"), st.tuples(st.sampled_from(UNITS), st.integers(0, DAYS))),
    st.tuples(st.just("drop"), st.integers(0, DAYS - 1)),
    st.tuples(st.just("tidy"), st.booleans()),
)


def held(lake: Lake, after: int | None = None) -> Counter[tuple[str, int]]:
    """Ids of the events with their generation."""
    view = lake.view()
    found: Counter[tuple[str, int]] = Counter()
    with view.engine() as engine:
        for kind in ("exposures", "conversions", "links"):
            found.update(engine.execute(f"SELECT id, generation FROM {view.source(kind, after)}").fetchall())
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=1, max_size=10), st.integers(0, 8))
def test_the_lake_holds_what_the_model_says(history: list[tuple[str, Any]], after: int) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        for what, detail in history:
            before = lake.view().manifest
            if what == "add":
                add(lake, detail)
                model.add(detail, before.generation + 1)
            elif what == "erase":
                at = START + detail[1] * DAY
                erase(lake, [detail[0]], microseconds(at))
                model.erase(detail[0], at)
            elif what == "drop":
                day = (START + detail * DAY).replace(hour=0)
                drop_before(lake, day.date().isoformat())
                model.drop(day)
            else:
                tidy(lake, whole=detail)
            manifest = lake.view().manifest
            expected = Counter({(key, model.first[key]): 1 for key in model.kept})
            assert held(lake) == expected
            assert held(lake, after) == Counter({each: 1 for each in expected if each[1] > after})
            assert sum(part.rows for part in manifest.parts) == len(model.kept)
            assert manifest.removals >= before.removals
            if what in ("add", "tidy"):
                assert manifest.removals == before.removals
            named = {part.path for part in manifest.parts}
            assert named <= {str(path.relative_to(lake.root)) for path in lake.root.rglob("*.parquet")}
