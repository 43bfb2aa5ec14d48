"""Files of events load as if they had come through a door: once, judged row by row, refused in words."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assignment import snapshot
from assignment.errors import ProefwerkError
from assignment.events import Rules
from experiments.analysis import chunks, loading
from experiments.analysis.lake import Added, Lake
from experiments.analysis.loading import Imported, import_events
from experiments.analysis.report import analyse
from tests.experiments.analysis.build import LATER, REVENUE, START, definition, metric

STARTED = snapshot.Experiment(
    key="k", version=1, status=snapshot.Status.RUNNING, seed="k:1", hash_attribute="id",
    variants=(snapshot.Variant("control", "", 0.5, {}), snapshot.Variant("treatment", "", 0.5, {})),
    coverage=1.0, condition={},
)  # fmt: skip
RULES = Rules(snapshot.build((STARTED,), ()))
Row = dict[str, Any]
EXPOSED: Row = {"type": "exposure", "id": "e1", "unit": "é1", "experiment": "k", "variant": "control"}
ORDERED: Row = {
    "type": "conversion",
    "id": "c1",
    "unit": "é1",
    "name": "order",
    "value": 9.5,
    "currency": "EUR",
}
STAMP = "2026-11-01T12:00:00Z"


def load(lake: Lake, *files: Path, now: datetime = LATER) -> Imported:
    return import_events(lake, files, RULES, now)


def csv_file(path: Path, rows: list[Row]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def lines_file(path: Path, rows: list[Row]) -> Path:
    data = "\n".join(json.dumps(row) for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def parquet_file(path: Path, rows: list[Row]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def reported(lake: Lake, **form: Any) -> Row:
    report = analyse(definition(metric({**REVENUE, **form})), lake.view(), LATER + timedelta(hours=1))
    report.pop("id")
    return report


@pytest.mark.parametrize("name", ["events.csv", "events.ndjson", "events.ndjson.gz", "events.parquet"])
def test_a_file_of_any_kind_loads_once_however_often(tmp_path: Path, name: str) -> None:
    write = {"csv": csv_file, "parquet": parquet_file}.get(name.split(".")[-1], lines_file)
    names = list(dict.fromkeys([*EXPOSED, *ORDERED]))
    rows = [{key: row.get(key) for key in names} for row in (EXPOSED, ORDERED)]
    rows = rows if write is parquet_file else [EXPOSED, ORDERED]
    path, lake = write(tmp_path / name, [{"time": STAMP, **row} for row in rows]), Lake(tmp_path / "lake")
    assert load(lake, path).added == Added(exposures=1, conversions=1)
    assert load(lake, path).added == Added(duplicates=2)
    assert reported(lake)["metrics"][0]["variants"][0]["sum"] == 9.5


def test_every_kind_of_file_gives_the_identical_report(tmp_path: Path) -> None:
    rows = [
        {**EXPOSED, "time": STAMP, "attributes": '{"device":"phone"}', "properties": None},
        {**ORDERED, "time": STAMP, "attributes": None, "properties": '{"margin":2.25,"order_id":"0012"}'},
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    full = [{name: row.get(name) for name in names} for row in rows]
    plain = [{name: json.loads(value) if name in ("attributes", "properties") else value
              for name, value in row.items() if value is not None} for row in rows]  # fmt: skip
    files = [
        csv_file(tmp_path / "a.csv", full),
        lines_file(tmp_path / "b.ndjson", plain),
        parquet_file(tmp_path / "c.parquet", full),
    ]
    found = []
    for path in files:
        lake = Lake(tmp_path / f"lake-{path.name}")
        assert load(lake, path).refused == 0
        found.append(reported(lake, field="margin"))
    assert found[0] == found[1] == found[2]
    assert found[0]["metrics"][0]["variants"][0]["sum"] == 2.25


def test_columns_of_their_own_make_properties_and_attributes(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(
        "type,id,time,unit,experiment,variant,name,value,attributes.device,properties.margin,properties.sku\n"
        f"exposure,e1,{STAMP},u,k,control,,,phone,,\n"
        f"conversion,c1,{STAMP},u,,,order,,,1.5,007\n"
    )
    lake = Lake(tmp_path / "lake")
    assert load(lake, path).refused == 0
    assert reported(lake, field="margin")["metrics"][0]["variants"][0]["sum"] == 1.5
    assert reported(lake)["metrics"][0]["variants"][0]["sum"] == 1.0


def test_parquet_keeps_moments_numbers_and_structures(tmp_path: Path) -> None:
    table = pa.table(
        {
            "type": ["exposure", "conversion"],
            "id": ["1", "2"],
            "unit": ["u", "u"],
            "time": pa.array([START, START], pa.timestamp("ms", tz="Europe/Amsterdam")),
            "experiment": ["k", None],
            "variant": ["control", None],
            "name": [None, "order"],
            "value": pa.array([None, 3], pa.int32()),
            "properties": pa.array([None, {"margin": 0.5}]),
        }
    )
    pq.write_table(table, tmp_path / "events.parquet")
    lake = Lake(tmp_path / "lake")
    assert load(lake, tmp_path / "events.parquet").refused == 0
    assert reported(lake)["metrics"][0]["variants"][0]["sum"] == 3.0
    assert reported(lake, field="margin")["metrics"][0]["variants"][0]["sum"] == 0.5


def test_history_of_any_age_loads_but_the_future_does_not(tmp_path: Path) -> None:
    old = {**EXPOSED, "time": "2016-01-01T00:00:00Z"}
    new = {**EXPOSED, "id": "e2", "time": "2036-01-01T00:00:00Z"}
    whole = load(Lake(tmp_path / "lake"), lines_file(tmp_path / "e.ndjson", [old, new]))
    assert (whole.added.exposures, whole.refused) == (1, 1)
    assert "10 minutes in the future" in whole.refusals[0][2]


def test_a_row_without_a_time_gets_that_of_loading(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    load(lake, lines_file(tmp_path / "e.ndjson", [EXPOSED]))
    assert reported(lake)["health"]["freshness"]["last_exposure"] == LATER.isoformat()


BAD: list[tuple[str, str]] = [
    (
        '{"type":"exposure","id":"e","unit":"u","experiment":"other","variant":"control"}',
        "no experiment 'other'",
    ),
    ('{"type":"exposure","id":"e","unit":"u","experiment":"k","variant":"gone"}', "no variant 'gone'"),
    ('{"type":"conversion","id":"e","unit":"u","name":"order","value":NaN}', "NaN"),
    ('{"type":"conversion","id":"e","name":"order"}', "unit"),
    ('{"type":"conversion","id":"e","unit":"u","name":"order","value":"9"}', "value"),
    ('{"type":"conversion","id":"e","id":"f","unit":"u","name":"order"}', "id"),
    ('{"type":"purchase","id":"e","unit":"u"}', "type"),
    ("{", "JSON"),
]


@pytest.mark.parametrize(("line", "word"), BAD)
def test_a_bad_row_is_refused_with_its_line_and_its_neighbours_load(
    tmp_path: Path, line: str, word: str
) -> None:
    path = tmp_path / "e.ndjson"
    path.write_text("\n".join([json.dumps(EXPOSED), "", line, json.dumps(ORDERED)]))
    whole = load(Lake(tmp_path / "lake"), path)
    assert (whole.added, whole.refused) == (Added(exposures=1, conversions=1), 1)
    assert whole.refusals[0][:2] == (path, 3)
    assert word in whole.refusals[0][2]


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ("nine,{}", "value"),
        ("nan,{}", "value"),
        ('9,"{bad"', "properties"),
        ("9", "columns"),
        ("9\udcff,", "UTF-8"),
    ],
)
def test_a_bad_row_of_a_table_is_refused_in_words(tmp_path: Path, cells: str, word: str) -> None:
    path = tmp_path / "e.csv"
    text = f"type,id,unit,name,value,properties\nconversion,a,u,order,{cells}\nconversion,b,u,order,1,\n"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    whole = load(Lake(tmp_path / "lake"), path)
    assert (whole.added.conversions, whole.refused) == (1, 1)
    assert whole.refusals[0][1] == 2
    assert word in whole.refusals[0][2]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("e.xlsx", b"", "no kind"),
        ("e.csv", b"type,id,unit,colour\n", "'colour'"),
        ("e.csv", b"type,id,name\n", "'unit'"),
        ("e.csv", b"", "'type'"),
        ("e.csv", b"type,id,unit,unit\n", "more than once"),
        ("e.parquet", b"not parquet", "cannot be read"),
        ("e.ndjson.gz", b"not gzip", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, word: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ProefwerkError, match=word):
        load(Lake(tmp_path / "lake"), tmp_path / name)
    with pytest.raises(ProefwerkError, match="is not a file"):
        load(Lake(tmp_path / "lake"), tmp_path / "absent.csv")


def test_a_long_file_loads_in_batches_and_tells_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 40)
    monkeypatch.setattr(chunks, "BLOCK", 2_500)
    path = lines_file(
        tmp_path / "e.ndjson", [{**EXPOSED, "id": f"e{n}", "unit": f"u{n}"} for n in range(100)]
    )
    seen: list[int] = []
    whole = import_events(
        Lake(tmp_path / "lake"), [path], RULES, datetime.now(UTC), lambda step: seen.append(step.rows)
    )
    assert (whole.rows, whole.added.exposures, seen[-1]) == (100, 100, 100)
    assert len(seen) > 2
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("suffix", ["csv", "ndjson"])
def test_links_load_like_other_events_with_or_without_an_id(tmp_path: Path, suffix: str) -> None:
    rows = [
        EXPOSED,
        {"type": "link", "unit": "a1", "person": "é1"},
        {"type": "link", "id": "x", "unit": "a2", "person": "é1"},
    ]
    path = tmp_path / f"links.{suffix}"
    (csv_file if suffix == "csv" else lines_file)(path, rows)
    lake = Lake(tmp_path / "lake")
    assert load(lake, path).added == Added(exposures=1, links=2)
    assert load(lake, path).added == Added(duplicates=3)
