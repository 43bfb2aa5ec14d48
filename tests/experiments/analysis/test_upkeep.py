"""The lake stays small: old days go, and files of quiet days are merged, without a row lost or doubled."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from experiments.analysis import parts
from experiments.analysis.lake import Lake
from experiments.analysis.retention import drop_before
from experiments.analysis.tidying import tidy
from tests.experiments.analysis.build import START, add, conversion, exposure, lake_of, link
from tests.experiments.analysis.test_lake import ids

DAY = timedelta(days=1)


def files(lake: Lake) -> Counter[tuple[str, str]]:
    """How many files each kind has of each day."""
    return Counter((part.kind, part.day) for part in lake.view().manifest.parts)


def late_events(lake: Lake, compactions: int, days: int, seed: int = 3) -> int:
    """So many compactions, each of a few events of any of the days; how many events that were."""
    chance, count = random.Random(seed), 0
    for _ in range(compactions):
        events = []
        for _ in range(chance.randint(1, 4)):
            make = exposure if chance.random() < 0.5 else conversion
            events.append(make(f"u{count}", id=f"e{count}", at=START + chance.randrange(days) * DAY))
            count += 1
        add(lake, events)
    return count


def test_whole_days_before_a_day_go_and_the_others_are_not_touched(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [exposure("a", at=START + day * DAY, id=f"e{day}") for day in range(5)])
    kept = {part.path for part in lake.view().manifest.parts if part.day >= "2026-11-04"}
    removed = drop_before(lake, "2026-11-04")
    assert (removed.rows, removed.files) == ({"exposures": 3}, 3)
    assert {part.path for part in lake.view().manifest.parts} == kept
    assert lake.view().manifest.removals == 1
    assert lake.view().manifest.exposures == {"k": 2}
    assert ids(lake) == Counter(e3=1, e4=1)


def test_a_copy_of_a_dropped_event_is_still_known(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [exposure("a", id="old"), exposure("a", id="new", at=START + DAY)])
    drop_before(lake, "2026-11-02")
    add(lake, [exposure("a", id="old", at=START + DAY)])
    assert ids(lake) == Counter(new=1)
    assert lake.view().manifest.duplicates == 1


def test_nothing_changes_where_nothing_is_that_old(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [exposure("a")])
    drop_before(lake, "2026-11-01")
    assert lake.view().manifest.generation == 1


def test_links_of_people_who_are_still_there_stay_however_they_are_tied(tmp_path: Path) -> None:
    lake = lake_of(
        tmp_path,
        [
            link("a", "b"),
            link("b", "c"),
            link("x", "y"),
            exposure("x"),
            exposure("c", at=START + 9 * DAY),
        ],
    )
    removed = drop_before(lake, "2026-11-05")
    assert removed.rows == {"exposures": 1, "links": 1}
    view = lake.view()
    with view.engine() as engine:
        left = engine.execute(f"SELECT unit, person FROM {view.source('links')} ORDER BY ALL").fetchall()
    assert left == [("a", "b"), ("b", "c")]
    drop_before(lake, "2026-11-05")
    assert lake.view().manifest.generation == view.manifest.generation


def test_quiet_days_have_at_most_two_files_of_a_kind_and_keep_every_row(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    count = late_events(lake, 60, 3)
    generations = _generations(lake)
    assert max(files(lake).values()) > 2
    fewer = tidy(lake, date(2026, 11, 3))
    assert fewer > 0
    assert all(number <= 2 for (_, day), number in files(lake).items() if day < "2026-11-03")
    assert any(number > 2 for (_, day), number in files(lake).items() if day == "2026-11-03")
    assert _generations(lake) == generations
    assert sum(ids(lake).values()) == count
    assert tidy(lake, date(2026, 11, 3)) == 0


def test_late_events_do_not_have_a_large_file_written_anew(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [exposure(f"u{number}", id=f"e{number}") for number in range(100)])
    large = lake.view().manifest.parts[0].path
    for number in range(3):
        add(lake, [exposure("late", id=f"l{number}")])
    tidy(lake)
    assert [part.rows for part in lake.view().manifest.parts] == [100, 3]
    assert lake.view().manifest.parts[0].path == large
    assert tidy(lake, whole=True) == 1
    assert [part.rows for part in lake.view().manifest.parts] == [103]


def _generations(lake: Lake) -> Counter[tuple[str, int]]:
    view = lake.view()
    with view.engine() as engine:
        found: Counter[tuple[str, int]] = Counter()
        for kind in ("exposures", "conversions"):
            found.update(engine.execute(f"SELECT id, generation FROM {view.source(kind)}").fetchall())
        return found


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_the_number_of_files_stays_bounded_over_a_thousand_small_compactions_of_many_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is on disk after a power loss is not asked here, and would take most of the time.
    for name in ("sync_file", "sync_folder"):
        monkeypatch.setattr(parts, name, lambda _path: None)
    lake, days = Lake(tmp_path / "lake"), 30
    count = late_events(lake, 1_000, days)
    found = files(lake)
    assert len(found) == 2 * days
    assert max(found.values()) < parts.FAN_IN
    tidy(lake)
    assert max(files(lake).values()) <= 2
    assert len(lake.view().manifest.runs) <= 16
    assert sum(ids(lake).values()) == count
