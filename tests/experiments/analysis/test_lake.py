"""The lake holds every acknowledged event once, through repeats, torn logs and crashes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from assignment.events import Event, encode_payload
from assignment.log import EventLog, segments
from experiments.analysis import known_ids, manifest, parts
from experiments.analysis import lake as lake_module
from experiments.analysis.engine import key_of
from experiments.analysis.lake import Added, Lake
from experiments.analysis.schema import COLUMNS, KINDS, SCHEMA
from tests.experiments.analysis.build import START, add, conversion, exposure, lake_of, link, write_log


def ids(lake: Lake) -> Counter[str]:
    """How often each event id lies in the lake's files."""
    view = lake.view()
    paths = [str(path) for kind in KINDS for path in view.paths(kind)]
    if not paths:
        return Counter()
    with duckdb.connect() as engine:
        rows = engine.execute("SELECT id FROM read_parquet($1, union_by_name = true)", [paths]).fetchall()
    return Counter(row[0] for row in rows)


def some(count: int, first: int = 0) -> list[Event]:
    """Exposures and orders by turns, with ids from their numbers."""
    made: list[Event] = []
    for number in range(first, first + count):
        make = exposure if number % 2 else conversion
        made.append(make(f"u{number}", id=f"e{number}"))
    return made


def once(count: int) -> Counter[str]:
    return Counter({f"e{number}": 1 for number in range(count)})


def test_an_event_that_comes_again_counts_once_however_late(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, some(10))
    rows_later = [conversion("u0", id="e0", at=START + timedelta(days=200)), *some(4, 8)]
    add(lake, rows_later, START + timedelta(days=200))
    assert ids(lake) == once(12)
    assert lake.view().manifest.duplicates == 3


def test_an_id_counts_once_even_when_an_exposure_and_an_order_share_it(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [exposure("a", id="same"), conversion("a", id="same")])
    assert ids(lake) == Counter(same=1)


def test_compaction_takes_over_what_is_being_written_and_removes_only_sealed_segments(tmp_path: Path) -> None:
    log, lake = EventLog(tmp_path / "log"), Lake(tmp_path / "lake")
    write_log(log, some(3))
    assert lake.compact(log.folder) == Added(exposures=1, conversions=2)
    assert len(segments(log.folder)) == 1
    write_log(log, some(3, 3))
    assert lake.compact(log.folder) == Added(exposures=2, conversions=1)
    log.close()
    assert lake.compact(log.folder) == Added()
    assert segments(log.folder) == []
    assert ids(lake) == once(6)


def test_a_torn_record_at_the_end_of_a_dead_writers_segment_is_left_out(tmp_path: Path) -> None:
    log, lake = EventLog(tmp_path / "log"), Lake(tmp_path / "lake")
    write_log(log, some(3))
    log.close()
    with segments(log.folder)[0].open("ab") as file:
        file.write(b"\x50\x00\x00\x00\x00")
    assert lake.compact(log.folder) == Added(exposures=1, conversions=2)
    assert segments(log.folder) == []


def test_a_damaged_record_is_set_aside_and_its_neighbours_count(tmp_path: Path) -> None:
    log, lake = EventLog(tmp_path / "log"), Lake(tmp_path / "lake")
    write_log(log, some(2))
    log.append(encode_payload(START, b'[{"type":"nothing"}]'))
    write_log(log, some(2, 2))
    log.close()
    assert lake.compact(log.folder) == Added(exposures=2, conversions=2, damaged=1)
    assert len(list((lake.root / "quarantine").iterdir())) == 1
    assert ids(lake) == once(4)


def test_a_backlog_larger_than_a_batch_is_taken_over_in_several_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_module, "BATCH_EVENTS", 5)
    lake = Lake(tmp_path / "lake")
    for worker in range(3):
        log = EventLog(tmp_path / "log")
        for number in range(4):
            write_log(log, some(2, worker * 8 + number * 2))
        if worker != 1:
            log.close()
    lake.compact(tmp_path / "log")
    assert ids(lake) == once(24)
    assert len(segments(tmp_path / "log")) == 1


