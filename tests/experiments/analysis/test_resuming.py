"""A load that is broken off goes on where it was: every event and every refused row comes once."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from experiments.analysis import chunks, loading
from experiments.analysis.lake import Added, Lake
from experiments.analysis.loading import Imported, import_events
from experiments.analysis.resuming import Journal
from tests.experiments.analysis.build import LATER
from tests.experiments.analysis.test_loading import ORDERED, RULES, csv_file, lines_file, load, parquet_file
from tests.serving import ROOT

BAD_EVERY = 50
LOADING = """
import sys
from pathlib import Path
from experiments.analysis import chunks, loading
from tests.experiments.analysis.build import LATER
from tests.experiments.analysis.test_loading import RULES
loading.BATCH, chunks.BLOCK = 2_000, 50_000
loading.import_events(loading.Lake(Path(sys.argv[1])), [Path(sys.argv[2])], RULES, LATER)
"""


def row(number: int) -> dict[str, str | float]:
    """An order; some have no name."""
    name = "order" if number % BAD_EVERY else ""
    return {**ORDERED, "id": f"c{number}", "unit": f"u{number}", "name": name}


def ids(lake: Lake) -> list[str]:
    with duckdb.connect() as engine:
        paths = [str(path) for path in lake.view().paths("conversions")]
        return [row[0] for row in engine.execute("SELECT id FROM read_parquet($1)", [paths]).fetchall()]


def check(lake: Lake, path: Path, count: int) -> None:
    good = [number for number in range(count) if number % BAD_EVERY]
    assert sorted(ids(lake)) == sorted(f"c{number}" for number in good)
    written = [
        json.loads(line) for line in path.with_name(f"{path.name}.refused.ndjson").read_text().splitlines()
    ]
    assert [each["row"]["id"] for each in written] == [f"c{number}" for number in range(0, count, BAD_EVERY)]
    assert not list((lake.root / "imports").iterdir())


def test_a_load_that_is_killed_goes_on_behind_its_last_whole_batch(tmp_path: Path) -> None:
    count, path, lake = 60_000, tmp_path / "orders.ndjson", Lake(tmp_path / "lake")
    lines_file(path, [row(number) for number in range(count)])
    process = subprocess.Popen([sys.executable, "-c", LOADING, str(lake.root), str(path)], cwd=ROOT)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and lake.view().manifest.generation < 3:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    whole = load(lake, path)
    assert 2_000 <= whole.resumed < count
    assert whole.resumed + whole.rows == count
    assert whole.refused == count // BAD_EVERY
    check(lake, path, count)


class BrokenOffError(Exception):
    """What stops a load in these tests."""


@pytest.mark.parametrize("name", ["o.csv", "o.csv.gz", "o.ndjson", "o.ndjson.gz", "o.parquet"])
def test_files_of_every_kind_go_on_where_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(loading, "BATCH", 200)
    monkeypatch.setattr(chunks, "BLOCK", 5_000)
    monkeypatch.setattr("experiments.analysis.files.ROWS", 100)
    path, lake = tmp_path / name, Lake(tmp_path / "lake")
    rows = [row(number) for number in range(1_000)]
    if ".csv" in name:
        csv_file(path, rows)
        if name.endswith("gz"):
            path.write_bytes(gzip.compress(path.read_bytes()))
    else:
        (parquet_file if name.endswith("parquet") else lines_file)(path, rows)
    added = 0

    def add(rows: object) -> Added:
        nonlocal added
        added += 1
        if added == 3:
            raise BrokenOffError
        return whole_add(rows)  # type: ignore[arg-type]

    whole_add = lake.add
    monkeypatch.setattr(lake, "add", add)
    with pytest.raises(BrokenOffError):
        load(lake, path)
    # What a crash leaves behind the last batch goes.
    with path.with_name(f"{name}.refused.ndjson").open("a") as file:
        file.write('{"file":')
    whole = load(lake, path)
    assert whole.resumed >= 400
    assert whole.resumed + whole.rows == 1_000
    check(lake, path, 1_000)
    again = load(lake, path)
    assert (again.resumed, again.added, again.refused) == (0, Added(duplicates=980), 20)
    check(lake, path, 1_000)


def test_a_file_that_changed_is_read_from_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 100)
    monkeypatch.setattr(chunks, "BLOCK", 5_000)
    path, lake = (
        lines_file(tmp_path / "o.ndjson", [row(number) for number in range(500)]),
        Lake(tmp_path / "lake"),
    )
    monkeypatch.setattr(Journal, "forget", lambda _: None)
    load(lake, path)
    lines_file(path, [row(number) for number in range(1, 500)])
    assert load(lake, path).resumed == 0


def test_all_refused_rows_are_in_one_file_if_one_is_named(tmp_path: Path) -> None:
    place = tmp_path / "refused.ndjson"
    files = [lines_file(tmp_path / f"{name}.ndjson", [row(0), row(1)]) for name in "ab"]
    (tmp_path / "c.csv").write_text('type,id,unit,name,value\nconversion,x,"two\nlines",,9\nconversion,y\n')
    whole: Imported = import_events(
        Lake(tmp_path / "lake"), [*files, tmp_path / "c.csv"], RULES, LATER, refused=place
    )
    written = [json.loads(line) for line in place.read_text().splitlines()]
    assert [(each["file"], each["line"]) for each in written] == [
        (str(files[0]), 1), (str(files[1]), 1), (str(tmp_path / "c.csv"), 3), (str(tmp_path / "c.csv"), 4),
    ]  # fmt: skip
    assert written[2]["row"] == {"type": "conversion", "id": "x", "unit": "two\nlines", "value": "9"}
    assert "name" in written[2]["reason"]
    assert written[3]["row"] == ["conversion", "y"]
    assert (whole.files, whole.refused) == ([place], 4)


def test_a_line_that_is_no_json_is_written_down_as_text(tmp_path: Path) -> None:
    path = tmp_path / "e.ndjson"
    path.write_bytes(b"{oops\n\xff\n")
    load(Lake(tmp_path / "lake"), path)
    lines = (tmp_path / "e.ndjson.refused.ndjson").read_text().splitlines()
    assert [json.loads(line)["row"] for line in lines] == ["{oops", "\ufffd"]
