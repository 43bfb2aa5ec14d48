"""A person who is erased is in no file any more, and nobody else is touched."""

from __future__ import annotations

import threading
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assignment.errors import ProefwerkError
from assignment.events import Event
from assignment.log import EventLog, is_sealed, read_frames, segments
from experiments.analysis import persons
from experiments.analysis.erasure import erase, person_of
from experiments.analysis.lake import Lake
from experiments.analysis.rows import microseconds
from experiments.analysis.schema import KINDS
from experiments.analysis.scrubbing import scrub_files, scrub_log
from experiments.analysis.view import View
from tests.experiments.analysis.build import START, add, conversion, exposure, lake_of, link, write_log

DAY = timedelta(days=1)
NOW = START + 30 * DAY


def at() -> int:
    """The moment of the erasures."""
    return microseconds(NOW)


def units(lake: Lake) -> dict[str, list[str]]:
    """Who is in the lake, by kind."""
    view = lake.view()
    with view.engine() as engine:
        return {
            kind: [
                row[0]
                for row in engine.execute(f"SELECT unit FROM {view.source(kind)} ORDER BY 1").fetchall()
            ]
            for kind in KINDS
        }


def holding(folder: Path, *ids: str) -> list[str]:
    """Files under a folder with any of the ids in their bytes, or in the columns of a Parquet file."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if path.suffix == ".parquet":
            data += repr(pq.ParquetFile(path).read().to_pylist()).encode()
        if any(each.encode() in data for each in ids):
            found.append(str(path.relative_to(folder)))
    return found


def shop(folder: Path) -> Lake:
    """Three days; `anna` was there on the first as `cookie-1`, and on the third."""
    lake = lake_of(
        folder,
        [
            exposure("cookie-1", attributes={"bot": True, "device": "phone"}),
            link("cookie-1", "anna", at=START + DAY),
            exposure("berta"),
            conversion("berta"),
            conversion("anna", at=START + 2 * DAY),
            conversion("berta", at=START + 2 * DAY),
            conversion("berta", at=START + DAY),
            exposure("berta", at=START + 2 * DAY),
        ],
    )
    assert holding(folder, "anna", "cookie-1")
    return lake


def test_an_erasure_finds_all_ids_of_the_person_and_leaves_no_byte_of_them(tmp_path: Path) -> None:
    lake = shop(tmp_path)
    found = erase(lake, ["anna"], at())
    assert found.person.ids == ("anna", "cookie-1")
    assert found.removed.rows == {"exposures": 1, "conversions": 1, "links": 1, "bots": 1}
    assert holding(tmp_path, "anna", "cookie-1") == []
    assert units(lake) == {
        "exposures": ["berta", "berta"],
        "conversions": ["berta", "berta", "berta"],
        "links": [],
        "bots": [],
    }
    manifest = lake.view().manifest
    assert manifest.removals == 1
    assert manifest.exposures == {"k": 2}
    assert manifest.conversions == {"order": 3}


def test_only_files_that_hold_the_person_are_written_anew(tmp_path: Path) -> None:
    lake = shop(tmp_path)
    before = {part.path: part for part in lake.view().manifest.parts}
    found = erase(lake, ["anna"], at())
    after = {part.path for part in lake.view().manifest.parts}
    gone = {(before[path].kind, before[path].day) for path in before.keys() - after}
    assert gone == {
        ("exposures", "2026-11-01"),
        ("bots", "2026-11-01"),
        ("links", "2026-11-02"),
        ("conversions", "2026-11-03"),
    }
    assert found.removed.files == 4
    assert {(part.kind, part.day) for part in lake.view().manifest.parts if part.path not in before} == {
        ("exposures", "2026-11-01"),
        ("conversions", "2026-11-03"),
    }
    assert all((lake.root / path).is_file() for path in after)
    assert not any((lake.root / path).exists() for path in before.keys() - after)


def test_files_kept_for_readers_of_older_states_go_too(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for number in range(8):
        add(lake, [exposure("anna", id=f"e{number}"), exposure("berta", id=f"f{number}")])
    assert lake.view().manifest.retired
    erase(lake, ["anna"], at())
    assert holding(tmp_path, "anna") == []


def test_an_erasure_that_died_before_old_files_were_removed_leaves_that_to_the_next_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = shop(tmp_path)
    deleted = lake.store.delete

    def die_later(paths: Collection[str]) -> None:
        if paths:
            raise OSError("killed")

    monkeypatch.setattr(lake.store, "delete", die_later)
    with pytest.raises(OSError, match="killed"):
        erase(lake, ["anna"], at())
    assert holding(tmp_path, "anna")
    monkeypatch.setattr(lake.store, "delete", deleted)
    add(lake, [exposure("berta")])
    assert holding(tmp_path, "anna", "cookie-1") == []


def test_linked_ids_stay_where_only_one_is_to_be_erased(tmp_path: Path) -> None:
    lake = shop(tmp_path)
    assert erase(lake, ["anna"], at(), alone=True).person.ids == ("anna",)
    assert holding(tmp_path, "anna") == []
    assert units(lake)["exposures"] == ["berta", "berta", "cookie-1"]


def test_ids_that_a_till_ties_together_are_not_taken_for_one_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.analysis.erasure.MOST_IDS", 5)
    assert persons.MOST_IDS == 100
    lake = lake_of(tmp_path, [link(f"c{number}", "till") for number in range(10)])
    with pytest.raises(ProefwerkError, match="Links tie these ids to 10 others, more than the 5"):
        erase(lake, ["c1"], at())
    assert len(units(lake)["links"]) == 10
    erase(lake, ["c1"], at(), alone=True)
    assert len(units(lake)["links"]) == 9


def test_late_and_replayed_copies_stay_out_and_what_is_new_counts(tmp_path: Path) -> None:
    lake = shop(tmp_path)
    erase(lake, ["anna"], at())
    before = lake.view().manifest.exposures
    late: list[Event] = [
        exposure("anna", at=START + DAY),
        conversion("cookie-1", at=START + 5 * DAY),
        link("cookie-2", "anna", at=NOW),
    ]
    add(lake, late, NOW + DAY)
    assert holding(tmp_path, "anna", "cookie-1", "cookie-2") == []
    assert lake.view().manifest.exposures == before
    add(lake, [exposure("anna", at=NOW + DAY), *late], NOW + DAY)
    assert units(lake)["exposures"] == ["anna", "berta", "berta"]


def test_a_person_whom_nobody_knows_changes_no_file(tmp_path: Path) -> None:
    lake = shop(tmp_path)
    parts = lake.view().manifest.parts
    found = erase(lake, ["nobody"], at())
    assert (found.removed.rows, found.removed.files) == ({}, 0)
    assert lake.view().manifest.parts == parts
    assert lake.view().manifest.removals == 0


def test_ids_with_signs_of_sql_and_json_are_erased_too(tmp_path: Path) -> None:
    name = 'o\'neil \\ "é" 😀'
    lake = lake_of(tmp_path, [exposure(name), exposure("berta"), link("b", name)])
    found = erase(lake, [name], at())
    assert found.person.ids == tuple(sorted((name, "b")))
    assert units(lake)["exposures"] == ["berta"]


def test_the_taken_over_part_of_a_segment_at_work_is_blanked_and_the_rest_counts(tmp_path: Path) -> None:
    log, lake = EventLog(tmp_path / "log"), Lake(tmp_path / "lake")
    name = 'anna "é"'
    write_log(log, [exposure("berta", id="1")])
    write_log(log, [exposure(name, id="2"), exposure("berta", id="3")])
    lake.compact(log.folder)
    write_log(log, [exposure("berta", id="4")])
    ids = person_of(lake.view(), [name]).ids
    erase(lake, ids, at())
    (path,) = segments(log.folder)
    size = path.stat().st_size
    assert not is_sealed(path)
    assert scrub_log(log.folder, lake.view().manifest.consumed, ids) == 1
    assert path.stat().st_size == size
    assert "anna" not in path.read_bytes().decode(errors="replace")
    assert len(list(read_frames(path))) == 3
    write_log(log, [exposure("berta", id="5")])
    log.close()
    lake.compact(log.folder)
    assert units(lake)["exposures"] == ["berta"] * 4
    assert lake.view().manifest.damaged == 0


def test_quarantined_records_of_the_person_go_and_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "quarantine"
    folder.mkdir()
    (folder / "one").write_bytes(b'........[{"unit":"anna","type":"nothing"}]')
    (folder / "two").write_bytes(b'........[{"unit":"berta","type":"nothing"}]')
    assert scrub_files(folder, ["anna"]) == 1
    assert [path.name for path in folder.iterdir()] == ["two"]
    assert scrub_files(tmp_path / "absent", ["anna"]) == 0


def test_readers_at_work_begin_again_with_the_newest_state(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    add(lake, [exposure(f"u{number}", id=f"e{number}") for number in range(50)])
    done, answers, failures = threading.Event(), [], []

    def count(view: View) -> int:
        with view.engine() as engine:
            source = view.source("exposures")
            done.wait(0.005)
            rows = engine.execute(f"SELECT count(*) FROM {source}").fetchall()
            return int(rows[0][0])

    def read() -> None:
        try:
            while not done.is_set():
                answers.append(lake.read(count))
        except BaseException as error:  # noqa: BLE001 - the test's own thread must report whatever it was
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(20):
        erase(lake, [f"u{number}"], at())
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert min(answers) >= 30
    assert max(answers) <= 50
    assert lake.read(count) == 30


def test_what_fails_for_another_reason_is_not_tried_again(tmp_path: Path) -> None:
    lake, tried = shop(tmp_path), []

    def fail(_view: View) -> None:
        tried.append(1)
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space left"):
        lake.read(fail)
    assert tried == [1]
