"""A lake in an object store loses and doubles nothing, whoever else writes and whatever the store answers."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from assignment.errors import ProefwerkError
from assignment.log import EventLog, segments
from experiments.analysis import lake as lake_module
from experiments.analysis import object_store
from experiments.analysis.erasure import erase
from experiments.analysis.lake import Added, Lake
from experiments.analysis.object_store import ObjectStore, open_s3
from experiments.analysis.rows import Rows
from experiments.analysis.schema import KINDS
from tests.experiments.analysis.build import START, add, conversion, exposure, write_log
from tests.experiments.analysis.test_erasure import holding
from tests.experiments.analysis.test_lake import once, some
from tests.object_store import HANG_SECONDS, Door, Fault, new_bucket, running_s3, stores_behind_a_door


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_s3() as endpoint:
        yield endpoint


@pytest.fixture
def door(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """The server, behind a door; every store that is opened goes through it."""
    with stores_behind_a_door(server, monkeypatch, retry_seconds=5) as door:
        yield door


@pytest.fixture
def url(server: str, door: Door) -> str:
    return f"s3://{new_bucket(server)}/shop/lake"


def machine(url: str, folder: Path, cache_bytes: int = 10**9) -> Lake:
    """The lake as one machine sees it, with a cache of its own."""
    return Lake(ObjectStore(url, open_s3(url), folder / "cache", folder / "quarantine", cache_bytes))


def ids(lake: Lake) -> Counter[str]:
    """How often each event id is read."""
    view = lake.view()
    found: Counter[str] = Counter()
    with view.engine() as engine:
        for kind in KINDS:
            found.update(row[0] for row in engine.execute(f"SELECT id FROM {view.source(kind)}").fetchall())
    return found


def stored(lake: Lake) -> set[str]:
    """What lies in the bucket but for the manifest."""
    assert isinstance(lake.store, ObjectStore)
    return {item["path"] for batch in lake.store._objects.list() for item in batch} - {"manifest.json"}


def named(lake: Lake) -> set[str]:
    return lake.view().manifest.readable()


def test_what_one_machine_takes_over_another_reads_and_knows(url: str, tmp_path: Path) -> None:
    one, other = machine(url, tmp_path / "one"), machine(url, tmp_path / "other")
    log = EventLog(tmp_path / "log")
    write_log(log, some(10))
    log.close()
    assert one.compact(log.folder) == Added(exposures=5, conversions=5)
    assert segments(log.folder) == []
    assert ids(other) == once(10)
    add(other, some(6, 8))
    assert ids(one) == once(14)
    assert one.view().manifest.duplicates == 2
    assert stored(one) == named(one)


def test_each_file_is_fetched_once(url: str, door: Door, tmp_path: Path) -> None:
    add(machine(url, tmp_path / "one"), some(10))
    reader = machine(url, tmp_path / "other")
    door.seen.clear()
    for _ in range(3):
        assert ids(reader) == once(10)
    fetched = Counter(path for method, path in door.seen if method == "GET" and path.endswith(".parquet"))
    assert len(fetched) == 2
    assert set(fetched.values()) == {1}


def test_machines_that_write_at_once_lose_and_double_nothing(url: str, tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def write(worker: int) -> None:
        try:
            lake = machine(url, tmp_path / str(worker))
            for number in range(4):
                # Half of it is what another worker writes too.
                add(lake, some(8, (worker * 4 + number) * 4))
        except BaseException as error:  # noqa: BLE001 - the test's own thread must report whatever it was
            failures.append(error)

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    lake = machine(url, tmp_path / "reader")
    assert ids(lake) == once(52)
    manifest = lake.view().manifest
    assert manifest.generation == 12
    assert sum(part.rows for part in manifest.parts) == 52
    assert sum(run.rows for run in manifest.runs) == 52
    assert stored(lake) == named(lake)


def test_a_reader_sees_whole_changes_only(url: str, tmp_path: Path) -> None:
    writer, reader = machine(url, tmp_path / "one"), machine(url, tmp_path / "other")
    done = threading.Event()

    def write() -> None:
        for number in range(10):
            add(writer, some(10, number * 10))
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    sizes = []
    while not done.is_set():
        view = reader.view()
        with view.engine() as engine:
            counts = [
                engine.execute(f"SELECT count(*) FROM {view.source(kind)}").fetchall()[0][0]
                for kind in ("exposures", "conversions")
            ]
        assert counts[0] == counts[1]
        sizes.append(sum(counts))
    thread.join()
    assert all(size % 10 == 0 for size in sizes)
    assert sizes == sorted(sizes)


def test_an_erasure_reaches_the_bucket_and_the_caches_of_other_machines(url: str, tmp_path: Path) -> None:
    one, other = machine(url, tmp_path / "one"), machine(url, tmp_path / "other")
    add(one, [exposure("anna", id="e0"), exposure("berta", id="e1")])
    assert ids(other) == once(2)
    assert holding(tmp_path, "anna")
    erase(one, ["anna"], 2**60)
    assert ids(other) == Counter({"e1": 1})
    assert holding(tmp_path, "anna") == []
    assert stored(one) == named(one)


def test_a_store_that_errs_now_and_then_loses_and_doubles_nothing(
    url: str, door: Door, tmp_path: Path
) -> None:
    chance, lake = random.Random(5), machine(url, tmp_path)
    door.fault = lambda _method, _path: chance.choice(["refuse", "lose", None, None, None, None])
    for number in range(6):
        add(lake, some(4, number * 4))
    door.fault = lambda _method, _path: None
    assert ids(machine(url, tmp_path / "other")) == once(24)
    assert lake.view().manifest.duplicates == 0
    assert lake.view().manifest.generation == 6


def once_at_the_manifest(fault: str) -> Fault:
    """A fault that befalls the first manifest that is put."""
    left = [fault]

    def befall(method: str, path: str) -> str | None:
        return left.pop() if left and method == "PUT" and path.endswith("manifest.json") else None

    return befall


def test_a_manifest_whose_answer_was_lost_counts_as_published(url: str, door: Door, tmp_path: Path) -> None:
    lake = machine(url, tmp_path)
    add(lake, some(2))
    door.fault = once_at_the_manifest("lose")
    add(lake, some(2, 2))
    assert door.fault("PUT", "manifest.json") is None
    assert lake.view().manifest.generation == 2
    assert ids(lake) == once(4)


def test_a_manifest_whose_answer_was_lost_keeps_its_files_when_another_writer_went_on_from_it(
    url: str, door: Door, tmp_path: Path
) -> None:
    lake, other = machine(url, tmp_path / "one"), machine(url, tmp_path / "other")
    add(lake, some(2))
    lost, tried = once_at_the_manifest("lose"), []

    def go_on(method: str, path: str) -> str | None:
        fault = lost(method, path)
        if method == "PUT" and path.endswith("manifest.json"):
            tried.append(path)
            if len(tried) == 2:
                # Before its writer's second attempt is handed on.
                door.fault = lambda _method, _path: None
                add(other, some(2, 4))
        return fault

    door.fault = go_on
    add(lake, some(2, 2))
    assert len(tried) == 2
    assert ids(machine(url, tmp_path / "reader")) == once(6)
    assert stored(lake) == named(lake)


def test_a_manifest_that_arrives_after_its_writer_gave_up_counts_once(
    url: str, door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_store, "TIMEOUT", timedelta(seconds=1))
    lake, log = machine(url, tmp_path), EventLog(tmp_path / "log")
    add(lake, some(2))
    write_log(log, some(2, 2))
    log.close()
    door.fault = once_at_the_manifest("hang")
    with pytest.raises(ProefwerkError, match=r"^The object store of \S+ cannot be used now: .*$"):
        lake.compact(log.folder)
    time.sleep(HANG_SECONDS)
    lake.compact(log.folder)
    assert ids(lake) == once(4)
    assert segments(log.folder) == []
    assert stored(lake) == named(lake)


def refusing(part: str) -> Fault:
    """A fault of everything whose path ends like this."""
    return lambda _method, path: "refuse" if path.endswith(part) else None


def test_a_store_that_is_away_is_told_in_a_sentence_and_nothing_is_lost(
    url: str, door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_store, "RETRY_SECONDS", 1)
    lake, log = machine(url, tmp_path), EventLog(tmp_path / "log")
    add(lake, some(4))
    write_log(log, some(4, 4))
    log.close()
    for part in ("manifest.json", ".parquet", ".u64"):
        door.fault = refusing(part)
        with pytest.raises(
            ProefwerkError, match=r"^The object store of s3://\S+ cannot be used now: .*503"
        ) as told:
            lake.compact(log.folder)
        assert told.value.status == 503
        assert "\n" not in told.value.detail
        assert len(segments(log.folder)) == 1
    door.fault = lambda _method, _path: None
    assert lake.compact(log.folder) == Added(exposures=2, conversions=2)
    assert ids(lake) == once(8)


def test_a_bucket_that_is_not_there_is_named(url: str, tmp_path: Path) -> None:
    lake = machine("s3://no-such-bucket/lake", tmp_path)
    with pytest.raises(ProefwerkError, match=r"^The bucket of s3://no-such-bucket/lake does not exist\.$"):
        lake.view()


def test_a_store_that_ignores_conditions_is_refused(url: str, door: Door, tmp_path: Path) -> None:
    door.without = frozenset({"if-none-match", "if-match"})
    with pytest.raises(ProefwerkError, match="ignores If-None-Match"):
        add(machine(url, tmp_path), some(2))


_DIES = """
import os, sys
from pathlib import Path
from experiments.analysis.object_store import ObjectStore
from tests.experiments.analysis.build import add
from tests.experiments.analysis.test_lake import some
from tests.experiments.analysis.test_object_store import machine
ObjectStore.replace = lambda self, state, following: os.kill(os.getpid(), 9)
add(machine(sys.argv[1], Path(sys.argv[2])), some(4, 4))
"""


def test_a_writer_killed_between_upload_and_manifest_leaves_only_files_that_are_swept_later(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = machine(url, tmp_path / "one")
    add(lake, some(4))
    command = [sys.executable, "-c", _DIES, url, str(tmp_path / "dead")]
    killed = subprocess.run(command, check=False, env={**os.environ}, cwd=Path(__file__).parents[3])
    assert killed.returncode == -9
    orphans = stored(lake) - named(lake)
    assert len(orphans) == 3
    add(machine(url, tmp_path / "two"), some(2, 8))
    assert stored(lake) >= orphans
    monkeypatch.setattr(object_store, "ORPHAN_SECONDS", 1.0)
    time.sleep(2)
    monkeypatch.setattr(object_store, "READER_SECONDS", 0.0)
    add(machine(url, tmp_path / "dead"), some(4, 4))
    assert stored(lake) == named(lake)
    assert ids(lake) == Counter({f"e{number}": 1 for number in range(10)})


def test_a_writer_that_took_longer_than_files_may_lie_unnamed_begins_again(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, uploads = machine(url, tmp_path), []
    upload = lake.store.upload

    def slow_at_first(paths: Collection[str]) -> None:
        upload(paths)
        uploads.append(sorted(paths))
        if len(uploads) == 1:
            time.sleep(3.1)

    monkeypatch.setattr(object_store, "ORPHAN_SECONDS", 6.0)
    monkeypatch.setattr(lake.store, "upload", slow_at_first)
    add(lake, some(4))
    assert len(uploads) == 2
    assert set(uploads[0]).isdisjoint(uploads[1])
    assert ids(lake) == once(4)
    assert stored(lake) == named(lake)
    assert lake.view().manifest.generation == 1


def test_the_cache_stays_within_its_bound_and_forgets_what_the_lake_no_longer_names(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_module, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(object_store, "READER_SECONDS", -1.0)
    writer = machine(url, tmp_path / "one")
    for day in range(3):
        at = timedelta(days=day)
        add(writer, [conversion("a", id=f"{day}", at=START + at), exposure("a", at=START + at)])
    small = machine(url, tmp_path / "other", cache_bytes=1)
    for name in sorted({part.day for part in small.view().manifest.parts}):
        view = small.view().days(name, name)
        view.source("conversions")
        cached = [path.parent.name for path in (small.root / "conversions").rglob("*.parquet")]
        assert cached == [f"day={name}"]
    for number in range(8):
        add(writer, some(2, number * 2))
    machine(url, tmp_path / "one").add(Rows())
    kept = {str(path.relative_to(writer.root)) for path in writer.root.rglob("*.*") if path.is_file()}
    assert kept == named(writer)
    assert stored(writer) == named(writer)
