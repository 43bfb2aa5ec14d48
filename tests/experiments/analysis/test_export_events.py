"""What is exported can be imported again, and is then the same lake."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from assignment import snapshot
from assignment.events import Event, Rules
from experiments.analysis.export_events import COLUMNS, FORMATS, Wanted, export_events
from experiments.analysis.lake import Lake
from experiments.analysis.loading import import_events
from experiments.analysis.report import analyse
from experiments.analysis.rows import Rows, microseconds
from experiments.analysis.schema import COLUMNS as LAKE_COLUMNS
from tests.experiments.analysis.build import (
    HOUR,
    LATER,
    REVENUE,
    START,
    conversion,
    definition,
    exposure,
    lake_of,
    link,
    metric,
)
from tests.serving import ROOT

STARTED = [
    snapshot.Experiment(
        key=key, version=1, status=snapshot.Status.RUNNING, seed=f"{key}:1", hash_attribute="id",
        variants=(snapshot.Variant("control", "", 0.5, {}), snapshot.Variant("treatment", "", 0.5, {})),
        coverage=1.0, condition={},
    )
    for key in ("k", "other")
]  # fmt: skip
RULES = Rules(snapshot.build(tuple(STARTED), ()))
EVENTS: list[Event] = [
    exposure("a", id="1", attributes={"device": "mobile, \"small\"", "new": True, "tags": ["x", "é"]}),
    exposure("b", "treatment", START + timedelta(microseconds=1), id="2"),
    exposure("c", "treatment", id="3", experiment="other"),
    exposure("b-home", "treatment", START + HOUR, id="4"),
    conversion("a", -12.5, START + HOUR, id="=5", currency="EUR", properties={"order_id": "1\n2", "n": 3}),
    conversion("b-home", 1e22, START + 2 * HOUR, id="6", properties={"margin": 0.1, "gift": None}),
    conversion("d", 3, START + 3 * HOUR, id="7", name="visit"),
    link("b", "b-home", START + HOUR),
    link("c", "c-home", START + HOUR),
]  # fmt: skip


def written(lake: Lake, form: str, wanted: Wanted = Wanted()) -> bytes:  # noqa: B008 - it never changes
    file = io.BytesIO()
    export_events(lake.view(), wanted, form, file)
    return file.getvalue()


def content(lake: Lake) -> list[dict[str, Any]]:
    """Every event of a lake without what its way into it adds."""
    rows = []
    with lake.view().engine() as engine:
        for kind, columns in LAKE_COLUMNS.items():
            if kind == "bots":
                continue
            names = [name for name in columns if name not in ("received", "generation")]
            shown = ", ".join("epoch_us(time)" if name == "time" else name for name in names)
            for row in engine.execute(f"SELECT {shown} FROM {lake.view().source(kind)}").fetchall():
                event = dict(zip(names, row, strict=True))
                rows.append(
                    {name: json.loads(value) if name in ("attributes", "properties") and value else value
                     for name, value in event.items()}
                )  # fmt: skip
    return sorted(rows, key=lambda row: str(row["id"]))


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_imported_again_is_the_same_lake(tmp_path: Path, form: str) -> None:
    lake = lake_of(tmp_path, EVENTS)
    path = tmp_path / f"events.{form}"
    path.write_bytes(written(lake, form))
    again = Lake(tmp_path / "again")
    done = import_events(again, [path], RULES, LATER)
    assert (done.rows, done.refused) == (len(EVENTS), 0), done.refusals
    assert content(again) == content(lake)
    reports = [analyse(definition(metric(REVENUE)), each.view(), LATER) for each in (lake, again)]
    assert reports[0]["data_hash"] == reports[1]["data_hash"]


def test_an_empty_lake_gives_an_empty_file_that_can_be_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    assert written(lake, "ndjson") == b""
    names = [name for name in COLUMNS if name != "version"]
    assert next(csv.reader(io.StringIO(written(lake, "csv").decode()))) == names
    assert pq.read_table(io.BytesIO(written(lake, "parquet"))).num_rows == 0
    assert gzip.decompress(written(lake, "ndjson.gz")) == b""


def test_the_phase_of_an_exposure_has_a_column_where_one_is_told(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [exposure("a", version=2), exposure("b")])
    rows = list(csv.DictReader(io.StringIO(written(lake, "csv").decode())))
    assert sorted(row["version"] for row in rows) == ["", "2"]
    assert sorted(json.loads(line).get("version") or 0 for line in written(lake, "ndjson").splitlines()) == [
        0,
        2,
    ]


def _ids(data: bytes) -> list[str]:
    return sorted(json.loads(line)["id"] for line in data.splitlines() if b'"type":"link"' not in line)


def test_of_one_experiment_go_all_events_of_its_units_under_each_of_their_ids(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, EVENTS)
    own = written(lake, "ndjson", Wanted("k"))
    assert _ids(own) == ["1", "2", "4", "6", "=5"]
    assert own.count(b'"type":"link"') == 1
    assert _ids(written(lake, "ndjson", Wanted("other"))) == ["3"]


def test_a_span_holds_its_beginning_and_not_its_end(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, EVENTS)
    span = Wanted(since=START + HOUR, until=START + 2 * HOUR)
    assert _ids(written(lake, "ndjson", span)) == ["4", "=5"]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_crawlers_that_the_door_knew_are_known_after_an_import(tmp_path: Path, form: str) -> None:
    lake = lake_of(tmp_path, [exposure("shopper"), conversion("shopper", 5)])
    rows = Rows()
    agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    rows.extend([exposure("robot")], microseconds(START), {0: agent})
    lake.add(rows)
    path = tmp_path / f"events.{form}"
    path.write_bytes(written(lake, form))
    again = Lake(tmp_path / "again")
    import_events(again, [path], RULES, LATER)
    units = [
        [arm["units"] for arm in analyse(definition(metric(REVENUE)), each.view(), LATER)["variants"]]
        for each in (lake, again)
    ]
    assert units == [[1, 0], [1, 0]]


@pytest.mark.slow
def test_memory_stays_flat_whatever_the_number_of_events(tmp_path: Path) -> None:
    program = """
import io, resource, sys
from pathlib import Path
from experiments.analysis.export_events import Wanted, export_events
from experiments.analysis.lake import Lake
from tests.experiments.analysis.build import conversion, lake_of

class Nowhere(io.RawIOBase):
    def writable(self):
        return True
    def write(self, data):
        return len(data)

folder, count = Path(sys.argv[1]), int(sys.argv[2])
if not (folder / "lake").exists():
    for _ in range(count // 100_000):
        lake_of(folder, [conversion(f"u{n}", n, properties={"n": n}) for n in range(100_000)])
    sys.exit()
export_events(Lake(folder / "lake").view(), Wanted(), "ndjson", Nowhere())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
    used = []
    for count in (100_000, 1_000_000):
        command = [sys.executable, "-c", program, str(tmp_path / str(count)), str(count)]
        subprocess.run(command, cwd=ROOT, check=True)
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        used.append(int(done.stdout))
    print(f"MB for 100,000 and 1,000,000 events: {used}")
    assert used[1] < used[0] + 150
