"""Outcomes of units whose window has closed, in the order of closing, equal ones counted together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.analysis.columns import Column
from experiments.analysis.engine import Engine
from experiments.analysis.units import microseconds

FIRST_BATCH = 100
GROWTH = 1.15
"""Each batch ends when so many times the units of the one before are complete: what a report says of a unit
never depends on the moment at which it is made."""


@dataclass(frozen=True, slots=True)
class Complete:
    """Rows of equal units; arrays of shape `(n,)`, ordered by batch.

    Attributes:
        batch: Batch, from 0.
        variant: Place of the variant in the definition.
        value: Outcome.
        covariate: The same metric before exposure; zeros where that is not used.
        count: Units.
    """

    batch: NDArray[np.int64]
    variant: NDArray[np.int64]
    value: NDArray[np.float64]
    covariate: NDArray[np.float64]
    count: NDArray[np.int64]


def complete(engine: Engine, outcome: Column, covariate: Column | None, hours: float, now: int) -> Complete:
    """What the units did whose window of so many hours has closed at `now`, microseconds since 1970 UTC."""
    before = "0.0" if covariate is None else f"coalesce(outcomes.{covariate.name}, 0.0)"
    found = engine.execute(
        f"""WITH closed AS (
          SELECT unit_key, variant, row_number() OVER (ORDER BY first, unit_key) - 1 AS place
          FROM units WHERE first <= {now - microseconds(hours)}
        )
        SELECT CASE WHEN place < {FIRST_BATCH} THEN 0
            ELSE 1 + floor(ln(place / {FIRST_BATCH}.0) / ln({GROWTH}) + 1e-9) END::BIGINT AS batch,
          closed.variant::BIGINT AS variant, coalesce(outcomes.{outcome.name}, 0.0) AS value,
          {before} AS covariate, count(*)::BIGINT AS units
        FROM closed LEFT JOIN outcomes USING (unit_key)
        GROUP BY ALL ORDER BY ALL"""
    ).fetchnumpy()
    return Complete(
        batch=_gapless(np.asarray(found["batch"], dtype=np.int64)),
        variant=np.asarray(found["variant"], dtype=np.int64),
        value=np.asarray(found["value"], dtype=np.float64),
        covariate=np.asarray(found["covariate"], dtype=np.float64),
        count=np.asarray(found["units"], dtype=np.int64),
    )


def _gapless(batches: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(np.unique(batches, return_inverse=True)[1], dtype=np.int64)
