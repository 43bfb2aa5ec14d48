"""The report: everything measured, compared and decided about one experiment, as plain JSON."""

from __future__ import annotations

import hashlib
import math
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from experiments.analysis import look_rows, looks, planned_size
from experiments.analysis.compare import DEFAULT_PLANNED_UNITS, compared, compared_slices, reading_plan
from experiments.analysis.comparison_rows import finite
from experiments.analysis.cut_rows import cut_section
from experiments.analysis.decision import Situation, decide
from experiments.analysis.health import checked, maturity_check
from experiments.analysis.health_currency import rates_document
from experiments.analysis.health_trigger import trigger_check
from experiments.analysis.inventory import inventory
from experiments.analysis.lake import View
from experiments.analysis.measure import Measurement, measure
from experiments.analysis.reach import Pace, Reach, reach
from experiments.analysis.rows import moment
from experiments.analysis.software import software
from experiments.analysis.trigger_rows import trigger_section
from experiments.analysis.triggered import Triggered, triggered
from experiments.definition import Definition, plan_document

Document = dict[str, Any]


class Measure(Protocol):
    """What `measure.measure` does, perhaps sooner."""

    def __call__(
        self, definition: Definition, view: View, as_of: datetime, /, *, cuts: bool = False
    ) -> Measurement:
        """Measure an experiment."""
        ...


SCHEMA = 1
ARITHMETIC = 2
"""How sums are rounded; numbers of reports with another one, or none, differ in their last digits."""
SECONDS_A_DAY = 86_400
# Below this span the pace says nothing about days.
LEAST_SPAN_SECONDS = 600.0
# Further ahead nobody plans, and dates end.
MOST_DAYS = 3_650


def analyse(
    definition: Definition,
    view: View,
    as_of: datetime,
    memory: looks.Memory | None = None,
    measured: Measure = measure,
) -> Document:
    """Analyse an experiment from the events that had been received at `as_of`.

    The same definition, events and moment give the same report but for its `id`.

    Args:
        definition: The experiment, with its metrics as they were frozen.
        view: The lake.
        as_of: A moment with a time zone.
        memory: What was measured at planned looks before, so that it need not be measured again.
        measured: Measures the experiment.
    """
    as_of = as_of.astimezone(UTC)
    definition = definition.at(as_of)
    measurement = measured(definition, view, as_of, cuts=True)
    entered = triggered(definition, view, as_of, memory)
    reached = planned_size.reached(definition, measurement, view, as_of, memory) if entered is None else None
    known = Known(measurement, entered, looks.follow(definition, view, as_of, memory), reached)
    health = checked(definition, measurement, as_of, _planned_units(definition))
    events = inventory(view, as_of, definition.started_at)
    return {**report_of(definition, as_of, known, health), "events": events}


@dataclass(frozen=True, slots=True)
class Known:
    """What a report rests on.

    Attributes:
        measurement: Of everybody exposed.
        entered: Of the units that reached the trigger, where one is declared: they decide.
        schedule: The planned looks, for a plan of them.
        reached: When the planned size was reached, and what was known then.
    """

    measurement: Measurement
    entered: Triggered | None = None
    schedule: looks.Schedule | None = None
    reached: tuple[int, Measurement] | None = None

    @property
    def deciding(self) -> Measurement:
        """Of the units that decide, which tell the time too."""
        return self.measurement if self.entered is None else self.entered.measurement

    @property
    def reached_at(self) -> int | None:
        """When the planned size was reached, in microseconds since 1970 UTC."""
        if self.entered is not None:
            return self.entered.reached_at
        return None if self.reached is None else self.reached[0]

    def digest(self) -> str:
        """SHA-256 of all of it."""
        whole = looks.digest(self.measurement, self.schedule)
        if self.entered is None:
            return whole
        return hashlib.sha256(f"{whole}\n{self.entered.digest()}".encode()).hexdigest()


def report_of(definition: Definition, as_of: datetime, known: Known, health: Document) -> Document:
    """Compare, decide and write down.

    Args:
        definition: The experiment at that moment.
        as_of: In UTC.
        known: What was measured.
        health: Findings about the data, by name.
    """
    form, measurement, progress = definition.form, known.measurement, _progress(definition, known.deciding)
    metrics, decisive, planned = _compared(definition, measurement, known.schedule, known.reached)
    sections: Document = {}
    if known.entered is not None:
        health = {**health, "trigger_balance": trigger_check(known.entered)}
        sections["trigger"] = trigger_section(known.entered, health["trigger_balance"], metrics)
        decisive = sections["trigger"]["metrics"]
    cuts = cut_section(definition, measurement)
    found = _reach(definition, known.deciding, metrics if known.entered is None else decisive)
    decision = decide(
        Situation(
            metrics=decisive,
            variants=tuple(variant.key for variant in form.variants[1:]),
            failed=tuple(name for name, check in health.items() if check["status"] == "failed"),
            mde=form.plan.mde,
            planned_units=progress["planned_units"],
            units=known.deciding.exposed.total,
            days_left=progress["days_left"] if definition.stopped_at is None else None,
            mature_share=maturity_check(known.deciding)["share"],
            reach=found,
            looks=planned,
        )
    )
    return {
        **_head(definition, as_of, known),
        "progress": progress | {"reached_at": _stamp(known.reached_at)},
        "reach": None if found is None else found.document(),
        "looks": planned,
        "health": health,
        **rates_document(measurement),
        "metrics": metrics,
        **sections,
        "segments": compared_slices(definition, measurement),
        **({} if cuts is None else {"cuts": cuts}),
        "series": {
            "exposures": [
                {"time": _stamp(at), "variant": form.variants[place].key, "units": units}
                for at, place, units in measurement.points
            ]
        },
        "decision": decision,
    }


