"""A shop with experiments of three arms and five metrics each, as large as one likes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from experiments.analysis import manifest, parts
from experiments.analysis.engine import connection, key_of
from experiments.analysis.manifest import Manifest, Part
from experiments.analysis.rows import microseconds
from experiments.definition import Definition
from experiments.forms import ExperimentForm, MetricForm

EXPERIMENTS = 20
ARMS = 3
DAYS = 10
WINDOW_HOURS = 336
CAP = 500.0
START = datetime(2026, 11, 1, tzinfo=UTC)
AS_OF = START + timedelta(days=30)
# Every shopper meets three of twenty experiments. Every eleventh exposure repeats one, and of these
# every thousandth shows another variant, so that its unit is left out.
_EXPOSED = """
SELECT range AS place, 'e-' || range AS id,
  'shopper-' || ((n // {experiments} + e * {shoppers} // {experiments}) % {shoppers}) AS unit,
  make_timestamptz({begin} + (hash(range) % 86400000000)::BIGINT) AS time,
  make_timestamptz({begin} + 86400000000 + (hash(range * 13) % 3600000000)::BIGINT) AS received,
  'experiment-' || e AS experiment, 'arm-' || ((hash(n) + again) % {arms}) AS variant,
  NULL::VARCHAR AS attributes
FROM (SELECT range, n, n % {experiments} AS e, (range % 11 = 10 AND range % 1000 = 0)::INT AS again FROM (
  SELECT range, CASE WHEN range % 11 = 10 THEN range // 11 * 10 ELSE range // 11 * 10 + range % 11 END AS n
  FROM range({first}, {last})))
"""
_DONE = """
SELECT range AS place, 'c-' || range AS id, 'shopper-' || (hash(range * 7) % {shoppers}) AS unit,
  make_timestamptz({begin} + (hash(range * 3) % 86400000000)::BIGINT) AS time,
  make_timestamptz({begin} + 86400000000 + (hash(range * 13) % 3600000000)::BIGINT) AS received,
  CASE range % 2 WHEN 0 THEN 'order' ELSE 'visit' END AS name,
  CASE range % 2 WHEN 0 THEN round(exp(3 + sqrt(-2 * ln((hash(range * 5) % 1000000 + 1) / 1000001.0))
    * cos(6.283185 * (hash(range * 11) % 1000000) / 1000000.0)), 2) ELSE 1.0 END AS value,
  CASE range % 2 WHEN 0 THEN 'EUR' END AS currency, NULL::VARCHAR AS properties
FROM range({first}, {last})
"""


def definition(place: int) -> Definition:
    """Buyers, orders, revenue with a cap, the value of a basket, and who comes back."""
    order: dict[str, Any] = {"event": "order", "window_hours": WINDOW_HOURS}
    documents: list[dict[str, Any]] = [
        {"key": "buyers", "kind": "proportion", **order},
        {"key": "orders", "kind": "count", **order},
        {"key": "revenue", "kind": "mean", "unit": "EUR", "cap": {"value": CAP}, **order},
        {
            "key": "basket",
            "kind": "ratio",
            "unit": "EUR",
            "numerator": {"event": "order", "field": "value"},
            "denominator": {"event": "order"},
            "window_hours": WINDOW_HOURS,
        },
        {"key": "back", "kind": "retention", "event": "visit", "from_hours": 24, "to_hours": 168},
    ]
    forms = [MetricForm.model_validate({"name": each["key"], **each}) for each in documents]
    form = ExperimentForm.model_validate(
        {
            "key": f"experiment-{place}",
            "name": f"Experiment {place}",
            "variants": [{"key": f"arm-{arm}", "weight": 1 / ARMS} for arm in range(ARMS)],
            "metrics": {"primary": ["revenue"], "secondary": ["buyers", "orders", "basket", "back"]},
        }
    )
    return Definition(form, {each.key: each for each in forms}, "running", 1, None, START, None)


def fill(root: Path, exposures: int, experiments: int) -> None:
    """A lake with so many events over `DAYS` days, three conversions to ten exposures."""
    made: list[Part] = []
    for day in range(DAYS):
        first, last = exposures * day // DAYS, exposures * (day + 1) // DAYS
        made += _day(root, exposures, experiments, day, (first, last), 1)
    manifest.store(root, Manifest(generation=1, parts=tuple(made)))


def follow_up(root: Path, exposures: int, experiments: int) -> None:
    """One percent more of everything, on the next day."""
    before = manifest.load(root)
    news = _day(root, exposures, experiments, DAYS, (exposures, exposures + exposures // 100), 2)
    manifest.store(root, msgspec.structs.replace(before, generation=2, parts=(*before.parts, *news)))


def _day(
    root: Path, exposures: int, experiments: int, day: int, places: tuple[int, int], generation: int
) -> list[Part]:
    known = {
        "begin": microseconds(START) + day * 86_400_000_000,
        "shoppers": exposures * 10 // 11 // min(experiments, 3),
        "experiments": experiments,
        "arms": ARMS,
    }
    first, last = places
    made = []
    with connection() as engine, connection() as source:
        for kind, query, share in (("exposures", _EXPOSED, 10), ("conversions", _DONE, 3)):
            bounds = {"first": first * share // 10, "last": last * share // 10}
            rows = query.format(**known, **bounds)
            keyed = f"SELECT *, {key_of('unit')} AS unit_key, NULL::INTEGER AS version FROM ({rows})"
            table = source.sql(keyed).to_arrow_table()
            made += parts.write(engine, root, kind, table, generation)
    return made
