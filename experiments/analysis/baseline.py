"""What the shop's metrics were like lately: means, spreads and traffic to plan an experiment with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from experiments.adjustments import adjustments
from experiments.analysis import metrics, summarise
from experiments.analysis.columns import Program, program
from experiments.analysis.engine import Engine, literal
from experiments.analysis.exclusion import find_marked, settle
from experiments.analysis.lake import View
from experiments.analysis.persons import name_ids
from experiments.analysis.rows import microseconds, moment
from experiments.analysis.slices import capped, usable
from experiments.analysis.units import NO_QUOTES, SECOND, Scope
from experiments.bots import BotRules
from experiments.forms import MetricForm, MetricKind
from experiments.outcomes import window_hours
from experiments.rates import Quotes
from stats.contrast import contrast
from stats.quantile import density_at_quantile
from stats.stack import stack
from stats.summary import Summary

PERIOD = timedelta(days=28)
FEWEST_UNITS = 100
FEWEST_EVENTS = 20
COVERED = 0.9
"""Share of those who did what a metric counts that other events must have shown before: else these events
are no visits, and their shoppers not those of an experiment."""
EXPOSURES, EVENTS = "exposures", "events"


@dataclass(frozen=True, slots=True)
class Baseline:
    """A metric among the shop's units, without regard to variants.

    Attributes:
        source: `exposures` (units of earlier experiments) or `events` (units seen in conversions).
        units: How many units it rests on.
        since: When the first of them was first seen in the period.
        until: End of the period.
        daily: New units per day over the period; `None` where that is shorter than a day.
        mean: The metric.
        std: Standard deviation of one unit's contribution; of a quantile `sqrt(q (1 - q))` over the density.
        skewness: Of one unit's contribution.
        nonzero: Share of units whose value is not zero.
        left: Share of the variance that covariates from before leave.
    """

    source: str
    units: int
    since: datetime
    until: datetime
    daily: float | None
    mean: float
    std: float
    skewness: float
    nonzero: float
    left: float


def baselines(
    view: View,
    forms: Sequence[MetricForm],
    as_of: datetime,
    bots: BotRules | None = None,
    quotes: Quotes = NO_QUOTES,
) -> dict[str, Baseline | None]:
    """What every metric was among the units of the last four weeks whose windows have closed by `as_of`.

    The units are those exposed to any experiment, each from its first exposure in the period on, as it would
    be in a new experiment. Without exposures they are those seen in other events than the metric's own. The
    same events and moment give the same numbers to the bit.

    Args:
        view: The lake.
        forms: The metrics.
        as_of: Windows that have closed by then count.
        bots: Whom to leave out by marks or by hand.
        quotes: What amounts in other currencies are converted with.

    Returns:
        By metric key; `None` where there are fewer than `FEWEST_UNITS` units, or `FEWEST_EVENTS` of them did
        what the metric counts, or the metric is zero or does not vary.
    """
    found: dict[str, Baseline | None] = {}
    shop = _Shop(view, as_of, bots or BotRules(), quotes)
    for hours in sorted({window_hours(form) or 0.0 for form in forms}):
        alike = [form for form in forms if (window_hours(form) or 0.0) == hours]
        until = as_of - timedelta(hours=hours)
        found |= _of_units(shop, alike, EXPOSURES, _latest(view, "exposures", until), "true", until)
        for form in alike:
            if found[form.key] is None:
                found |= _of_events(shop, form, until)
    return found


@dataclass(frozen=True, slots=True)
class _Shop:
    """The events, until when, whose are left out, and what amounts are converted with."""

    view: View
    as_of: datetime
    bots: BotRules
    quotes: Quotes


def _of_events(shop: _Shop, form: MetricForm, until: datetime) -> dict[str, Baseline | None]:
    """The same among units that were seen in other events, where these show nearly everyone."""
    view = _latest(shop.view, "conversions", until)
    own = _own(form) if form.kind != MetricKind.RETENTION else "false"
    if not view.has("conversions") or not _covers(view, own, until):
        return {form.key: None}
    return _of_units(shop, [form], EVENTS, view, f"NOT ({own})", until)


def _of_units(
    shop: _Shop,
    forms: Sequence[MetricForm],
    source: str,
    view: View,
    condition: str,
    until: datetime,
) -> dict[str, Baseline | None]:
    """Baselines among the units of certain events, each from its first one in the period on."""
    nothing: dict[str, Baseline | None] = {form.key: None for form in forms}
    kind = "exposures" if source == EXPOSURES else "conversions"
    if not view.has(kind):
        return nothing
    with shop.view.engine() as engine:
        find_marked(engine, shop.view, "true", shop.bots)
        settle(engine, shop.bots)
        engine.execute(
            f"CREATE TEMP TABLE seen AS SELECT unit_key, epoch_us(time) AS moment FROM {view.source(kind)} "
            f"WHERE time <= make_timestamptz({microseconds(until)}) AND {condition} "
            "AND unit_key NOT IN (SELECT unit_key FROM bots)"
        )
        last = engine.execute("SELECT max(moment) FROM seen").fetchall()[0][0]
        if last is None:
            return nothing
        engine.execute(
            "CREATE TEMP TABLE units AS SELECT unit_key, min(moment) AS first, 0::UTINYINT AS variant "
            f"FROM seen WHERE moment > {last - _length()} GROUP BY unit_key"
        )
        name_ids(engine, joined=False)
        count, first = engine.execute("SELECT count(*), min(first) FROM units").fetchall()[0]
        if count < FEWEST_UNITS:
            return nothing
        days = (last - first) / SECOND / 86_400
        origin = _Origin(source, count, moment(first), moment(last), count / days if days >= 1 else None)
        return nothing | _measured(engine, shop, forms, origin)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a baseline's units come from."""

    source: str
    units: int
    since: datetime
    until: datetime
    daily: float | None