def test_many_small_compactions_leave_few_files(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for number in range(20):
        add(lake, some(2, number * 2))
    assert len(lake.view().manifest.parts) <= 2 * 2 * parts.FAN_IN
    assert len(lake.view().manifest.runs) <= 8
    assert ids(lake) == once(40)


def test_a_reader_of_an_older_state_still_finds_its_files(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for number in range(7):
        add(lake, some(2, number * 2))
    old = lake.view()
    add(lake, some(2, 14))
    assert all(path.is_file() for kind in KINDS for path in old.paths(kind))
    assert {path.name for path in old.paths("exposures")} != {
        path.name for path in lake.view().paths("exposures")
    }


def test_replaced_files_go_once_nobody_can_read_them_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path / "lake")
    for number in range(8):
        add(lake, some(2, number * 2))
    monkeypatch.setattr(lake_module, "GRACE_SECONDS", 0.0)
    add(lake, some(2, 16))
    named = {part.path for part in lake.view().manifest.parts}
    found = {str(path.relative_to(lake.root)) for path in lake.root.rglob("*.parquet")}
    assert found == named


@pytest.mark.parametrize("step", ["parts.write", "known_ids.extended", "manifest.store"])
def test_a_failure_before_the_manifest_leaves_the_lake_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    log, lake = EventLog(tmp_path / "log"), lake_of(tmp_path, some(4))
    write_log(log, some(6, 2))
    log.close()
    module_name, name = step.split(".")
    module = {"parts": parts, "known_ids": known_ids, "manifest": manifest}[module_name]
    real = getattr(module, name)

    def fails_after(*arguments: object, **more: object) -> object:
        if step != "manifest.store":
            real(*arguments, **more)
        raise OSError("no space left on device")

    monkeypatch.setattr(module, name, fails_after)
    with pytest.raises(OSError, match="no space left"):
        lake.compact(log.folder)
    assert ids(lake) == once(4)
    assert len(segments(log.folder)) == 1
    monkeypatch.undo()
    assert lake.compact(log.folder) == Added(exposures=2, conversions=2, duplicates=2)
    assert ids(lake) == once(8)
    named = {part.path for part in lake.view().manifest.parts}
    assert {str(path.relative_to(lake.root)) for path in lake.root.rglob("*.parquet")} == named


_DIES = """
import os, sys
from pathlib import Path
from experiments.analysis import manifest
from experiments.analysis.lake import Lake
manifest.store = lambda root, following: os.kill(os.getpid(), 9)
Lake(Path(sys.argv[1])).compact(Path(sys.argv[2]))
"""


def test_a_compaction_killed_before_its_manifest_is_done_again(tmp_path: Path) -> None:
    log, lake = EventLog(tmp_path / "log"), lake_of(tmp_path, some(4))
    write_log(log, some(4, 4))
    log.close()
    command = [sys.executable, "-c", _DIES, str(lake.root), str(log.folder)]
    killed = subprocess.run(command, check=False, env={**os.environ})
    assert killed.returncode == -9
    assert ids(lake) == once(4)
    Lake(lake.root).compact(log.folder)
    assert ids(lake) == once(8)


def test_files_that_another_process_left_are_swept_by_one_that_runs_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_of(tmp_path, some(4))
    left = lake.root / "exposures" / "left.parquet"
    left.write_bytes(b"")
    add(lake, some(2, 4))
    assert left.exists()
    monkeypatch.setattr(lake_module, "SWEEP_SECONDS", 0.0)
    add(lake, some(2, 6))
    assert not left.exists()
    assert ids(lake) == once(8)


def test_several_compactions_at_once_count_each_event_once(tmp_path: Path) -> None:
    log, root = EventLog(tmp_path / "log"), tmp_path / "lake"
    failures: list[BaseException] = []

    def compact() -> None:
        try:
            for _ in range(5):
                Lake(root).compact(log.folder)
        except BaseException as error:  # noqa: BLE001 - the test's own thread must report whatever it was
            failures.append(error)

    threads = [threading.Thread(target=compact) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(20):
        write_log(log, some(2, number * 2))
    for thread in threads:
        thread.join()
    log.close()
    Lake(root).compact(log.folder)
    assert failures == []
    assert ids(Lake(root)) == once(40)


def test_a_lake_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"schema": 99}')
    with pytest.raises(manifest.LakeFormatError, match="schema 99"):
        Lake(tmp_path).view()


def test_links_lie_by_day_with_the_keys_of_both_ids_each_once(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [link("a1", "c9"), exposure("a1"), link("a1", "c9")])
    add(lake, [link("a1", "c9", START + timedelta(days=3)), link("a2", "c9", START + timedelta(days=3))])
    view = lake.view()
    assert view.manifest.duplicates == 2
    assert [part.day for part in view.manifest.parts if part.kind == "links"] == ["2026-11-01", "2026-11-04"]
    with duckdb.connect() as engine:
        rows = engine.execute(
            f"SELECT unit, person, unit_key = {key_of('unit')}, person_key = {key_of('person')} "
            "FROM read_parquet($1) ORDER BY unit",
            [[str(path) for path in view.paths("links")]],
        ).fetchall()
    assert rows == [("a1", "c9", True, True), ("a2", "c9", True, True)]


def test_many_files_of_links_are_merged_into_one(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [])
    for number in range(parts.FAN_IN):
        add(lake, [link(f"a{number}", "c9")])
    assert [part.rows for part in lake.view().manifest.parts] == [parts.FAN_IN]


def old_lake(root: Path) -> None:
    """A lake as the first version of the format had it: without the columns that came later."""
    lake = lake_of(root, [exposure("a", id="old-1"), exposure("b", id="old-2"), conversion("a", id="old-3")])
    view = lake.view()
    old = []
    with duckdb.connect() as engine:
        for part in view.manifest.parts:
            path = lake.root / part.path
            source = f"read_parquet('{path}', hive_partitioning = false)"
            columns = f"* EXCLUDE ({lacking(part.kind)})"
            engine.execute(f"CREATE OR REPLACE TABLE rows AS SELECT {columns} FROM {source}")
            engine.execute(f"COPY rows TO '{path}' (FORMAT parquet)")
            old.append({key: getattr(part, key) for key in ("path", "kind", "day", "rows", "last_received")})
    document = json.loads((lake.root / manifest.NAME).read_bytes())
    del document["removals"], document["erased"]
    document |= {"schema": 1, "parts": old, "generation": 7}
    (lake.root / manifest.NAME).write_text(json.dumps(document))


def lacking(kind: str) -> str:
    """The columns of a kind that the first version of the format lacks."""
    return ", ".join(name for name, column in COLUMNS[kind].items() if column.since > 1)


def rows(lake: Lake, kind: str, columns: str, after: int | None = None) -> list[tuple[object, ...]]:
    """What a view of the lake reads."""
    view = lake.view()
    with view.engine() as engine:
        return engine.execute(f"SELECT {columns} FROM {view.source(kind, after)} ORDER BY ALL").fetchall()


def test_a_lake_of_the_first_format_is_read_and_written_on_without_migration(tmp_path: Path) -> None:
    old_lake(tmp_path)
    lake = Lake(tmp_path / "lake")
    assert rows(lake, "exposures", "id, version, generation") == [("old-1", None, 0), ("old-2", None, 0)]
    add(lake, [exposure("a", id="old-1"), exposure("c", id="new-1")])
    assert rows(lake, "exposures", "id, generation") == [("new-1", 8), ("old-1", 0), ("old-2", 0)]
    assert rows(lake, "conversions", "id, value, generation") == [("old-3", 1.0, 0)]
    for number in range(parts.FAN_IN):
        add(lake, [exposure("d", id=f"more-{number}")])
    assert {part.schema for part in lake.view().manifest.parts if part.kind == "exposures"} == {SCHEMA}
    assert len(rows(lake, "exposures", "id")) == 3 + parts.FAN_IN


def test_a_row_keeps_the_generation_that_brought_it_when_its_file_is_merged(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for number in range(1, 12):
        add(lake, [exposure(f"u{number}", id=f"e{number:02}")])
    expected = [(f"e{number:02}", number) for number in range(1, 12)]
    assert rows(lake, "exposures", "id, generation") == expected
    assert [part.rows for part in lake.view().manifest.parts] == [8, 1, 1, 1]
    merged = lake.view().manifest.parts[0]
    assert (merged.first_generation, merged.last_generation) == (1, 8)


@pytest.mark.parametrize("after", [0, 3, 8, 10, 11])
def test_a_reader_gets_only_rows_of_later_generations_from_files_that_hold_some(
    tmp_path: Path, after: int
) -> None:
    lake = Lake(tmp_path / "lake")
    for number in range(1, 12):
        add(lake, [exposure(f"u{number}", id=f"e{number:02}")])
    assert rows(lake, "exposures", "generation", after) == [(number,) for number in range(after + 1, 12)]
    named = sum(part.path in lake.view().source("exposures", after) for part in lake.view().manifest.parts)
    assert named == (4 if after < 8 else 11 - after)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_without_files_reads_as_no_rows_with_every_column_and_its_type(
    tmp_path: Path, kind: str
) -> None:
    lake = Lake(tmp_path / "lake")
    empty = lake.view()
    everything = [exposure("a"), conversion("a"), link("a", "b"), exposure("bot", attributes={"bot": True})]
    add(lake, everything)
    full = lake.view()
    assert full.has(kind)
    described = []
    with full.engine() as engine:
        for view in (empty, full):
            told = engine.execute(f"DESCRIBE SELECT * FROM {view.source(kind)}").fetchall()
            described.append([(row[0], row[1]) for row in told])
    assert described[0] == described[1]
    assert [name for name, _ in described[0]] == list(COLUMNS[kind])
