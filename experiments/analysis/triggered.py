"""Units that reached the trigger, in all variants alike, each measured from that moment on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from experiments.analysis import units
from experiments.analysis.engine import Engine, literal
from experiments.analysis.lake import View
from experiments.analysis.looks import Memory
from experiments.analysis.measure import Measurement, of_units, scope_of
from experiments.analysis.persons import name_ids
from experiments.analysis.rows import moment
from experiments.analysis.units import Exposed, Scope
from experiments.definition import Definition
from experiments.plan import Method
from stats.anytime import GRACE


@dataclass(frozen=True, slots=True)
class Triggered:
    """What the triggered units did.

    Attributes:
        event: Name of the trigger.
        definition: The experiment with what is read of these units: primary metrics and guardrails.
        exposed: Exposed units per variant, those that never reached it included.
        measurement: Of the triggered units; `first` there is the moment of the trigger.
        reached_at: When the planned size was reached, in microseconds since 1970 UTC; `None` where it is not,
            or where nothing was kept apart for it.
        earlier: What was known then.
    """

    event: str
    definition: Definition
    exposed: tuple[int, ...]
    measurement: Measurement
    reached_at: int | None = None
    earlier: Measurement | None = None

    def digest(self) -> str:
        """SHA-256 of what this rests on, and the exposed units."""
        return f"{self.exposed} {self.measurement.digest()}"


def triggered(
    definition: Definition, view: View, as_of: datetime, memory: Memory | None = None
) -> Triggered | None:
    """Measure the units that reached the trigger at or after first exposure; `None` without a trigger.

    Outcomes count from the trigger on, windows begin there, and covariates are what was known before it.
    Time is told by triggered units: one enters when its trigger comes.

    Args:
        definition: The experiment.
        view: The lake.
        as_of: A moment with a time zone.
        memory: What was measured before when a planned size was reached.
    """
    if definition.form.trigger is None:
        return None
    event = definition.form.trigger.event
    roles = definition.form.metrics.model_copy(update={"secondary": []})
    form = definition.form.model_copy(update={"metrics": roles, "segments": []})
    narrowed = replace(definition, form=form)
    exposed, measurement, at = _measured(narrowed, view, as_of, event)
    earlier = None if at is None else _measured_at(narrowed, view, at, event, memory)
    return Triggered(event, narrowed, exposed.counts, measurement, at, earlier)


def _measured(
    definition: Definition, view: View, as_of: datetime, event: str
) -> tuple[Exposed, Measurement, int | None]:
    """Everybody exposed, the triggered units, and when the planned size was reached."""
    scope = scope_of(definition, view, as_of)
    with view.engine() as engine:
        exposed = units.build(engine, scope)
        entered = enter(engine, scope, event, exposed)
        return exposed, of_units(engine, definition, scope, entered), _planned(engine, definition, entered)


def enter(engine: Engine, scope: Scope, event: str, exposed: Exposed) -> Exposed:
    """Make the views `units` and `named` hold the triggered units only, each from its trigger on.

    Args:
        engine: Holds `units` and `named` of everybody exposed.
        scope: Which events count; without segments.
        event: Name of the trigger.
        exposed: Everybody exposed.

    Returns:
        The triggered units in numbers.
    """
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE entered AS
        SELECT named.unit_key, any_value(named.variant) AS variant, min(epoch_us(event.time)) AS first,
          min(epoch_us(event.received)) AS arrival
        FROM {scope.view.source("conversions")} AS event JOIN named ON event.unit_key = named.id_key
        WHERE event.name = {literal(event)} AND {scope.known_by_then("event")}
          AND epoch_us(event.time) >= named.first
        GROUP BY named.unit_key"""
    )
    engine.execute("CREATE OR REPLACE TEMP VIEW units AS SELECT unit_key, first, variant FROM entered")
    name_ids(engine, joined=exposed.are_joined)
    counts = dict(engine.execute("SELECT variant, count(*) FROM units GROUP BY variant").fetchall())
    first, last = engine.execute("SELECT min(first), max(first) FROM units").fetchall()[0]
    return replace(
        exposed,
        counts=tuple(counts.get(place, 0) for place in range(len(scope.variants))),
        multiple=0,
        first=first,
        last=last,
    )


def _planned(engine: Engine, definition: Definition, entered: Exposed) -> int | None:
    """When the trigger of the last planned unit was received, once more units came than end the plan."""
    plan = definition.form.plan
    if plan.method is not Method.SEQUENTIAL or plan.exact or plan.planned_units is None:
        return None
    if entered.total <= GRACE * plan.planned_units:
        return None
    rows = engine.execute(
        f"SELECT arrival FROM entered ORDER BY arrival LIMIT 1 OFFSET {plan.planned_units - 1}"
    ).fetchall()
    return int(rows[0][0])


def _measured_at(
    definition: Definition, view: View, at: int, event: str, memory: Memory | None
) -> Measurement:
    key = (definition.form.key, definition.version, definition.plan_hash, at, view.manifest.removals)
    if memory is not None and key in memory:
        return memory[key]
    found = _measured(definition, view, moment(at), event)[1]
    if memory is not None:
        memory[key] = found
    return found
