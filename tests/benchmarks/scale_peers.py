"""The same sums as the reports', by others: hand-written DuckDB, numpy over dense codes, and tea-tasting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import tea_tasting
from numpy.typing import NDArray

from experiments.analysis.engine import literal
from experiments.analysis.rows import microseconds
from experiments.analysis.view import SPILL, View
from tests.benchmarks.scale_shop import ARMS, AS_OF, CAP, WINDOW_HOURS

HOUR = 3_600_000_000
WINDOW, FROM, TO = WINDOW_HOURS * HOUR, 24 * HOUR, 168 * HOUR
PAIRS = (
    ("buyers", "buyers_before"),
    ("orders", "orders_before"),
    ("capped", "capped_before"),
    ("back", "back_before"),
    ("revenue", "revenue_before"),
    ("revenue", "orders"),
    ("revenue", "orders_before"),
    ("revenue_before", "orders"),
    ("revenue_before", "orders_before"),
)
COLUMNS = tuple(dict.fromkeys(name for pair in PAIRS for name in pair))
Row = tuple[Any, ...]


def _outcomes(view: View) -> str:
    """SQL of `units` and `outcomes`, as a data engineer would write them."""
    exposures = [str(path) for path in view.paths("exposures")]
    conversions = [str(path) for path in view.paths("conversions")]
    until = f"make_timestamptz({microseconds(AS_OF)})"
    after, before = f"age BETWEEN 0 AND {WINDOW}", f"age BETWEEN -{WINDOW} AND -1"
    counted = []
    for suffix, when in (("", after), ("_before", before)):
        order = f"name = 'order' AND {when}"
        counted += [
            f"least(count(*) FILTER ({order}), 1) AS buyers{suffix}",
            f"count(*) FILTER ({order}) AS orders{suffix}",
            f"coalesce(sum(value) FILTER ({order}), 0) AS revenue{suffix}",
            f"least(coalesce(sum(value) FILTER ({order}), 0), {CAP}) AS capped{suffix}",
        ]
    for suffix, lower, upper in (("", FROM, TO), ("_before", FROM - TO, -1)):
        visit = f"name = 'visit' AND age BETWEEN {lower} AND {upper}"
        counted.append(f"least(count(*) FILTER ({visit}), 1) AS back{suffix}")
    return f"""WITH units AS (
      SELECT experiment, unit_key, min(epoch_us(time)) AS first, min(variant) AS variant
      FROM read_parquet({exposures}, hive_partitioning = false) WHERE time <= {until}
      GROUP BY experiment, unit_key HAVING min(variant) = max(variant)),
    outcomes AS (
      SELECT experiment, unit_key, {", ".join(counted)}
      FROM (
        SELECT units.experiment, units.unit_key, name, value, epoch_us(time) - first AS age
        FROM read_parquet({conversions}, hive_partitioning = false) AS event
        JOIN units ON event.unit_key = units.unit_key
        WHERE name IN ('order', 'visit') AND time <= {until}
          AND epoch_us(time) - first BETWEEN -{WINDOW} AND {WINDOW})
      GROUP BY experiment, unit_key)"""


def bare(view: View, memory: str | None = None) -> list[Row]:
    """Units, means, variances and covariances with the covariate, per experiment and arm."""
    filled = ", ".join(f"coalesce({name}, 0) AS {name}" for name in COLUMNS)
    moments = [f"avg({name}), var_samp({name})" for name in COLUMNS]
    moments += [f"covar_samp({first}, {second})" for first, second in PAIRS]
    query = f"""{_outcomes(view)}
    SELECT experiment, variant, count(*), {", ".join(moments)}
    FROM (SELECT units.experiment, units.variant, {filled} FROM units
      LEFT JOIN outcomes ON units.experiment = outcomes.experiment AND units.unit_key = outcomes.unit_key)
    GROUP BY experiment, variant ORDER BY experiment, variant"""
    with duckdb.connect(config={"memory_limit": memory} if memory else {}) as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute(f"SET temp_directory = {literal(str(view.root / SPILL))}")
        return engine.execute(query).fetchall()


def agree(reports: list[dict[str, Any]], rows: list[Row]) -> None:
    """All must have computed the same, else the times say nothing."""
    found = {(row[0], row[1]): row[2:] for row in rows}
    places = {"buyers": "buyers", "orders": "orders", "revenue": "capped", "back": "back"}
    for report in reports:
        for place, arm in enumerate(report["variants"]):
            units, *moments = found[report["experiment"], arm["key"]]
            assert arm["units"] == units
            for metric in report["metrics"]:
                if metric["metric"] in places:
                    column = 2 * COLUMNS.index(places[metric["metric"]])
                    measured = metric["variants"][place]
                    assert abs(measured["mean"] / moments[column] - 1) < 1e-9
                    assert abs(measured["std"] ** 2 / moments[column + 1] - 1) < 1e-9


@dataclass(frozen=True, slots=True)
class Dense:
    """Events as arrays: experiments, units and variants are numbers from 0, so that no hash is needed."""

    experiments: int
    units: int
    exposure_place: NDArray[np.int64]
    exposure_variant: NDArray[np.int8]
    exposure_time: NDArray[np.int64]
    unit: NDArray[np.int64]
    time: NDArray[np.int64]
    is_order: NDArray[np.bool_]
    value: NDArray[np.float64]


def dense(view: View, experiments: int) -> Dense:
    """The lake's events by dense codes; making them is no part of what is timed."""
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        met, done = view.source("exposures"), view.source("conversions")
        engine.execute(
            "CREATE TABLE codes AS SELECT unit_key, row_number() OVER () - 1 AS unit FROM ("
            f"SELECT unit_key FROM {met} UNION SELECT unit_key FROM {done})"
        )
        units = engine.execute("SELECT count(*) FROM codes").fetchall()[0][0]
        exposed = engine.execute(
            f"SELECT split_part(experiment, '-', 2)::BIGINT * {units} + codes.unit AS place, "
            "split_part(variant, '-', 2)::TINYINT AS variant, epoch_us(time) AS time "
            f"FROM {met} AS met JOIN codes USING (unit_key)"
        ).fetchnumpy()
        acted = engine.execute(
            "SELECT codes.unit, epoch_us(time) AS time, name = 'order' AS is_order, value "
            f"FROM {done} AS done JOIN codes USING (unit_key)"
        ).fetchnumpy()
    arrays = [np.asarray(each) for each in (*exposed.values(), *acted.values())]
    return Dense(experiments, units, *arrays)


