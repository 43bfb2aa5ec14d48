"""Rows are judged together as each is alone: the same ones are refused, in the same words."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assignment.complaints import Refused
from assignment.events import Event
from experiments.analysis import chunks, csv_files
from experiments.analysis.chunks import Chunk
from experiments.analysis.files import chunks_of
from experiments.analysis.judging import _one, judge
from tests.experiments.analysis.build import LATER
from tests.experiments.analysis.test_loading import RULES

Cells = dict[str, str]
TIMES = ["2026-11-01T12:00:00Z", "2026-11-01T12:00:00.123456+05:30", "2016-02-29 10:00:00Z", "2026-11-01",
         "soon", "2036-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z"]  # fmt: skip
OPEN = ['{"a":1}', '{"a":"é, \\"b\\"\\n"}', "{}", '{"a":{"b":{"c":{}}}}', '{"a":[1,{"b":2}]}',
        '{"a":1,"a":2}',
        "[1]", '{"a":1}, "unit":"other"', '{"a":NaN}', "{bad", "null", '{"a":1e999}',
        '{"url":"https://x.test/?a=1"}',
        '{"a":123456789012345678901234567890}', '{"a":"\\ud800"}', '{"bot":true}']  # fmt: skip
VALUES = [
    "9.5",
    "-0",
    "-0.0",
    "1e3",
    "1e999",
    "nine",
    "nan",
    "007",
    "9.50000000000000001",
    "12345678901234567890",
]
GOOD: dict[str, Cells] = {
    "exposure": {"unit": "u", "experiment": "k", "variant": "control"},
    "conversion": {"unit": "u", "name": "order"},
    "link": {"unit": "u", "person": "p"},
}
TEXTS = [
    "é1",
    "",
    "x" * 100,
    "x" * 101,
    "é" * 200,
    'quo"te',
    "a,b",
    "back\\slash",
    "two\nlines",
    "tab\t",
    " space ",
]


def some_row(draw: random.Random, number: int) -> Cells:
    """A row that is sound, or has one thing or more that it should not."""
    kind = draw.choice(list(GOOD))
    row = {"type": kind, "id": f"e{number}", **GOOD[kind]}
    if draw.random() < 0.5:
        row["time"] = TIMES[0]
    for _ in range(draw.choice([0, 0, 0, 1, 2])):
        name = draw.choice(
            ["time", "attributes", "properties", "value", "currency", "version", "text", "type", "lacks"]
        )
        if name == "text":
            row[draw.choice(["id", "unit", "experiment", "variant", "name", "person"])] = draw.choice(TEXTS)
        elif name == "lacks":
            row.pop(draw.choice(list(row)))
        else:
            row[name] = draw.choice({"time": TIMES, "attributes": OPEN, "properties": OPEN, "value": VALUES,
                                     "currency": ["EUR", "eur", "EURO"], "type": ["purchase", "link"],
                                     "version": ["1", "0", "2.0", "x"]}[name])  # fmt: skip
    return row


def as_csv(path: Path, rows: list[Cells], draw: random.Random) -> None:
    names = list(dict.fromkeys(["type", "id", "unit", *(name for row in rows for name in row)]))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator=draw.choice(["\n", "\r\n"]))
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            if draw.random() < 0.05:
                file.write(draw.choice(["\n", "too,short\n", 'stray,"quo""ted",,,,,,,,,,,,,,\n']))
    if draw.random() < 0.3:
        path.write_bytes(path.read_bytes().replace(b"space", b"\xff"))


def as_lines(path: Path, rows: list[Cells], draw: random.Random) -> None:
    def whole(row: Cells) -> bytes:
        spaced = draw.choice([(",", ":"), (", ", ": "), (" , ", " : ")])
        members = []
        for name, cell in row.items():
            raw = name in ("attributes", "properties", "value", "version") and cell
            members.append(
                f"{json.dumps(name)}{spaced[1]}{cell if raw else json.dumps(cell, ensure_ascii=False)}"
            )
        line = "{" + spaced[0].join(members) + "}"
        return draw.choice(
            [line] * 9 + [line[:-1], line + line, f"  {line}\r", line + "\n", f"{line},{line}"]
        ).encode()

    path.write_bytes(b"\n".join(map(whole, rows)) + draw.choice([b"", b"\n"]))


def as_parquet(path: Path, rows: list[Cells], draw: random.Random) -> None:
    names = list(dict.fromkeys(["type", "id", "unit", *(name for row in rows for name in row)]))
    columns: dict[str, Any] = {name: [row.get(name) for row in rows] for name in names}
    if draw.random() < 0.7:
        stamps = [datetime(2026, 11, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC), None]
        unit = draw.choice(["ms", "us", "ns"])
        columns["time"] = pa.array(
            [draw.choice(stamps) for _ in rows], pa.timestamp(unit, draw.choice([None, "UTC"]))
        )
    if draw.random() < 0.7:
        numbers = [draw.choice([1.5, -0.0, float("nan"), float("inf"), None, 1e300]) for _ in rows]
        columns["value"] = pa.array(numbers, draw.choice([pa.float64(), pa.float32()]))
        columns["version"] = pa.array([draw.choice([None, 1, 0, 2**40]) for _ in rows], pa.int64())
    if draw.random() < 0.3:
        columns["properties.margin"] = pa.array([draw.choice([None, 1, 2**62]) for _ in rows], pa.int64())
        columns['attributes.é, "x"'] = [draw.choice([None, "a'b", "é"]) for _ in rows]
    pq.write_table(pa.table(columns), path, row_group_size=40)


def together(path: Path) -> Iterator[tuple[list[Event], list[tuple[int, str]]]]:
    for chunk in chunks_of(path):
        judged = judge(chunk.texts, range(len(chunk.texts)), chunk.doubt, RULES, LATER)
        refused = [(chunk.lines[index], reason) for index, reason in judged.refused]
        yield judged.events, refused + [(line, reason) for line, _, reason in chunk.none]


def alone(path: Path) -> Iterator[tuple[list[Event], list[tuple[int, str]]]]:
    for chunk in chunks_of(path):
        events, refused = [], [(line, reason) for line, _, reason in chunk.none]
        for index, line in enumerate(chunk.lines):
            [row] = chunk.doubt.rows([index])
            try:
                events.append(_one(row, chunk.doubt.from_stranger, RULES, LATER))
            except Refused as refusal:
                refused.append((line, str(refusal)))
        yield events, refused


def gathered(
    found: Iterator[tuple[list[Event], list[tuple[int, str]]]],
) -> tuple[list[Any], list[tuple[int, str]]]:
    events, refused = [], []
    for some, others in found:
        events += [(type(each).__name__.lstrip("_"), repr(each).partition("(")[2]) for each in some]
        refused += others
    return [each[1] for each in events], sorted(refused)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("suffix", ["csv", "ndjson", "parquet"])
def test_rows_are_judged_together_as_each_is_alone(
    tmp_path: Path, seed: int, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(1_000 * seed + len(suffix))
    monkeypatch.setattr(chunks, "BLOCK", draw.choice([300, 3_000, 1 << 22]))
    rows = [some_row(draw, number) for number in range(150)]
    path = tmp_path / f"events.{suffix}"
    write: dict[str, Callable[[Path, list[Cells], random.Random], None]]
    write = {"csv": as_csv, "ndjson": as_lines, "parquet": as_parquet}
    write[suffix](path, rows, draw)
    fast = gathered(together(path))
    monkeypatch.setattr(csv_files, "_table", lambda block, header: None)
    slow = gathered(alone(path))
    assert fast == slow
    assert fast[0]
    assert fast[1]


@pytest.mark.parametrize("suffix", ["csv", "ndjson", "parquet"])
def test_reading_goes_on_at_any_place_where_a_chunk_ended(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(4)
    monkeypatch.setattr(chunks, "BLOCK", 700)
    monkeypatch.setattr("experiments.analysis.files.ROWS", 30)
    path = tmp_path / f"events.{suffix}"
    rows = [
        {**GOOD["conversion"], "type": "conversion", "id": f"é{n}", "unit": draw.choice(TEXTS)}
        for n in range(90)
    ]
    {"csv": as_csv, "ndjson": as_lines, "parquet": as_parquet}[suffix](path, rows, random.Random(2))
    whole = list(chunks_of(path))
    assert len(whole) > 2
    for place, chunk in enumerate(whole[:-1]):
        assert read(iter(whole[place + 1 :])) == read(chunks_of(path, chunk.end))


def read(found: Iterator[Chunk]) -> list[tuple[int, bytes]]:
    """Every row with its line; the blocks in which they come do not matter."""
    return [
        row
        for chunk in found
        for row in sorted(
            [
                *((line, chunk.shown(at)) for at, line in enumerate(chunk.lines)),
                *(each[:2] for each in chunk.none),
            ]
        )
    ]


def test_a_time_that_is_none_in_utc_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    row = {"type": "conversion", "id": "c", **GOOD["conversion"], "time": "0001-01-01T00:00:00+14:00"}
    path.write_text(json.dumps(row))
    assert gathered(together(path))[1] == [
        (1, "time: 0001-01-01T00:00:00+14:00 lies beyond the years 1 to 9999 in UTC")
    ]
