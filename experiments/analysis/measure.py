"""Measures an experiment: from the lake to moments per metric, variant and segment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from assignment.events import MAX_AHEAD
from experiments.analysis import exchange, metrics, summarise, timing, units
from experiments.analysis.arrivals import Arrivals, arrivals
from experiments.analysis.columns import Program, program
from experiments.analysis.complete import Complete, complete
from experiments.analysis.counted import Counted, count
from experiments.analysis.cuts import Cuts, cut, with_spans
from experiments.analysis.engine import Engine
from experiments.analysis.exchange import Used
from experiments.analysis.held_out import Reached, reached
from experiments.analysis.lake import View
from experiments.analysis.metrics import Left
from experiments.analysis.phase_units import NOBODY_ASIDE, phase_of
from experiments.analysis.recheck import NOBODY, Rechecked, recheck
from experiments.analysis.rows import microseconds
from experiments.analysis.slices import Slice, capped, ranks_of, slices_of, usable
from experiments.analysis.units import Exposed, Scope
from experiments.bots import rules_at
from experiments.definition import Definition
from experiments.forms import MetricForm
from experiments.outcomes import highest_value, window_hours
from stats.clock import FINAL, Clock
from stats.ranks import Ranks
from stats.summary import Summary

ROLES = (("primary", "primary"), ("guardrail", "guardrails"), ("secondary", "secondary"))


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric.

    Attributes:
        form: The metric.
        role: `primary`, `guardrail` or `secondary`.
        summaries: One per variant; `None` when values are too large to compute with.
        ranks: The ordered values around the quantile per variant, for metrics of that kind.
        left: What could not be counted.
        cap: Most that a unit could count for; `None` without a limit.
        clock: How much information units carry while outcomes come in; see `timing.clocks`.
        complete: Outcomes in the order of closing windows, where the plan asks for an exact reading.
    """

    form: MetricForm
    role: str
    summaries: tuple[Summary, ...] | None
    ranks: tuple[Ranks, ...]
    left: Left
    cap: float | None
    clock: Clock
    complete: Complete | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """Everything that a report rests on.

    Attributes:
        exposed: Units in numbers.
        matured: Units whose window has closed, by hours.
        points: Cumulative units as (moment in microseconds, variant, units).
        last_conversion: Time of the latest conversion that counts, microseconds since 1970 UTC.
        metrics: In the order primary, guardrail, secondary.
        slices: Segment values, largest first.
        arrivals: When events happened and came in.
        rechecked: What assigning a sample of the units again gave.
        reached: Who was held out and yet met an experiment of this holdout; `None` for what is no holdout.
        rates: What amounts in other currencies were converted with; `None` where they are all left out.
        cuts: The primary metrics by age and date of exposure; `None` where nobody asked.
    """

    exposed: Exposed
    matured: dict[float, int]
    points: list[tuple[int, int, int]]
    last_conversion: int | None
    metrics: tuple[Measured, ...]
    slices: tuple[Slice, ...]
    arrivals: Arrivals
    rechecked: Rechecked = NOBODY
    reached: Reached | None = None
    rates: Used | None = None
    cuts: Cuts | None = None

    def digest(self) -> str:
        """SHA-256 of the sufficient statistics: the same events give the same text, in any order."""
        content: dict[str, object] = {
            "units": [self.exposed.counts, self.exposed.multiple, self.exposed.unknown_events],
            "first": [self.exposed.first, self.exposed.last],
            "metrics": {each.form.key: [asdict(s) for s in each.summaries or ()] for each in self.metrics},
            "quantiles": {each.form.key: [asdict(arm) for arm in each.ranks] for each in self.metrics},
            "clocks": {each.form.key: each.clock.numbers for each in self.metrics},
            "left": {each.form.key: _left(each.left) for each in self.metrics},
            "slices": [asdict(each) for each in self.slices],
        }
        if self.exposed.bots:
            content["bots"] = [asdict(each) for each in self.exposed.bots]
        if self.exposed.aside != NOBODY_ASIDE:
            content["aside"] = asdict(self.exposed.aside)
        if self.exposed.joined is not None:
            content["joined"] = asdict(self.exposed.joined)
        if self.rates is not None and self.rates.digest is not None:
            content["rates"] = self.rates.digest
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _left(left: Left) -> dict[str, object]:
    """As it was before amounts were converted, where none was: stored reports keep their hash."""
    whole = asdict(left)
    return whole if left.converted else {name: whole[name] for name in whole if name != "converted"}


