"""The primary metrics by days since first exposure and by the day or week of it: moments for exploration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

from experiments.analysis import metrics, summarise
from experiments.analysis.columns import CAPPED, TOO_LARGE, Column, Program
from experiments.analysis.engine import Engine
from experiments.analysis.residuals import Groups
from experiments.analysis.sums import Group
from experiments.analysis.units import SECOND, Exposed
from experiments.forms import MetricForm, MetricKind
from stats.summary import Summary

DAY = 86_400 * SECOND
SPANS = ((0, 1), (1, 2), (2, 4), (4, 7), (7, 14), (14, 28))
"""Days since first exposure, the last one exclusive; they widen about as the logarithm of days does."""
STEPS = (1, 7, 28, 91, 364)
"""Days of exposure that may go together."""
MOST_COHORTS = 16
_MONDAY = 3
"""1970 began on a Thursday: so many days after a Monday."""
Arms = tuple[Summary, ...]


@dataclass(frozen=True, slots=True)
class AgeCut:
    """One span of days since first exposure, over the units that have lived through it.

    Attributes:
        first: First day, 0 for that of the exposure.
        last: Last day, inclusive.
        counts: Units per variant.
        metrics: Summaries per variant of what they did in it, by metric.
    """

    first: int
    last: int
    counts: tuple[int, ...]
    metrics: dict[str, Arms]


@dataclass(frozen=True, slots=True)
class Together:
    """All spans of a metric side by side, over the units that have lived through the first ones of them.

    Attributes:
        spans: How many they have lived through, at least.
        arms: Summaries per variant; the columns are those of span 0, then of span 1, ...
    """

    spans: int
    arms: Arms


@dataclass(frozen=True, slots=True)
class Cohort:
    """The units first exposed within some days.

    Attributes:
        day: First of the days, as days since 1970 UTC.
        counts: Units per variant.
        metrics: Summaries per variant, by metric.
    """

    day: int
    counts: tuple[int, ...]
    metrics: dict[str, Arms]


@dataclass(frozen=True, slots=True)
class Cuts:
    """What the report's `cuts` rest on.

    Attributes:
        ages: The spans that any metric's window holds.
        together: Per metric, for 1, 2, ... spans lived through.
        step: Days of exposure that go together in a cohort.
        cohorts: In order of time.
    """

    ages: tuple[AgeCut, ...]
    together: dict[str, tuple[Together, ...]]
    step: int
    cohorts: tuple[Cohort, ...]


def with_spans(work: Program, forms: Sequence[MetricForm]) -> Program:
    """The program with what these metrics' units do in each span of days that the window holds whole."""
    for form in forms:
        if form.kind not in (MetricKind.QUANTILE, MetricKind.RETENTION):
            plain = _plain(work, form)
            held = [(start, end) for start, end in SPANS if end * DAY <= plain[0].upper]
            work.spans[form.key] = [
                [
                    replace(each, name=f"{each.name}_{place}", lower=start * DAY, upper=end * DAY - 1)
                    for each in plain
                ]
                for place, (start, end) in enumerate(held)
            ]
    return work


