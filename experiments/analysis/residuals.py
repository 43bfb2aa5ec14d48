"""Third moments of what covariates leave of the outcomes: how skewed an adjusted difference still is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from experiments.analysis.columns import TOO_LARGE, Column
from experiments.analysis.engine import Engine, exact_sum, exact_value, scale_for
from experiments.analysis.sums import Group, per_group
from stats.covariates import left_over, starts
from stats.stack import stack
from stats.summary import Summary

Groups = dict[Group, Summary]
Weights = dict[Group, tuple[float, ...]]


def with_residuals(
    engine: Engine,
    source: str,
    keys: Sequence[str],
    metrics: Mapping[str, Sequence[Column]],
    bounds: Mapping[str, float],
    rows: Mapping[Group, int],
    summaries: Mapping[str, Groups],
) -> dict[str, Groups]:
    """The summaries, each with the third moment of what its metric's covariates leave of the outcome.

    One more pass over the units. Groups that differ in the variant alone share the coefficients.

    Args:
        engine: Holds the tables.
        source: SQL of the table of units, named `outcomes`.
        keys: Columns that make a group, the last of them the variant.
        metrics: Columns per metric.
        bounds: Largest size of the values of each column.
        rows: Rows of each group in the table.
        summaries: Per metric and group, without that moment.
    """
    weights = {
        key: _weights(groups, rows) for key, groups in summaries.items() if _has_covariates(metrics[key])
    }
    scales = {key: _scale(metrics[key], each, bounds) for key, each in weights.items()}
    kept = {key: scale for key, scale in scales.items() if scale is not None}
    if not kept:
        return dict(summaries)
    nothing = {key: _nothing(weights[key], summaries[key]) for key in kept}
    rests = ", ".join(
        f"{_rest(keys, metrics[key], weights[key], nothing[key])} AS r{place}"
        for place, key in enumerate(kept)
    )
    sums = [exact_sum(f"r{place} * r{place} * r{place}", kept[key]) for place, key in enumerate(kept)]
    named = ", ".join(keys)
    found = engine.execute(
        f"SELECT {', '.join((named, *sums))} FROM (SELECT {named}, {rests} FROM {source}) GROUP BY {named}"
    ).fetchall()
    result = {key: dict(groups) for key, groups in summaries.items()}
    for row in found:
        group = row[: len(keys)]
        for key, total in zip(kept, row[len(keys) :], strict=True):
            summary = result[key][group]
            zeros = (summary.units - rows[group]) * nothing[key][group] ** 3
            result[key][group] = replace(summary, residual=exact_value(int(total), kept[key]) + zeros)
    return result


def _has_covariates(columns: Sequence[Column]) -> bool:
    return bool(starts(tuple(column.role for column in columns)))


def _weights(groups: Groups, rows: Mapping[Group, int]) -> Weights:
    """By what each column is multiplied, for the groups that have rows."""
    found: Weights = {}
    for place in dict.fromkeys(group[:-1] for group in rows):
        arms = [stack(summary) for group, summary in groups.items() if group[:-1] == place and summary.units]
        weights = tuple(float(weight) for weight in left_over(arms))
        found |= {group: weights for group in rows if group[:-1] == place}
    return found


def _scale(columns: Sequence[Column], weights: Weights, bounds: Mapping[str, float]) -> int | None:
    """The scale of an exact sum of the cubes; `None` where they may have no finite double."""
    # A mean is no larger than the largest value, so a deviation is at most twice that.
    sizes = [2 * bounds[column.name] for column in columns]
    largest = max(
        sum(abs(weight) * size for weight, size in zip(each, sizes, strict=True)) for each in weights.values()
    )
    return scale_for(largest**3) if largest < TOO_LARGE else None


def _nothing(weights: Weights, summaries: Groups) -> dict[Group, float]:
    """What is left of a unit with zeros in every column."""
    return {
        group: -sum(w * mean for w, mean in zip(each, summaries[group].means, strict=True))
        for group, each in weights.items()
    }


def _rest(
    keys: Sequence[str], columns: Sequence[Column], weights: Weights, nothing: Mapping[Group, float]
) -> str:
    terms = [per_group(keys, nothing)]
    for place, column in enumerate(columns):
        by_group = {group: each[place] for group, each in weights.items()}
        terms.append(f"{per_group(keys, by_group)} * outcomes.{column.name}")
    return " + ".join(terms)
