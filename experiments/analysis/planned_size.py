"""What was known when the planned size was reached, so that what was read then stays read."""

from __future__ import annotations

from datetime import datetime

from experiments.analysis.lake import View
from experiments.analysis.looks import Information, Memory, measured_at
from experiments.analysis.measure import Measurement, scope_of
from experiments.analysis.rows import microseconds
from experiments.definition import Definition
from experiments.plan import Method
from stats.anytime import GRACE


def reached(
    definition: Definition, newest: Measurement, view: View, as_of: datetime, memory: Memory | None = None
) -> tuple[int, Measurement] | None:
    """The moment in microseconds when the planned size was reached, and what was known then.

    Only for a `sequential` plan with a size, once more units have come than count as the plan's end: until
    then the newest numbers are read against the same boundary. The moment is told by receipts of exposures
    alone, so it can be found afterwards and does not move.
    """
    plan = definition.form.plan
    if plan.method is not Method.SEQUENTIAL or plan.exact or plan.planned_units is None:
        return None
    exposed = newest.exposed
    met = exposed.total + exposed.multiple + sum(each.units for each in exposed.bots)
    if met <= GRACE * plan.planned_units:
        return None
    with view.engine() as engine:
        clock = Information(engine, scope_of(definition, view, as_of), None)
        now = microseconds(as_of)
        if clock.completed([now])[0] <= GRACE * plan.planned_units:
            return None
        at = clock.reached((plan.planned_units,), now)[0]
    return None if at is None else (at, measured_at(definition, view, at, memory))