def add_up(events: Dense) -> list[NDArray[np.float64]]:
    """First exposures by direct index, outcomes by weighted counts, and moments per experiment and arm."""
    size = events.experiments * events.units
    first = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(first, events.exposure_place, events.exposure_time)
    least, most = np.full(size, 127, dtype=np.int8), np.full(size, -1, dtype=np.int8)
    np.minimum.at(least, events.exposure_place, events.exposure_variant)
    np.maximum.at(most, events.exposure_place, events.exposure_variant)
    arms = np.where(least == most, most, -1)
    found = []
    for place in range(events.experiments):
        own = slice(place * events.units, (place + 1) * events.units)
        begun, arm = first[own], arms[own]
        inside = np.flatnonzero(arm[events.unit] >= 0)
        unit, age = events.unit[inside], events.time[inside] - begun[events.unit[inside]]
        order, value = events.is_order[inside], events.value[inside]
        columns = []
        for lower, upper in ((0, WINDOW), (-WINDOW, -1)):
            kept = order & (age >= lower) & (age <= upper)
            orders = np.bincount(unit[kept], minlength=events.units)
            revenue = np.bincount(unit[kept], value[kept], minlength=events.units)
            columns += [np.minimum(orders, 1), orders, revenue, np.minimum(revenue, CAP)]
        for lower, upper in ((FROM, TO), (FROM - TO, -1)):
            kept = ~order & (age >= lower) & (age <= upper)
            columns.append(np.minimum(np.bincount(unit[kept], minlength=events.units), 1))
        for code in range(ARMS):
            units = arm == code
            found.append(np.cov(np.stack([np.asarray(each[units], dtype=np.float64) for each in columns])))
    return found


def tea_tasting_report(view: View) -> Any:
    """The five metrics of one experiment, with covariates, from the same files."""
    filled = ", ".join(f"coalesce({name}, 0)::DOUBLE AS {name}" for name in COLUMNS)
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        table = engine.sql(
            f"{_outcomes(view)} SELECT units.variant, {filled} FROM units "
            "LEFT JOIN outcomes ON units.unit_key = outcomes.unit_key"
        ).to_arrow_table()
    metrics: dict[str, Any] = {
        name: tea_tasting.Mean(name, f"{name}_before") for name in ("buyers", "orders", "capped", "back")
    }
    metrics["basket"] = tea_tasting.RatioOfMeans("revenue", "orders", "revenue_before", "orders_before")
    return tea_tasting.Experiment(metrics).analyze(table, control="arm-0", all_variants=True)
