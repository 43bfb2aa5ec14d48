"""The report on a file with a row per unit: the same document that an experiment gets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from experiments.analysis.engine import connection
from experiments.analysis.health import missing_check
from experiments.analysis.health_split import (
    multiple_exposure_check,
    pre_period_check,
    sample_ratio_check,
)
from experiments.analysis.measure import Measurement
from experiments.analysis.report import Known, report_of
from experiments.definition import Definition
from experiments.forms import ExperimentForm, MetricForm, MetricKind
from experiments.plan import Method
from experiments.table.events import analyse_events, holds_events
from experiments.table.measure import measure_table
from experiments.table.outcomes import Outcome
from experiments.table.roles import Options, Roles, understand, whole_size
from experiments.table.source import load
from experiments.validation import explain, invalid

Document = dict[str, Any]


def analyse_file(path: Path, asked: Options) -> Document:
    """The report, with `source`: the file's name, its rows, and in `notes` what was guessed.

    Raises:
        ProefwerkError: 422, naming option, column, value and rule.
    """
    try:
        return _analyse(path, asked)
    except ValidationError as error:
        raise invalid(*explain(error)) from error


def _analyse(path: Path, asked: Options) -> Document:
    with connection() as engine:
        data = load(engine, path)
        if holds_events(data):
            return analyse_events(engine, data, asked)
        roles = understand(engine, data, asked)
        definition = _definition(path, roles, asked)
        measurement = measure_table(engine, definition, roles)
    if asked.method is Method.FIXED:
        definition = _sized(definition, whole_size(measurement.exposed.counts, roles.weights))
    # The same file gives the same report.
    as_of = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    report = report_of(definition, as_of, Known(measurement), _health(definition, measurement, roles))
    return {**report, "source": {"file": path.name, "rows": data.rows, "notes": roles.notes}}


def _health(definition: Definition, measurement: Measurement, roles: Roles) -> Document:
    """What can be checked of a file."""
    health = {
        "srm": sample_ratio_check(definition, measurement),
        "missing_fields": missing_check(measurement),
    }
    if roles.unit is not None:
        health["multiple_exposure"] = multiple_exposure_check(definition, measurement)
    if roles.covariates:
        health["pre_period"] = pre_period_check(definition, measurement, measurement.exposed.total)
    return health


def _definition(path: Path, roles: Roles, asked: Options) -> Definition:
    name = path.name.split(".")[0]
    keys = keys_of(roles.variants)
    metrics = [
        _metric(key, outcome)
        for key, outcome in zip(keys_of([each.name for each in roles.outcomes]), roles.outcomes, strict=True)
    ]
    form = ExperimentForm.model_validate(
        {
            "key": keys_of([name])[0],
            "name": name,
            "variants": [
                {"key": key, "name": value, "weight": weight}
                for key, value, weight in zip(keys, roles.variants, roles.weights, strict=True)
            ],
            "metrics": {"primary": [metric.key for metric in metrics]},
            "plan": {
                "method": asked.method.value,
                "alpha": asked.alpha,
                "cuped": bool(roles.covariates),
                "planned_units": asked.planned,
            },
            "segments": list(roles.segments),
        }
    )
    named = {metric.key: metric for metric in metrics}
    return Definition(form, named, "stopped", 1, None, None, None, bots=None)


def _sized(definition: Definition, units: int) -> Definition:
    """The plan of a file that is read once: all of its units, unless more were planned."""
    plan = definition.form.plan
    sized = plan.model_copy(update={"planned_units": plan.planned_units or units})
    return replace(definition, form=definition.form.model_copy(update={"plan": sized}))


def _metric(key: str, outcome: Outcome) -> MetricForm:
    document: Document = {
        "key": key,
        "name": outcome.name,
        "kind": outcome.kind.value,
        "direction": outcome.direction,
    }
    if outcome.kind is MetricKind.RATIO:
        terms = [{"event": column, "field": "value"} for column in outcome.columns]
        document |= {"numerator": terms[0], "denominator": terms[1]}
    else:
        document["event"] = outcome.columns[0]
    if outcome.kind is MetricKind.QUANTILE:
        document["quantile"] = 0.5
    if outcome.cap is not None:
        document["cap"] = {"quantile" if outcome.by_quantile else "value": outcome.cap}
    return MetricForm.model_validate(document)


def keys_of(names: Sequence[str]) -> list[str]:
    """A key for each name, no two alike."""
    keys: list[str] = []
    for place, name in enumerate(names):
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50] or f"n{place}"
        keys.append(plain if plain not in keys else f"{plain}-{place}")
    return keys
