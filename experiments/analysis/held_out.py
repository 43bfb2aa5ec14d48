"""How many of those held out met an experiment that should have left them alone."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.analysis.engine import Engine, literal
from experiments.analysis.rows import microseconds
from experiments.analysis.units import Exposed, Scope
from experiments.definition import Definition, Membership

HELD_OUT = 0
"""Place of the variant that is held out."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Units held out that were exposed to an experiment of the holdout while it belonged to it.

    Attributes:
        units: Distinct units.
        experiments: The experiments with the units that each reached, most first.
    """

    units: int
    experiments: tuple[tuple[str, int], ...]


def reached(engine: Engine, scope: Scope, exposed: Exposed, definition: Definition) -> Reached | None:
    """Looks among the exposures of a holdout's experiments; `None` for what is no holdout."""
    if definition.members is None:
        return None
    if not definition.members or not exposed.counts[HELD_OUT]:
        return Reached(0, ())
    met = engine.execute(
        f"""SELECT grouping(event.experiment), event.experiment, count(DISTINCT event.unit_key)
        FROM {scope.view.source("exposures")} AS event JOIN units ON event.unit_key = units.unit_key
        WHERE units.variant = {HELD_OUT} AND {scope.known_by_then("event")}
          AND ({" OR ".join(_belongs(item) for item in definition.members)})
        GROUP BY GROUPING SETS ((), (event.experiment))"""
    ).fetchall()
    by_experiment = sorted((-units, key) for whole, key, units in met if not whole)
    total = next((units for whole, _, units in met if whole), 0)
    return Reached(total, tuple((key, -units) for units, key in by_experiment))


def _belongs(item: Membership) -> str:
    since = f"event.time >= make_timestamptz({microseconds(item.since)})"
    until = "" if item.until is None else f" AND event.time < make_timestamptz({microseconds(item.until)})"
    return f"(event.experiment = {literal(item.experiment)} AND {since}{until})"
