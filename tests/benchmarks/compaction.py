"""Compaction of the log beside bare DuckDB that reads the same events as lines and writes them sorted."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from assignment.events import encode_payload
from assignment.segment import HEADER
from experiments.analysis.lake import Lake

EVENTS = 4_000_000
RECORD = 100
SEGMENT = 500_000
EXPERIMENTS = 20
ROUNDS = 3
START = datetime(2026, 11, 20, 12, tzinfo=UTC)
FLOOR = """
COPY (SELECT * EXCLUDE (type), md5_number_lower(unit) AS unit_key
  FROM read_json({source}, format = 'newline_delimited', columns = {{
    type: 'VARCHAR', id: 'VARCHAR', time: 'TIMESTAMPTZ', unit: 'VARCHAR', {columns}}})
  WHERE type = '{kind}' ORDER BY {order}, unit_key, time)
TO '{place}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)
"""
KINDS = {
    "exposure": ("experiment: 'VARCHAR', variant: 'VARCHAR', attributes: 'VARCHAR'", "experiment"),
    "conversion": ("name: 'VARCHAR', value: 'DOUBLE', currency: 'VARCHAR', properties: 'VARCHAR'", "name"),
}


def some_events(count: int) -> Iterator[dict[str, Any]]:
    """Ten exposures for three orders, of two million shoppers, over an hour or so."""
    draw = random.Random(1)
    for number in range(count):
        at = START + timedelta(milliseconds=number * 3_600_000 // max(count, 3_600_000))
        event = {
            "type": "exposure" if number % 13 < 10 else "conversion",
            "id": f"{draw.getrandbits(128):032x}",
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "unit": f"shopper-{draw.randrange(2_000_000)}",
        }
        if number % 13 < 10:
            key = f"experiment-{draw.randrange(EXPERIMENTS)}"
            more: dict[str, Any] = {"experiment": key, "variant": draw.choice(("control", "treatment"))}
            more["attributes"] = {"device": draw.choice(("mobile", "desktop")), "country": "NL"}
        else:
            more = {"name": "order", "value": draw.randrange(10_000) / 100, "currency": "EUR"}
            more["properties"] = {"order_id": f"o-{number}", "margin": draw.randrange(1_000) / 100}
        yield {**event, **more}


def fill(log: Path, lines: Path, count: int) -> None:
    """The same events as the log has them, in records of a hundred, and a line each."""
    log.mkdir()
    events = some_events(count)
    with lines.open("wb") as plain:
        for first in range(0, count, SEGMENT):
            with (log / f"20261120T{first:012d}Z-1-00000000.log").open("wb") as segment:
                for _ in range(min(SEGMENT, count - first) // RECORD):
                    batch = [next(events) for _ in range(RECORD)]
                    payload = encode_payload(START + timedelta(hours=1), msgspec.json.encode(batch))
                    segment.write(HEADER.pack(len(payload), zlib.crc32(payload)) + payload)
                    plain.write(msgspec.json.Encoder().encode_lines(batch))


def floor(source: str, folder: Path) -> None:
    """What the same engine takes for the same files when nothing is judged, nor counted once."""
    with duckdb.connect() as engine:
        for kind, (columns, order) in KINDS.items():
            place = folder / f"{kind}.parquet"
            engine.execute(
                FLOOR.format(source=f"'{source}'", columns=columns, kind=kind, order=order, place=place)
            )


def timed(work: Callable[[], object]) -> float:
    """Seconds on the clock."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def shown(name: str, count: int, seconds: float, against: float | None = None) -> None:
    """Print a rate, and what it is of the floor's."""
    ratio = f"{against / seconds:8.2f} x the floor" if against is not None else ""
    print(f"{name:44}{count / seconds:12,.0f} events/s{ratio}")


def main(count: int = EVENTS) -> None:
    """Print the best of `ROUNDS` each, taken by turns."""
    print(f"\nCompaction: {count:,} events in records of {RECORD}, attributes and properties included")
    bare, ours = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder / "log", folder / "events.ndjson", count)
        for turn in range(ROUNDS):
            bare.append(timed(lambda: floor(str(folder / "events.ndjson"), folder)))
            log = folder / f"log-{turn}"
            log.mkdir()
            for segment in (folder / "log").iterdir():
                (log / segment.name).hardlink_to(segment)
            lake = Lake(folder / f"lake-{turn}")
            ours.append(timed(lambda lake=lake, log=log: lake.compact(log)))  # type: ignore[misc]
            known = lake.view().manifest
            assert sum(known.exposures.values()) + sum(known.conversions.values()) == count
    shown("bare DuckDB, JSON lines to sorted Parquet", count, min(bare))
    shown("Proefwerk, judged and each id once", count, min(ours), min(bare))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, dest="count")
    main(**vars(parser.parse_args()))