def cut(
    engine: Engine,
    work: Program,
    forms: Sequence[MetricForm],
    caps: Mapping[str, float | None],
    bounds: Mapping[str, float],
    exposed: Exposed,
    now: int,
) -> Cuts:
    """Two grouped passes over the units that did anything: by days lived since exposure, and by its date.

    Args:
        engine: Holds `units`, `outcomes` and `spans`.
        work: Their columns.
        forms: The primary metrics.
        caps: Most that a unit counts for, by metric.
        bounds: Largest size of the values of each column of `outcomes`.
        exposed: Units in numbers.
        now: Until when units have lived, microseconds since 1970 UTC.
    """
    if exposed.first is None or exposed.last is None:
        return Cuts((), {}, STEPS[0], ())
    step = _step(exposed.first, exposed.last)
    base = _cohort(exposed.first, step)
    lived, cohort = f"{_lived(now)} AS lived", f"{_cohort_sql(step, base)} AS cohort"
    plain = {form.key: _plain(work, form) for form in forms if form.kind != MetricKind.QUANTILE}
    spans = {form.key: work.spans[form.key] for form in forms if work.spans.get(form.key)}
    named = dict.fromkeys(column.name for columns in plain.values() for column in columns)
    # Who did nothing since exposure has zeros in every column, as if without a row.
    engine.execute(
        f"CREATE OR REPLACE TEMP VIEW cohort_units AS SELECT {', '.join(('variant', cohort, *named))} "
        "FROM outcomes WHERE first_event IS NOT NULL"
    )
    if spans:
        values = {
            column.name: _capped(column, caps[key])
            for key, found in spans.items()
            for span in found
            for column in span
        }
        listed = "".join(f", {value} AS {name}" for name, value in values.items())
        engine.execute(
            f"CREATE OR REPLACE TEMP VIEW lived_units AS SELECT variant, {lived}{listed} FROM spans"
        )
    rows = engine.execute(
        f"SELECT {lived}, {cohort}, variant, count(*) AS units FROM units GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    arms = len(exposed.counts)
    by_age: Counter[Group] = Counter()
    by_cohort: Counter[Group] = Counter()
    for age, begun, variant, units in rows:
        by_age[age, variant] += units
        by_cohort[begun, variant] += units
    ages, together = _ages(engine, spans, by_age, arms)
    cohorts = _moments(engine, "cohort", plain, bounds, by_cohort)
    return Cuts(
        ages,
        together,
        step,
        tuple(
            Cohort(
                day=(base + place) * step - _offset(step),
                counts=tuple(by_cohort[place, arm] for arm in range(arms)),
                metrics={
                    key: tuple(found.get((place, arm), summarise.nobody(plain[key])) for arm in range(arms))
                    for key, found in cohorts.items()
                },
            )
            for place in sorted({place for place, _ in by_cohort})
        ),
    )


def _plain(work: Program, form: MetricForm) -> list[Column]:
    """The metric's own columns, without covariates."""
    return [column for column in work.columns[form.key] if not column.role.startswith("covariate")]


def _capped(column: Column, cap: float | None) -> str:
    """A cap by value is in the column already; one by quantile is known only now."""
    if cap is None or column.role not in CAPPED:
        return column.name
    return f"least({column.name}, {cap!r}::DOUBLE)"


def _moments(
    engine: Engine,
    key: str,
    metrics_of: Mapping[str, Sequence[Column]],
    bounds: Mapping[str, float],
    counts: Mapping[Group, int],
) -> dict[str, Groups]:
    """Summaries by a code and the variant, of metrics whose values are not too large to compute with."""
    sound = {
        name: group
        for name, group in metrics_of.items()
        if all(bounds[column.name] <= TOO_LARGE for column in group)
    }
    return summarise.moments(engine, (key, "variant"), counts, sound, bounds, table=f"{key}_units")


def _ages(
    engine: Engine, spans: Mapping[str, list[list[Column]]], counts: Counter[Group], arms: int
) -> tuple[tuple[AgeCut, ...], dict[str, tuple[Together, ...]]]:
    """Units that have lived through as many spans are a group; a span's units are several groups."""
    if not spans:
        return (), {}
    whole = {key: [column for span in found for column in span] for key, found in spans.items()}
    alone = {f"{key} {place}": span for key, found in spans.items() for place, span in enumerate(found)}
    columns = {column.name: column for found in whole.values() for column in found}
    bounds = metrics.bounds(engine, list(columns.values()), "lived_units")
    groups = _moments(engine, "lived", whole | alone, bounds, counts)

    def over(name: str, columns: Sequence[Column], least: int) -> Arms:
        """Merged over the groups that have lived through at least so many spans."""
        found, nobody = groups[name], summarise.nobody(columns)
        lived = range(least, len(SPANS) + 1)
        return tuple(
            reduce(add, (found[each, arm] for each in lived if (each, arm) in found), nobody)
            for arm in range(arms)
        )

    longest = max(map(len, spans.values()))
    ages = tuple(
        AgeCut(
            first=start,
            last=end - 1,
            counts=tuple(
                sum(counts[lived, arm] for lived in range(place + 1, len(SPANS) + 1)) for arm in range(arms)
            ),
            metrics={
                key: over(f"{key} {place}", found[place], place + 1)
                for key, found in spans.items()
                if place < len(found) and f"{key} {place}" in groups
            },
        )
        for place, (start, end) in enumerate(SPANS[:longest])
    )
    together = {
        key: tuple(Together(least, over(key, columns, least)) for least in range(1, len(spans[key]) + 1))
        for key, columns in whole.items()
        if key in groups and all(f"{key} {place}" in groups for place in range(len(spans[key])))
    }
    return ages, together


def _lived(now: int) -> str:
    """SQL: how many spans a unit has lived through."""
    cases = "".join(
        f" WHEN first <= {now - end * DAY} THEN {len(SPANS) - place}"
        for place, (_, end) in enumerate(reversed(SPANS))
    )
    return f"(CASE{cases} ELSE 0 END)::UTINYINT"


def _step(first: int, last: int) -> int:
    """The fewest days that go together without more than `MOST_COHORTS` cohorts."""
    fitting = (each for each in STEPS if _cohort(last, each) - _cohort(first, each) < MOST_COHORTS)
    return next(fitting, STEPS[-1])


def _offset(step: int) -> int:
    """Days go together from a Monday on."""
    return 0 if step == 1 else _MONDAY


def _cohort(moment: int, step: int) -> int:
    """Number of the cohort of a moment, from 1970 on."""
    return (moment // DAY + _offset(step)) // step


def _cohort_sql(step: int, base: int) -> str:
    return f"((first // {DAY} + {_offset(step)}) // {step} - {base})::UTINYINT"
