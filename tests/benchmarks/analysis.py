"""The analysis of ten million exposures against the same aggregation, hand-written, in bare DuckDB."""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from experiments.analysis import manifest, parts
from experiments.analysis.engine import connection
from experiments.analysis.lake import Lake, View
from experiments.analysis.manifest import Manifest
from experiments.analysis.report import analyse
from experiments.analysis.rows import microseconds
from experiments.definition import Definition
from experiments.forms import ExperimentForm, MetricForm

EXPOSURES = 10_000_000
CONVERSIONS = 3_000_000
DAYS = 10
ARMS = 3
WINDOW_HOURS = 336
START = datetime(2026, 11, 1, tzinfo=UTC)
AS_OF = START + timedelta(days=30)
ROUNDS = 3
# Every tenth unit is exposed a second time; a third of the orders lie before the exposure.
_EXPOSED = """
SELECT range AS place, 'e-' || range AS id, 'shopper-' || unit AS unit,
  make_timestamptz({start} + {day} * 86400000000 + (hash(range) % 86400000000)::BIGINT) AS time,
  make_timestamptz({start} + {day} * 86400000000) AS received,
  'k' AS experiment, 'arm-' || (hash(unit) % {arms}) AS variant, NULL::VARCHAR AS attributes
FROM (SELECT range, CASE WHEN range % 11 = 10 THEN range - 10 ELSE range END AS unit
  FROM range({first}, {last}))
"""
_ORDERED = """
SELECT range AS place, 'c-' || range AS id,
  'shopper-' || ({lower} + hash(range * 7) % ({upper} - {lower}))::BIGINT AS unit,
  make_timestamptz({start} + {day} * 86400000000 + (hash(range * 3) % 172800000000)::BIGINT - 86400000000)
    AS time,
  make_timestamptz({start} + {day} * 86400000000) AS received, 'order' AS name,
  round(exp(3 + sqrt(-2 * ln((hash(range * 5) % 1000000 + 1) / 1000001.0))
    * cos(6.283185 * (hash(range * 11) % 1000000) / 1000000.0)), 2) AS value,
  'EUR' AS currency, NULL::VARCHAR AS properties
FROM range({first}, {last})
"""
_BARE = """
WITH units AS (
  SELECT unit_key, min(epoch_us(time)) AS first, min(variant) AS variant
  FROM read_parquet({exposures}) WHERE experiment = 'k' AND time <= make_timestamptz({until})
  GROUP BY unit_key HAVING min(variant) = max(variant)),
orders AS (
  SELECT event.unit_key, any_value(units.variant) AS variant,
    count(*) FILTER (age >= 0) AS orders, coalesce(sum(value) FILTER (age >= 0), 0) AS revenue,
    count(*) FILTER (age < 0) AS orders_before, coalesce(sum(value) FILTER (age < 0), 0) AS revenue_before
  FROM (SELECT event.unit_key, event.value, epoch_us(event.time) - units.first AS age
    FROM read_parquet({conversions}) AS event JOIN units ON event.unit_key = units.unit_key
    WHERE event.name = 'order' AND event.time <= make_timestamptz({until})
      AND epoch_us(event.time) - units.first BETWEEN -{window} AND {window}) AS event
  JOIN units ON event.unit_key = units.unit_key GROUP BY event.unit_key)
SELECT units.variant, count(*),
  avg((coalesce(orders, 0) > 0)::DOUBLE), var_samp((coalesce(orders, 0) > 0)::DOUBLE),
  covar_samp((coalesce(orders, 0) > 0)::DOUBLE, (coalesce(orders_before, 0) > 0)::DOUBLE),
  avg(coalesce(orders, 0)), var_samp(coalesce(orders, 0)),
  covar_samp(coalesce(orders, 0), coalesce(orders_before, 0)), var_samp(coalesce(orders_before, 0)),
  avg(coalesce(revenue, 0)), var_samp(coalesce(revenue, 0)),
  covar_samp(coalesce(revenue, 0), coalesce(revenue_before, 0)), var_samp(coalesce(revenue_before, 0))
FROM units LEFT JOIN orders ON units.unit_key = orders.unit_key GROUP BY units.variant ORDER BY units.variant
"""