def scope_of(definition: Definition, view: View, as_of: datetime) -> Scope:
    """Which events count: those known at `as_of`, and none from after the stop.

    After a stop everybody gets the same variant, so what happens then says nothing about the split.
    """
    # Clocks of storefronts run ahead of ours; what the doors accepted counts.
    until = as_of + MAX_AHEAD
    if definition.stopped_at is not None:
        until = min(until, definition.stopped_at)
    form = definition.form
    return Scope(
        view=view,
        experiment=form.key,
        variants=tuple(variant.key for variant in form.variants),
        segments=tuple(form.segments),
        until=microseconds(until),
        received=microseconds(as_of),
        bots=None if definition.bots is None else rules_at(definition.bots, as_of),
        by_person=form.fallback_attribute is not None,
        phase=phase_of(definition.at(as_of)),
        quotes=exchange.standing(definition.rates or (), view, as_of),
    )


def roles_of(definition: Definition) -> list[tuple[str, MetricForm]]:
    """Every metric with its role, in the order of the report."""
    named = definition.form.metrics
    return [(role, definition.metrics[key]) for role, field in ROLES for key in getattr(named, field)]


def measure(definition: Definition, view: View, as_of: datetime, *, cuts: bool = False) -> Measurement:
    """Compute everything that a report rests on from the events in the lake; `cuts` too where asked."""
    definition = definition.at(as_of)
    scope = scope_of(definition, view, as_of)
    work = program_of(definition, cuts=cuts)
    with view.engine() as engine:
        exposed = units.build(engine, scope)
        return whole(engine, definition, scope, exposed, count(engine, scope, work), cuts=cuts)


def whole(
    engine: Engine,
    definition: Definition,
    scope: Scope,
    exposed: Exposed,
    counted: Counted,
    *,
    cuts: bool,
) -> Measurement:
    """Everything, once the tables of units and outcomes stand."""
    return replace(
        of_units(engine, definition, scope, exposed, counted, cuts=cuts),
        rechecked=recheck(engine, scope, exposed, definition),
        reached=reached(engine, scope, exposed, definition),
    )


def program_of(definition: Definition, *, cuts: bool = False) -> Program:
    """What is computed of each unit; `cuts` too where asked."""
    roles = roles_of(definition)
    work = program([form for _, form in roles], covariates=definition.form.plan.cuped)
    return with_spans(work, _primaries(roles)) if cuts else work


def _primaries(roles: list[tuple[str, MetricForm]]) -> list[MetricForm]:
    return [form for role, form in roles if role == "primary"]


def of_units(
    engine: Engine,
    definition: Definition,
    scope: Scope,
    exposed: Exposed,
    counted: Counted | None = None,
    *,
    cuts: bool = False,
) -> Measurement:
    """What the units of the views `units` and `named` did, each from its own first moment on.

    Args:
        engine: Holds the views, and `outcomes` where that is known.
        definition: The experiment.
        scope: Which events count.
        exposed: The units in numbers.
        counted: What was added up before.
        cuts: Whether the primary metrics are cut by age and date of exposure too.
    """
    roles, work = roles_of(definition), program_of(definition, cuts=cuts)
    counted = counted or count(engine, scope, work)
    hours = sorted({each for _, form in roles if (each := window_hours(form)) is not None})
    caps = {form.key: capped(engine, work, form, exposed.total) for _, form in roles}
    bounds = metrics.bounds(engine, work.distinct())
    sound = {key: kept for key in work.columns if (kept := usable(work.columns[key], bounds))}
    counts: dict[tuple[int, ...], int] = {(place,): count for place, count in enumerate(exposed.counts)}
    counted.sums = counted.add_up(engine, sound, bounds)
    summaries = summarise.moments(engine, ("variant",), counts, sound, bounds, sums=counted.sums)
    now = min(scope.until, scope.received)
    latest = metrics.latest(engine)
    clocks = timing.clocks(engine, hours, exposed, now, latest)
    return Measurement(
        exposed=exposed,
        matured=timing.matured(engine, hours, now),
        points=timing.over_time(engine, exposed),
        last_conversion=latest,
        metrics=tuple(
            Measured(
                form=form,
                role=role,
                summaries=tuple(summaries[form.key].values()) if form.key in summaries else None,
                ranks=ranks_of(engine, work, form, exposed.counts),
                left=metrics.left_out(counted.conversions, work, form),
                cap=caps[form.key],
                complete=_complete(engine, definition, form, work, now),
                clock=clocks.get(window_hours(form), FINAL),
            )
            for role, form in roles
        ),
        slices=slices_of(engine, definition, work, exposed, sound, bounds),
        arrivals=arrivals(engine, scope, exposed, counted.exposures, counted.conversions),
        rates=None if definition.rates is None else exchange.used(scope, counted.conversions),
        cuts=cut(engine, work, _primaries(roles), caps, bounds, exposed, now) if cuts else None,
    )


def _complete(
    engine: Engine, definition: Definition, form: MetricForm, work: Program, now: int
) -> Complete | None:
    hours = window_hours(form)
    if not definition.form.plan.exact or hours is None or highest_value(form) is None:
        return None
    columns = {column.role: column for column in work.columns[form.key]}
    return complete(engine, columns["outcome"], columns.get("covariate"), hours, now)
