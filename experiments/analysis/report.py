"""The report: everything measured, compared and decided about one experiment, as plain JSON."""

from __future__ import annotations

import math
import uuid
from datetime import UTC, datetime
from typing import Any

from experiments.analysis.compare import DEFAULT_PLANNED_UNITS, compared, compared_slices, reading_plan
from experiments.analysis.comparison_rows import finite
from experiments.analysis.decision import Situation, decide
from experiments.analysis.health import checked
from experiments.analysis.lake import View
from experiments.analysis.measure import Measurement, measure
from experiments.analysis.reach import Pace, Reach, reach
from experiments.analysis.rows import moment
from experiments.definition import Definition

Document = dict[str, Any]
SCHEMA = 1
SECONDS_A_DAY = 86_400
# Below this span the pace says nothing about days.
LEAST_SPAN_SECONDS = 600.0


def analyse(definition: Definition, view: View, as_of: datetime) -> Document:
    """Analyse an experiment from the events that had been received at `as_of`.

    The same definition, events and moment give the same report but for its `id`.

    Args:
        definition: The experiment, with its metrics as they were frozen.
        view: The lake.
        as_of: A moment with a time zone.
    """
    as_of = as_of.astimezone(UTC)
    measurement = measure(definition, view, as_of)
    form = definition.form
    progress = _progress(definition, measurement)
    health = checked(definition, measurement, as_of, progress["planned_units"])
    metrics = compared(definition, measurement)
    exposed = measurement.exposed
    found = _reach(definition, measurement, metrics)
    decision = decide(
        Situation(
            metrics=metrics,
            variants=tuple(variant.key for variant in form.variants[1:]),
            failed=tuple(name for name, check in health.items() if check["status"] == "failed"),
            mde=form.plan.mde,
            planned_units=progress["planned_units"],
            units=exposed.total,
            days_left=progress["days_left"] if definition.stopped_at is None else None,
            mature_share=health["maturity"]["share"],
            reach=found,
        )
    )
    return {
        "schema": SCHEMA,
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
        "data_hash": measurement.digest(),
        "variants": [
            {"key": variant.key, "name": variant.name, "units": units, "share": variant.weight}
            for variant, units in zip(form.variants, exposed.counts, strict=True)
        ],
        "progress": progress,
        "reach": None if found is None else found.document(),
        "health": health,
        "metrics": metrics,
        "segments": compared_slices(definition, measurement),
        "series": {
            "exposures": [
                {"time": moment(at).isoformat(), "variant": form.variants[place].key, "units": units}
                for at, place, units in measurement.points
            ]
        },
        "decision": decision,
    }


def _progress(definition: Definition, measurement: Measurement) -> Document:
    """How far the experiment is; the pace comes from the events, so it is the same whenever computed."""
    exposed = measurement.exposed
    planned = definition.form.plan.planned_units or DEFAULT_PLANNED_UNITS
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


def _reach(definition: Definition, measurement: Measurement, metrics: list[Document]) -> Reach | None:
    exposed = measurement.exposed
    span = 0 if exposed.first is None or exposed.last is None else exposed.last - exposed.first
    pace = Pace(exposed.total, span / 1e6 / SECONDS_A_DAY, definition.stopped_at is None)
    weights = {variant.key: variant.weight for variant in definition.form.variants}
    return reach(metrics, weights, reading_plan(definition), pace)


def _iso(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat()
