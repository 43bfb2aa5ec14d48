"""Rehearses a reading on the experiment's own units: how often fake assignments would raise an alarm."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.analysis import metrics, summarise, units
from experiments.analysis.columns import Column, program
from experiments.analysis.compare import procedure, reading_plan
from experiments.analysis.engine import Engine
from experiments.analysis.lake import View
from experiments.analysis.measure import roles_of, scope_of
from experiments.analysis.slices import usable
from experiments.definition import Definition
from experiments.forms import MetricForm, MetricKind
from experiments.plan import Method
from stats.family import E_BENJAMINI_HOCHBERG
from stats.plan import ReadingPlan
from stats.readers import (
    Reader,
    read_automatic,
    read_evidence,
    read_planned_looks,
    read_planned_size,
    read_single_look,
    read_welch,
)
from stats.rerandomise import Rehearsal, Shop, rehearse
from stats.result import Undetermined

Document = dict[str, Any]
Floats = NDArray[np.float64]

REPLICATES = 1_000
LOOKS = 60
MOST_UNITS = 200_000
LEAST_UNITS = 200


@dataclass(frozen=True, slots=True)
class _Sample:
    """Units in the order of exposure, every `step`-th of them, with all columns."""

    names: tuple[str, ...]
    values: Floats
    total: int

    def of(self, columns: list[Column]) -> Floats:
        """The columns of one metric, shape `(n, k)`."""
        return self.values[:, [self.names.index(column.name) for column in columns]]

    def digest(self) -> str:
        """SHA-256 of the values, which also draws the fake assignments."""
        return hashlib.sha256(np.ascontiguousarray(self.values).tobytes()).hexdigest()


def rehearsed(definition: Definition, view: View, as_of: datetime) -> Document:
    """How often any look would have called a difference under fake assignments, per metric.

    The units are those of all variants together: under an assignment drawn anew nothing has an effect,
    whatever the real one did, and there are as many of them as in the experiment. The same events give the
    same document.

    Args:
        definition: The experiment, with its metrics as they were frozen.
        view: The lake.
        as_of: A moment with a time zone.
    """
    scope = scope_of(definition, view, as_of)
    roles = roles_of(definition)
    forms = [form for _, form in roles]
    with view.engine() as engine:
        exposed = units.build(engine, scope)
        work = program(forms, covariates=definition.form.plan.cuped)
        metrics.build(engine, scope, work)
        for form in forms:
            if form.cap is not None and form.cap.quantile is not None:
                summarise.cap_at_quantile(engine, work.columns[form.key], form.cap.quantile, exposed.total)
        bounds = metrics.bounds(engine, work.distinct())
        sample = _sample(engine, [column.name for column in work.distinct()], exposed.total)
    digest = sample.digest()
    found = [
        _metric(definition, role, form, roles, sample, usable(work.columns[form.key], bounds), digest)
        for role, form in roles
    ]
    return {
        "experiment": definition.form.key,
        "as_of": as_of.astimezone(UTC).isoformat(),
        "data_hash": digest,
        "method": definition.form.plan.method.value,
        "alpha": definition.form.plan.alpha,
        "replicates": REPLICATES,
        "looks": LOOKS,
        "units": len(sample.values),
        "units_in_all": sample.total,
        "metrics": found,
    }


def _sample(engine: Engine, names: list[str], total: int) -> _Sample:
    step = -(-total // MOST_UNITS) or 1
    values = ", ".join(f"coalesce(outcomes.{name}, 0.0) AS {name}" for name in names)
    rows = engine.execute(
        f"SELECT {values} FROM (SELECT unit_key, first, row_number() OVER (ORDER BY first, unit_key) - 1 AS "
        f"place FROM units) AS unit LEFT JOIN outcomes ON outcomes.unit_key = unit.unit_key "
        f"WHERE place % {step} = 0 ORDER BY place"
    ).fetchnumpy()
    table = np.column_stack([np.asarray(rows[name], dtype=np.float64) for name in names])
    return _Sample(tuple(names), table, total)


def _metric(
    definition: Definition,
    role: str,
    form: MetricForm,
    roles: list[tuple[str, MetricForm]],
    sample: _Sample,
    columns: list[Column],
    digest: str,
) -> Document:
    weights = [variant.weight for variant in definition.form.variants]
    size = (len(weights) - 1) * sum(each == role for each, _ in roles)
    plan = reading_plan(definition)
    reader = reader_of(plan, role, size)
    why = _refusal(reader, form, columns, len(sample.values))
    head: Document = {
        "metric": form.key,
        "name": form.name,
        "role": role,
        "kind": form.kind.value,
        "promised": plan.alpha * (len(weights) - 1) / size,
        "false_alarms": None,
        "lower": None,
        "upper": None,
        "kept": None,
        "every_look": None,
        "determined": None,
        "undetermined": None if why is None else why.reason,
        "undetermined_code": None if why is None else why.code,
    }
    if reader is None or why is not None:
        return head
    # A variant that gets no units is compared with nothing.
    weights = [weight for weight in weights if weight > 0]
    shop = Shop(
        columns=tuple(column.role for column in columns),
        values=sample.of(columns),
        kind=form.kind.value,
        shares=tuple(weight / sum(weights) for weight in weights),
        # A sample stands for all units, so its plan shrinks as it does.
        planned_units=max(1, round(plan.planned_units * len(sample.values) / sample.total)),
    )
    readings = {"ours": reader, "every_look": read_welch}
    seed = int(hashlib.sha256(f"{digest} {form.key}".encode()).hexdigest()[:15], 16)
    found = rehearse(shop, readings, plan.alpha / size, REPLICATES, LOOKS, seed)
    return {**head, **_findings(found["ours"], head["promised"]), "every_look": found["every_look"].called}


def reader_of(plan: ReadingPlan, role: str, comparisons: int) -> Reader | None:
    """How a report reads a metric; `None` for a Bayesian plan, whose readings make no promise.

    Args:
        plan: The registered way of reading.
        role: Of the metric.
        comparisons: Size of its family.
    """
    method = Method(plan.method)
    if method == Method.SEQUENTIAL:
        by_e_value = procedure(plan, role) == E_BENJAMINI_HOCHBERG and comparisons > 1
        return read_evidence if by_e_value else read_automatic
    if method == Method.GROUP_SEQUENTIAL and plan.looks is not None:
        return partial(read_planned_looks, looks=plan.looks, spending=plan.spending)
    return {Method.GROUP_SEQUENTIAL: read_planned_size, Method.FIXED: read_single_look}.get(method)


def _refusal(
    reader: Reader | None, form: MetricForm, columns: list[Column], count: int
) -> Undetermined | None:
    if reader is None:
        return Undetermined("no_promise", "A Bayesian plan makes no promise about false alarms.")
    if form.kind == MetricKind.QUANTILE:
        return Undetermined("needs_values", "A quantile is not read from sums, so it cannot be rehearsed.")
    if not columns:
        return Undetermined("values_too_large", "The values are too large to compute with; cap the metric.")
    if count < LEAST_UNITS:
        return Undetermined("too_few_units", f"There are {count:,} units; {LEAST_UNITS} are needed.")
    return None


def _findings(found: Rehearsal, promised: float) -> Document:
    low, high = found.bounds
    return {
        "false_alarms": found.called,
        "lower": low,
        "upper": high,
        "kept": low <= promised,
        "determined": found.determined,
    }
