"""What is computed of a group of units: which columns, up to which cap, and the groups of each segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from experiments.analysis import summarise
from experiments.analysis.columns import PAIR, TOO_LARGE, Column, Program
from experiments.analysis.engine import Engine
from experiments.analysis.units import Exposed
from experiments.definition import Definition
from experiments.forms import MetricForm, MetricKind
from stats.ranks import Ranks
from stats.summary import Summary


@dataclass(frozen=True, slots=True)
class Slice:
    """The units with one value of a segment, for the primary metrics.

    Attributes:
        segment: Name of the attribute.
        value: As it was at first exposure.
        counts: Units per variant.
        metrics: Summaries per variant, by metric key.
        ranks: Ordered values per variant, by the key of a quantile.
    """

    segment: str
    value: str
    counts: tuple[int, ...]
    metrics: dict[str, tuple[Summary, ...]]
    ranks: dict[str, tuple[Ranks, ...]] = field(default_factory=dict)


def capped(engine: Engine, work: Program, form: MetricForm, units_in_all: int) -> float | None:
    """The most that a unit counts for; a cap by quantile is applied here, because it needs all units."""
    if form.cap is None:
        return None
    if form.cap.quantile is None:
        return form.cap.value
    return summarise.cap_at_quantile(engine, work.columns[form.key], form.cap.quantile, units_in_all)


def usable(columns: list[Column], bounds: dict[str, float]) -> list[Column]:
    """The columns to summarise: covariates only where anything happened before exposure.

    Nothing at all when a value is so large that its cube has no finite double.
    """
    outcomes = [column for column in columns if not column.role.startswith("covariate")]
    if any(bounds[column.name] > TOO_LARGE for column in outcomes):
        return []
    idle = {column.role for column in columns if not 0 < bounds[column.name] <= TOO_LARGE}
    if not idle.isdisjoint(PAIR):
        idle |= set(PAIR)
    return [column for column in columns if column in outcomes or column.role not in idle]


def ranks_of(
    engine: Engine,
    work: Program,
    form: MetricForm,
    counts: Sequence[int],
    **group: int,
) -> tuple[Ranks, ...]:
    """Per variant within a group of units; nothing for other kinds than quantiles."""
    if form.kind != MetricKind.QUANTILE or form.quantile is None:
        return ()
    column, share = work.columns[form.key][0], form.quantile
    return tuple(
        summarise.ranks(engine, column, share, {**group, "variant": variant}, units)
        for variant, units in enumerate(counts)
    )


def slices_of(
    engine: Engine,
    definition: Definition,
    work: Program,
    exposed: Exposed,
    sound: dict[str, list[Column]],
    bounds: dict[str, float],
) -> tuple[Slice, ...]:
    forms = [definition.metrics[key] for key in definition.form.metrics.primary]
    primaries = {key: sound[key] for key in definition.form.metrics.primary if key in sound}
    found = []
    for place, segment in enumerate(definition.form.segments):
        counts = exposed.segment_counts[place]
        summaries = summarise.moments(engine, (f"segment_{place}", "variant"), counts, primaries, bounds)
        for code, value in enumerate(exposed.segments[place]):
            arms = [(code, variant) for variant in range(len(exposed.counts))]
            own = tuple(counts.get(arm, 0) for arm in arms)
            found.append(
                Slice(
                    segment=segment,
                    value=value,
                    counts=own,
                    metrics={
                        key: tuple(
                            groups[arm] if arm in groups else summarise.nobody(primaries[key]) for arm in arms
                        )
                        for key, groups in summaries.items()
                    },
                    ranks={
                        form.key: ranks_of(engine, work, form, own, **{f"segment_{place}": code})
                        for form in forms
                        if form.kind == MetricKind.QUANTILE
                    },
                )
            )
    return tuple(found)