def fill(root: Path, exposures: int = EXPOSURES, conversions: int = CONVERSIONS) -> View:
    """A lake with so many events of one experiment over `DAYS` days."""
    made = []
    with connection() as engine, connection() as source:
        for day in range(DAYS):
            lower, upper = exposures * day // DAYS, exposures * (day + 1) // DAYS
            common = {"start": microseconds(START), "day": day, "arms": ARMS, "lower": lower, "upper": upper}
            met = source.sql(_EXPOSED.format(first=lower, last=upper, **common)).to_arrow_table()
            made += parts.write(engine, root, "exposures", met, 1)
            first, last = conversions * day // DAYS, conversions * (day + 1) // DAYS
            done = source.sql(_ORDERED.format(first=first, last=last, **common)).to_arrow_table()
            made += parts.write(engine, root, "conversions", done, 1)
    manifest.store(root, Manifest(generation=1, parts=tuple(made)))
    return Lake(root).view()


def definition() -> Definition:
    """Three arms; buyers, orders and revenue, each with its covariate."""
    base: dict[str, Any] = {"event": "order", "window_hours": WINDOW_HOURS}
    metrics = [
        MetricForm.model_validate({"key": "buyers", "name": "Buyers", "kind": "proportion", **base}),
        MetricForm.model_validate({"key": "orders", "name": "Orders", "kind": "count", **base}),
        MetricForm.model_validate(
            {"key": "revenue", "name": "Revenue", "kind": "mean", "unit": "EUR", **base}
        ),
    ]
    form = ExperimentForm.model_validate(
        {
            "key": "k",
            "name": "K",
            "variants": [{"key": f"arm-{arm}", "weight": 1 / ARMS} for arm in range(ARMS)],
            "metrics": {"primary": [metric.key for metric in metrics]},
        }
    )
    return Definition(form, {each.key: each for each in metrics}, "running", 1, None, START, None)


def bare(view: View) -> list[tuple[Any, ...]]:
    """The aggregation that a data engineer would write, on the same files."""
    query = _BARE.format(
        exposures=[str(path) for path in view.paths("exposures")],
        conversions=[str(path) for path in view.paths("conversions")],
        until=microseconds(AS_OF),
        window=WINDOW_HOURS * 3_600_000_000,
    )
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        return engine.execute(query).fetchall()


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took: seconds on the clock, and of processor time over all threads."""

    clock: float
    processor: float


def timed(work: Callable[[], Any]) -> tuple[Cost, Any]:
    """What it took, and what came of it."""
    clock, processor = time.perf_counter(), time.process_time()
    result = work()
    return Cost(time.perf_counter() - clock, time.process_time() - processor), result


def agree(report: dict[str, Any], rows: list[tuple[Any, ...]]) -> None:
    """Both must have computed the same thing, else the times say nothing."""
    for place, row in enumerate(rows):
        assert report["variants"][place]["units"] == row[1]
        for metric, mean, variance in zip(
            report["metrics"], (row[2], row[5], row[9]), (row[3], row[6], row[10]), strict=True
        ):
            arm = metric["variants"][place]
            assert abs(arm["mean"] / mean - 1) < 1e-9
            assert abs(arm["std"] ** 2 / variance - 1) < 1e-9


def main(exposures: int = EXPOSURES, conversions: int = CONVERSIONS) -> None:
    """Print the times of both, the best of `ROUNDS` each, taken by turns."""
    print(
        f"\nAnalysis: {exposures:,} exposures, {conversions:,} conversions, 3 arms, 3 metrics with covariates"
    )
    with tempfile.TemporaryDirectory() as folder:
        written, view = timed(lambda: fill(Path(folder) / "lake", exposures, conversions))
        rate = (exposures + conversions) / written.clock
        print(f"{'writing the lake':36}{_shown(written)}{rate:12,.0f} events/s")
        ours, theirs = [], []
        for _ in range(ROUNDS):
            cost, rows = timed(lambda: bare(view))
            theirs.append(cost)
            cost, report = timed(lambda: analyse(definition(), view, AS_OF))
            ours.append(cost)
        agree(report, rows)
    peer, own = (
        Cost(min(cost.clock for cost in costs), min(cost.processor for cost in costs))
        for costs in (theirs, ours)
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{'the same SQL in bare DuckDB':36}{_shown(peer)}")
    ratios = f"{own.clock / peer.clock:8.2f} x ({own.processor / peer.processor:.2f} x of processor)"
    print(f"{'Proefwerk, report included':36}{_shown(own)}{ratios}   {memory:.1f} GB at most")


def _shown(cost: Cost) -> str:
    return f"{cost.clock:10.2f} s{cost.processor:10.2f} s of processor"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exposures", type=int, default=EXPOSURES)
    parser.add_argument("--conversions", type=int, default=CONVERSIONS)
    main(**vars(parser.parse_args()))
