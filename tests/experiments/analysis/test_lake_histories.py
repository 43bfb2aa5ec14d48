"""Whatever comes in, is erased, dropped or merged in whatever order: the lake holds what a model says."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

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


def event(chance: random.Random) -> Event:
    """An event of anybody at any time; half of its possible ids come several times in a history."""
    unit, kind = chance.choice(UNITS), chance.choice("eecccl")
    time = START + chance.randrange(DAYS) * DAY + timedelta(minutes=chance.randrange(600))
    ident = f"{kind}{chance.randrange(120)}"
    if kind == "e":
        return Exposure(ident, unit, "k", "control", time)
    if kind == "c":
        return Conversion(ident, unit, "order", time)
    return Link(unit, chance.choice([each for each in UNITS if each != unit]), ident, time)


def held(lake: Lake, after: int | None = None) -> Counter[tuple[str, int]]:
    """Ids of the events with their generation."""
    view = lake.view()
    found: Counter[tuple[str, int]] = Counter()
    with view.engine() as engine:
        for kind in ("exposures", "conversions", "links"):
            found.update(engine.execute(f"SELECT id, generation FROM {view.source(kind, after)}").fetchall())
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_lake_holds_what_the_model_says(seed: int, tmp_path: Path) -> None:
    chance, model, lake = random.Random(seed), Model(), Lake(tmp_path)
    after = 0
    for _ in range(16):
        what = chance.choice(["add", "add", "add", "erase", "drop", "tidy"])
        before = lake.view().manifest
        if what == "add":
            events = [event(chance) for _ in range(chance.randint(1, 12))]
            add(lake, events)
            model.add(events, before.generation + 1)
        elif what == "erase":
            unit, at = chance.choice(UNITS), START + chance.randint(1, DAYS) * DAY
            erase(lake, [unit], microseconds(at))
            model.erase(unit, at)
        elif what == "drop":
            day = (START + chance.randrange(DAYS) * DAY).replace(hour=0)
            drop_before(lake, day.date().isoformat())
            model.drop(day)
        else:
            tidy(lake, whole=chance.random() < 0.5)
        manifest = lake.view().manifest
        expected = Counter({(key, model.first[key]): 1 for key in model.kept})
        assert held(lake) == expected
        assert held(lake, after) == Counter({each: 1 for each in expected if each[1] > after})
        assert sum(part.rows for part in manifest.parts) == len(model.kept)
        removed = what in ("erase", "drop") and len(held(lake)) < sum(part.rows for part in before.parts)
        assert manifest.removals == before.removals + removed
        after = chance.randint(0, manifest.generation)
    named = {part.path for part in lake.view().manifest.parts}
    assert named <= {str(path.relative_to(lake.root)) for path in lake.root.rglob("*.parquet")}
