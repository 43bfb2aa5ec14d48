"""Import of files of every kind beside bare DuckDB that reads the same file and writes it sorted."""

from __future__ import annotations

import argparse
import resource
import tempfile
from pathlib import Path

import duckdb

from assignment import snapshot
from assignment.events import Rules
from experiments.analysis.lake import Lake
from experiments.analysis.loading import import_events
from tests.benchmarks.compaction import EXPERIMENTS, START, floor, shown, timed

EVENTS = 10_000_000
DAYS = 14
MADE = """
CREATE TABLE made AS SELECT
  CASE WHEN exposed THEN 'exposure' ELSE 'conversion' END AS type, md5(row::VARCHAR) AS id,
  make_timestamptz({start} - (hash(row) % ({days}::BIGINT * 86400000))::BIGINT * 1000) AS time,
  'shopper-' || (hash(row * 7) % 2000000) AS unit,
  CASE WHEN exposed THEN 'experiment-' || (hash(row * 3) % {experiments}) END AS experiment,
  CASE WHEN exposed THEN CASE WHEN hash(row * 5) % 2 = 0 THEN 'control' ELSE 'treatment' END END AS variant,
  CASE WHEN NOT exposed THEN 'order' END AS name,
  CASE WHEN NOT exposed THEN (hash(row * 11) % 10000) / 100.0 END AS value,
  CASE WHEN NOT exposed THEN 'EUR' END AS currency,
  CASE WHEN exposed THEN '{{"device":"mobile","country":"NL"}}' END AS attributes,
  CASE WHEN NOT exposed
    THEN '{{"order_id":"o-' || row || '","margin":' || (hash(row) % 1000) / 100.0 || '}}' END AS properties
FROM (SELECT range AS row, range % 13 < 10 AS exposed FROM range({count}))
"""
TEXT = "* REPLACE (strftime(time::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%gZ') AS time)"
LINE = """
'{"type":"' || type || '","id":"' || id || '","time":"' || time || '","unit":"' || unit || '"' ||
CASE WHEN type = 'exposure'
  THEN ',"experiment":"' || experiment || '","variant":"' || variant || '","attributes":' || attributes || '}'
  ELSE ',"name":"order","value":' || value || ',"currency":"EUR","properties":' || properties || '}' END
"""
SORTED = """
COPY (SELECT *, md5_number_lower(unit) AS unit_key FROM {source} WHERE type = '{kind}'
  ORDER BY {order}, unit_key, time)
TO '{place}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)
"""


def fill(folder: Path, count: int) -> None:
    """The same events in files of every kind."""
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        start = int(START.timestamp() * 1_000_000)
        engine.execute(MADE.format(start=start, days=DAYS, experiments=EXPERIMENTS, count=count))
        engine.execute(f"COPY made TO '{folder / 'events.parquet'}' (FORMAT parquet)")
        lines = f"SELECT {LINE} FROM (SELECT {TEXT} FROM made)"
        bare = "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01')"
        engine.execute(f"COPY (SELECT {TEXT} FROM made) TO '{folder / 'events.csv'}' (FORMAT csv, HEADER)")
        engine.execute(f"COPY ({lines}) TO '{folder / 'events.ndjson'}' {bare}")


def sort(source: str, folder: Path) -> None:
    """What the same engine takes for a table when nothing is judged, nor counted once."""
    with duckdb.connect() as engine:
        for kind, order in (("exposure", "experiment"), ("conversion", "name")):
            place = folder / f"{kind}.parquet"
            engine.execute(SORTED.format(source=source, kind=kind, order=order, place=place))


def rules() -> Rules:
    """All experiments have been started."""
    variants = tuple(snapshot.Variant(key, "", 0.5, {}) for key in ("control", "treatment"))
    experiments = tuple(
        snapshot.Experiment(
            key=f"experiment-{number}", version=1, status=snapshot.Status.RUNNING, seed="s",
            hash_attribute="id", variants=variants, coverage=1.0, condition={},
        )
        for number in range(EXPERIMENTS)
    )  # fmt: skip
    return Rules(snapshot.build(experiments, ()))


def main(count: int = EVENTS) -> None:
    """Print the rate of each kind of file, and of the floor for the same file right before it."""
    print(f"\nImport: {count:,} events over {DAYS} days in no order, each file")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, count)
        for suffix in ("parquet", "ndjson", "csv"):
            path = folder / f"events.{suffix}"
            if suffix == "ndjson":
                bare = timed(lambda path=path: floor(str(path), folder))  # type: ignore[misc]
            else:
                bare = timed(lambda path=path: sort(f"'{path}'", folder))  # type: ignore[misc]
            lake = Lake(folder / f"lake-{suffix}")
            ours = timed(lambda lake=lake, path=path: import_events(lake, [path], rules(), START))  # type: ignore[misc]
            known = lake.view().manifest
            assert sum(known.exposures.values()) + sum(known.conversions.values()) == count
            shown(f"bare DuckDB, {suffix} to sorted Parquet", count, bare)
            shown(f"Proefwerk, {suffix}", count, ours, bare)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{'memory at most, the making of the files too':44}{memory:12.1f} GB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, dest="count")
    main(**vars(parser.parse_args()))