def _head(definition: Definition, as_of: datetime, known: Known) -> Document:
    """Which experiment this is, and what it rests on."""
    form = definition.form
    return {
        "schema": SCHEMA,
        "arithmetic": ARITHMETIC,
        "id": uuid.uuid4().hex,
        "experiment": form.key,
        "name": form.name,
        "version": definition.version,
        "status": definition.status,
        "started_at": _iso(definition.started_at),
        "stopped_at": _iso(definition.stopped_at),
        "as_of": as_of.isoformat(),
        "alpha": form.plan.alpha,
        "method": form.plan.method.value,
        "plan_hash": definition.plan_hash,
        "data_hash": known.digest(),
        "software": software(),
        "registered": plan_document(form, definition.metrics, definition.version),
        **_phases(definition),
        "variants": [
            {"key": variant.key, "name": variant.name, "units": units, "share": variant.weight}
            for variant, units in zip(form.variants, known.measurement.exposed.counts, strict=True)
        ],
    }


def _stamp(at: int | None) -> str | None:
    return None if at is None else moment(at).isoformat()


def _phases(definition: Definition) -> Document:
    """The phases until this one and how it divided shoppers; nothing for a first one that never grew."""
    if len(definition.phases) < 2 and len(definition.splits) < 2:
        return {}
    return {
        "phases": [
            {
                "version": phase.version,
                "started_at": _iso(phase.started_at),
                "ended_at": _iso(phase.ended_at),
                "plan_hash": phase.plan_hash,
                "reason": phase.reason,
            }
            for phase in definition.phases
        ],
        "splits": [
            {
                "from": _iso(split.at),
                "traffic": split.traffic,
                "variants": [{"key": key, "weight": weight} for key, weight in split.variants],
            }
            for split in definition.splits
        ],
    }


def _compared(
    definition: Definition,
    measurement: Measurement,
    schedule: looks.Schedule | None,
    reached: tuple[int, Measurement] | None,
) -> tuple[list[Document], list[Document], Document | None]:
    """The report's `metrics`, what a decision rests on, and the report's `looks`."""
    if schedule is None:
        metrics = compared(definition, measurement, earlier=None if reached is None else reached[1])
        return metrics, metrics, None
    readings = look_rows.read(definition, schedule)
    shown = compared(definition, measurement, readings.settled())
    look_rows.attach(definition, shown, readings)
    document = look_rows.schedule_document(definition, schedule, _expected(measurement, schedule))
    return shown, look_rows.deciding(definition, shown, readings), document


def _expected(measurement: Measurement, schedule: looks.Schedule) -> str | None:
    """When the next look is due at the pace of units until now, the window of the last of them included."""
    exposed, following = measurement.exposed, schedule.next
    if following is None or exposed.first is None or exposed.last is None:
        return None
    span = exposed.last - exposed.first
    if span < LEAST_SPAN_SECONDS * 1e6:
        return None
    missing = max(0, schedule.units[following - 1] - exposed.total)
    days = missing / exposed.total * span / 1e6 / SECONDS_A_DAY + (schedule.window or 0.0) / 24
    return None if days > MOST_DAYS else (moment(exposed.last) + timedelta(days=days)).isoformat()


def _progress(definition: Definition, measurement: Measurement) -> Document:
    """How far the experiment is; the pace comes from the events, so it is the same whenever computed."""
    exposed = measurement.exposed
    planned = _planned_units(definition)
    days = None
    if exposed.total >= planned:
        days = 0
    elif exposed.first is not None and exposed.last is not None:
        span = (exposed.last - exposed.first) / 1e6
        if span >= LEAST_SPAN_SECONDS:
            days = math.ceil((planned - exposed.total) / exposed.total * span / SECONDS_A_DAY)
    return {
        "units": exposed.total,
        "planned_units": planned,
        "share": finite(exposed.total / planned),
        "days_left": days,
    }


def _planned_units(definition: Definition) -> int:
    return definition.form.plan.planned_units or DEFAULT_PLANNED_UNITS


def _reach(definition: Definition, measurement: Measurement, metrics: list[Document]) -> Reach | None:
    exposed = measurement.exposed
    span = 0 if exposed.first is None or exposed.last is None else exposed.last - exposed.first
    pace = Pace(exposed.total, span / 1e6 / SECONDS_A_DAY, definition.stopped_at is None)
    weights = {variant.key: variant.weight for variant in definition.form.variants}
    return reach(metrics, weights, reading_plan(definition), pace)


def _iso(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat()