def _measured(
    engine: Engine, shop: _Shop, forms: Sequence[MetricForm], origin: _Origin
) -> dict[str, Baseline]:
    work = program(forms, covariates=True)
    longest = -min((column.lower for column in work.distinct()), default=0)
    start = moment(microseconds(origin.since) - longest)
    view, until = shop.view.days(start.date().isoformat()), microseconds(shop.as_of)
    scope = Scope(view, "", ("",), (), until, until, quotes=shop.quotes)
    metrics.build(engine, scope, work)
    for form in forms:
        capped(engine, work, form, origin.units)
    bounds = metrics.bounds(engine, work.distinct())
    sound = {key: kept for key in work.columns if (kept := usable(work.columns[key], bounds))}
    summaries = summarise.moments(engine, ("variant",), {(0,): origin.units}, sound, bounds)
    found = {}
    for form in forms:
        if form.key not in summaries:
            continue
        summary = summaries[form.key][0,]
        shape = _shape(summary) if form.kind != MetricKind.QUANTILE else _spread(engine, work, form, summary)
        if shape is not None and summary.events >= FEWEST_EVENTS:
            whole = (origin.source, origin.units, origin.since, origin.until, origin.daily)
            found[form.key] = Baseline(*whole, *shape)
    return found


Shape = tuple[float, float, float, float, float]
"""Mean, standard deviation, skewness, share not zero, share of the variance left."""


def _shape(summary: Summary) -> Shape | None:
    """Of a mean, share or ratio, by the same linearisation and adjustment as a comparison's."""
    same = stack(summary)
    with np.errstate(divide="ignore", invalid="ignore"):
        plain, adjusted = (contrast(same, same, adjust=adjust).control for adjust in (False, True))
        raw = float(plain.variance)
        skewness = float(plain.third) / summary.units / raw**1.5 if raw > 0 else math.nan
    mean = summary.mean() if summary.columns[0] == "outcome" else _ratio(summary)
    if not mean or not math.isfinite(mean) or not 0 < raw < math.inf:
        return None
    left = min(max(float(adjusted.variance) / raw, 1e-6), 1.0)
    return mean, math.sqrt(raw), skewness, summary.events / summary.units, left


def _ratio(summary: Summary) -> float:
    below = summary.mean("denominator")
    return summary.mean("numerator") / below if below else math.nan


def _spread(engine: Engine, work: Program, form: MetricForm, summary: Summary) -> Shape | None:
    """Of a quantile."""
    assert form.quantile is not None
    name = work.columns[form.key][0].name
    found = engine.execute(f"SELECT {name} AS value FROM outcomes").fetchnumpy()
    values, units = np.asarray(found["value"], dtype=np.float64), summary.units

    def at(share: float) -> float:
        return summarise.quantile_with_zeros(values, units, share) or 0.0

    density = density_at_quantile(at, form.quantile, units)
    if not at(form.quantile) or not 0 < density < math.inf:
        return None
    deviation = math.sqrt(form.quantile * (1 - form.quantile)) / density
    return at(form.quantile), deviation, 0.0, summary.events / units, 1.0


def _covers(view: View, own: str, until: datetime) -> bool:
    """Whether nearly everyone who did what the metric counts did something else before."""
    with view.engine() as engine:
        whole, before = engine.execute(
            f"""SELECT count(*) FILTER (own IS NOT NULL), count(*) FILTER (other <= own) FROM (
            SELECT min(time) FILTER ({own}) AS own, min(time) FILTER (NOT ({own})) AS other
            FROM {view.source("conversions")} WHERE time <= make_timestamptz({microseconds(until)})
            GROUP BY unit_key)"""
        ).fetchall()[0]
    return bool(before >= COVERED * whole)


def _own(form: MetricForm) -> str:
    """SQL condition for the events that the metric counts."""
    terms = (form.numerator, form.denominator)
    names = [name for name in (form.event, *(term.event for term in terms if term)) if name is not None]
    own = {each for name in names for each in (name, *adjustments(name))}
    return f"name IN ({', '.join(literal(name) for name in sorted(own))})" if own else "true"


def _latest(view: View, kind: str, until: datetime) -> View:
    """The events of the last four weeks that have any of the kind, up to a moment."""
    days = sorted({part.day for part in view.manifest.parts if part.kind == kind})
    days = [day for day in days if day <= until.date().isoformat()]
    if not days:
        return view.days("9999-12-31")
    first = (datetime.fromisoformat(days[-1]) - PERIOD).date().isoformat()
    return view.days(first, days[-1])


def _length() -> int:
    return round(PERIOD.total_seconds() * SECOND)
