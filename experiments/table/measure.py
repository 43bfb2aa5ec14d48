"""From the rows of a file to the moments that a report rests on."""

from __future__ import annotations

from experiments.analysis import metrics, summarise, timing, units
from experiments.analysis.arrivals import Arrivals, Delays, days
from experiments.analysis.columns import Column, Program
from experiments.analysis.cuts import cut
from experiments.analysis.engine import Engine, literal
from experiments.analysis.measure import Measured, Measurement
from experiments.analysis.metrics import Left
from experiments.analysis.slices import capped, ranks_of, slices_of, usable
from experiments.analysis.tallies import EDGES
from experiments.analysis.units import UNKNOWN, Exposed
from experiments.definition import Definition
from experiments.forms import MetricForm, MetricKind
from experiments.table.outcomes import Outcome
from experiments.table.roles import Roles
from experiments.table.source import number, quoted
from stats.clock import FINAL

_NO_DELAYS = Delays((0,) * (len(EDGES) + 1), 0, 0)
_ROLES = ("numerator", "denominator")


def measure_table(engine: Engine, definition: Definition, roles: Roles) -> Measurement:
    """Measure the table `data`, of which each unit is one row or several that are added up.

    Args:
        engine: Holds the table.
        definition: The experiment as made for it.
        roles: What its columns mean.
    """
    form = definition.form
    forms = [definition.metrics[key] for key in form.metrics.primary]
    work, values = _program(forms, roles)
    missing = _gather(engine, roles, values)
    exposed = _exposed(engine, roles)
    caps = {each.key: capped(engine, work, each, exposed.total) for each in forms}
    bounds = metrics.bounds(engine, work.distinct())
    sound = {key: kept for key in work.columns if (kept := usable(work.columns[key], bounds))}
    counts: dict[tuple[int, ...], int] = {(place,): count for place, count in enumerate(exposed.counts)}
    summaries = summarise.moments(engine, ("variant",), counts, sound, bounds)
    dated = roles.date is not None
    return Measurement(
        exposed=exposed,
        matured={},
        points=timing.over_time(engine, exposed) if dated else [],
        last_conversion=None,
        metrics=tuple(
            Measured(
                form=each,
                role="primary",
                summaries=tuple(summaries[each.key].values()) if each.key in summaries else None,
                ranks=ranks_of(engine, work, each, exposed.counts),
                left=Left({}, sum(missing[name] for name in outcome.columns), ()),
                cap=caps[each.key],
                clock=FINAL,
            )
            for each, outcome in zip(forms, roles.outcomes, strict=True)
        ),
        slices=slices_of(engine, definition, work, exposed, sound, bounds),
        arrivals=Arrivals(
            days=days(engine, len(form.variants)) if dated else (),
            multiple_first=(0,) * len(form.variants),
            exposures=_NO_DELAYS,
            conversions=_NO_DELAYS,
            exposure_runs=(),
            conversion_runs=(),
        ),
        cuts=cut(engine, work, forms, caps, bounds, exposed, exposed.last or 0) if dated else None,
    )


def _program(forms: list[MetricForm], roles: Roles) -> tuple[Program, dict[str, str]]:
    """The columns of `outcomes` by metric, and SQL over a unit's rows for each of them by name."""
    work, values = Program(), {}
    covariates = []
    for place, name in enumerate(roles.covariates):
        role = "covariate" if place == 0 else f"covariate_of_{name}"
        covariates.append(_column(f"c{place}", role))
        values[f"c{place}"] = _sum(name)
    for place, (form, outcome) in enumerate(zip(forms, roles.outcomes, strict=True)):
        named = _ROLES if form.kind is MetricKind.RATIO else ("outcome",)
        columns = []
        for role, source in zip(named, outcome.columns, strict=True):
            column = _column(f"m{place}_{role}", role, form)
            values[column.name] = _value(outcome, source, column.cap)
            columns.append(column)
        work.columns[form.key] = columns + (covariates if form.kind is not MetricKind.QUANTILE else [])
    return work, values


def _column(name: str, role: str, form: MetricForm | None = None) -> Column:
    cap = form.cap.value if form is not None and form.cap is not None and role != "denominator" else None
    return Column(name, role, None, 0, 0, False, cap)


def _value(outcome: Outcome, source: str, cap: float | None) -> str:
    if outcome.kind is MetricKind.PROPORTION:
        return f"coalesce(max({number(source)}), 0.0)"
    return _sum(source) if cap is None else f"least({_sum(source)}, {cap!r}::DOUBLE)"


def _sum(source: str) -> str:
    return f"coalesce(sum({number(source)}), 0.0)"


def _gather(engine: Engine, roles: Roles, values: dict[str, str]) -> dict[str, int]:
    """Make the table `met` of all units, and return how many rows have no number, by column."""
    codes = " ".join(f"WHEN {literal(value)} THEN {place}" for place, value in enumerate(roles.variants))
    code = f"(CASE {quoted(roles.variant)}::VARCHAR {codes} END)::UTINYINT"
    first = "0" if roles.date is None else f"epoch_us({quoted(roles.date)}::TIMESTAMP)"
    unit = "place" if roles.unit is None else f"{quoted(roles.unit)}::VARCHAR"
    segments = "".join(
        f", arg_min(coalesce({quoted(name)}::VARCHAR, {literal(UNKNOWN)}), place) AS segment_{place}"
        for place, name in enumerate(roles.segments)
    )
    summed = "".join(f", {value} AS {name}" for name, value in values.items())
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE met AS
        SELECT row_number() OVER () AS unit_key, * EXCLUDE (unit) FROM (
          SELECT {unit} AS unit, min(code) AS variant, max(code) AS last_variant,
            coalesce(min({first}), 0)::BIGINT AS first{segments}{summed}
          FROM (SELECT *, {code} AS code, row_number() OVER () AS place FROM data)
          WHERE code IS NOT NULL AND {unit} IS NOT NULL GROUP BY {unit})"""
    )
    sources = sorted({name for outcome in roles.outcomes for name in outcome.columns})
    counts = ", ".join(f"count(*) - count({number(name)})" for name in sources)
    found = engine.execute(f"SELECT {counts} FROM data WHERE {quoted(roles.variant)} IS NOT NULL").fetchall()
    return dict(zip(sources, found[0], strict=True))


def _exposed(engine: Engine, roles: Roles) -> Exposed:
    """Make `outcomes` and `units` of the units with one variant."""
    values, coded = units.coded_segments(engine, len(roles.segments), "variant = last_variant")
    names = [f"segment_{place}" for place in range(len(values))]
    left = ", ".join(("last_variant", *names))
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE outcomes AS SELECT * EXCLUDE ({left}), first AS first_event{coded} "
        "FROM met WHERE variant = last_variant"
    )
    engine.execute("CREATE OR REPLACE TEMP VIEW units AS SELECT * FROM outcomes")
    counts = dict(engine.execute("SELECT variant, count(*) FROM units GROUP BY variant").fetchall())
    multiple = engine.execute("SELECT count(*) FROM met WHERE variant <> last_variant").fetchall()[0][0]
    first, last = engine.execute("SELECT min(first), max(first) FROM units").fetchall()[0]
    return Exposed(
        counts=tuple(counts.get(place, 0) for place in range(len(roles.variants))),
        multiple=multiple,
        unknown_events=0,
        segments=values,
        segment_counts=units.segment_counts(engine, len(values)),
        first=first if roles.date is not None else None,
        last=last if roles.date is not None else None,
    )
