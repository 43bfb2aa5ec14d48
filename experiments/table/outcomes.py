"""Which columns of a file are metrics, of what kind, and which way is good."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from experiments.analysis.engine import Engine
from experiments.forms import MetricKind
from experiments.table.source import Data, check_numbers, number, refused

MOST_METRICS = 10
UNITS = (
    "unit", "user", "user_id", "userid", "customer", "customer_id", "visitor", "visitor_id", "shopper",
    "shopper_id", "client_id", "id",
)  # fmt: skip
"""Names of columns that say who."""
_OUTCOME = re.compile(
    r"conver|visit|order|revenue|spen[dt]|sales|amount|turnover|omzet|click|purchase|bought|buy|margin|profit|"
    r"refund|return|retain|signup|sign_up|churn|bounce|items|basket|value|outcome|metric"
)
_BEFORE = re.compile(r"before|previous|prior|history|past|baseline|(^|_)pre(_|$)")
_LESS_IS_BETTER = re.compile(r"refund|return|bounce|churn|complaint|cost|error|latency|load")
_KINDS = {
    "proportion": MetricKind.PROPORTION,
    "count": MetricKind.COUNT,
    "mean": MetricKind.MEAN,
    "median": MetricKind.QUANTILE,
    "ratio": MetricKind.RATIO,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A metric of the file.

    Attributes:
        name: As people call it.
        columns: The column, or numerator and denominator.
        cap: Largest value of a unit, or with `by_quantile` the share of units that keep theirs.
    """

    name: str
    kind: MetricKind
    columns: tuple[str, ...]
    direction: str
    cap: float | None = None
    by_quantile: bool = False


def outcomes_of(
    engine: Engine,
    data: Data,
    counts: dict[str, int],
    metrics: Sequence[str],
    caps: Sequence[str],
    taken: Collection[str | None],
    notes: list[str],
) -> tuple[Outcome, ...]:
    """The metrics that were asked for, else those that columns look like.

    Args:
        engine: Holds the table `data`.
        data: Its columns.
        counts: How many different values each has.
        metrics: As on the command line.
        caps: Likewise.
        taken: Columns that have another role.
        notes: Where guesses are told.

    Raises:
        ProefwerkError: 422, naming option, column, value and rule.
    """
    found = [_asked(engine, data, text) for text in metrics] or _guessed(engine, data, counts, taken, notes)
    limits = caps_of(caps, [outcome.name for outcome in found])
    return tuple(
        _capped(outcome, *limits[outcome.name]) if outcome.name in limits else outcome for outcome in found
    )


def caps_of(caps: Sequence[str], names: Sequence[str]) -> dict[str, tuple[float, bool]]:
    """By metric the cap, and whether it is a quantile.

    Raises:
        ProefwerkError: 422 for a cap of no metric, or that is no number in range.
    """
    found = {}
    for text in caps:
        name, _, value = text.partition("=")
        if name not in names:
            raise refused(
                "--cap", f"'{text}' names no metric; write one of {', '.join(names)}, '=' and a value"
            )
        by_quantile = value.endswith("%")
        try:
            cap = float(value.rstrip("%")) / (100 if by_quantile else 1)
        except ValueError:
            raise refused("--cap", f"'{text}': '{value}' is no number") from None
        if by_quantile and not 0.5 < cap < 1:
            raise refused("--cap", f"'{text}': a quantile lies above 50% and below 100%")
        if not by_quantile and not cap > 0:
            raise refused("--cap", f"'{text}': a cap is above 0")
        found[name] = cap, by_quantile
    return found


def _asked(engine: Engine, data: Data, text: str) -> Outcome:
    name, _, word = text.partition(":")
    if "/" in name and word in ("", "ratio"):
        columns = tuple(data.column(part, "--metric") for part in name.split("/", 1))
        for column in columns:
            check_numbers(engine, data, column, "--metric")
        return Outcome(name, MetricKind.RATIO, columns, _direction(name))
    column = data.column(name, "--metric")
    check_numbers(engine, data, column, "--metric")
    if word and (word not in _KINDS or word == "ratio"):
        raise refused(
            "--metric", f"'{text}': a kind is one of proportion, count, mean, median; or write ABOVE/BELOW"
        )
    kind = _KINDS[word] if word else _kind(engine, column)
    if kind is MetricKind.PROPORTION and _kind(engine, column) is not kind:
        raise refused("--metric", f"column '{column}' has values other than 0 and 1, so it is no proportion")
    return Outcome(column, kind, (column,), _direction(column))


def _guessed(
    engine: Engine, data: Data, counts: dict[str, int], taken: Collection[str | None], notes: list[str]
) -> list[Outcome]:
    numbers = [
        name
        for name in data.types
        if name not in taken and data.is_number(name) and counts[name] > 1 and name.lower() not in UNITS
    ]
    numbers = [name for name in numbers if not _BEFORE.search(name.lower())] or numbers
    known = [name for name in numbers if _OUTCOME.search(name.lower())]
    chosen = (known or numbers)[:MOST_METRICS]
    if not chosen:
        raise refused("--metric", "no column holds numbers that vary; say which column is a metric")
    found = [Outcome(name, _kind(engine, name), (name,), _direction(name)) for name in chosen]
    words = {MetricKind.PROPORTION: "a proportion", MetricKind.COUNT: "a count", MetricKind.MEAN: "a mean"}
    listed = ", ".join(f"{each.name} ({words[each.kind]})" for each in found)
    notes.append(f"I take as metrics: {listed}.")
    left = [name for name in data.types if data.is_number(name) and name not in {*chosen, *taken}]
    if left:
        notes.append(f"I leave alone: {', '.join(left)}; name what counts with --metric, or --covariate.")
    notes += [f"For '{each.name}' I take less as better." for each in found if each.direction == "decrease"]
    return found


def _kind(engine: Engine, column: str) -> MetricKind:
    value = number(column)
    binary, whole = engine.execute(
        f"SELECT bool_and({value} IN (0, 1)), "
        f"bool_and({value} = floor({value}) AND {value} BETWEEN 0 AND 1000) FROM data "
        f"WHERE {value} IS NOT NULL"
    ).fetchall()[0]
    return MetricKind.PROPORTION if binary else MetricKind.COUNT if whole else MetricKind.MEAN


def _direction(name: str) -> str:
    return "decrease" if _LESS_IS_BETTER.search(name.lower()) else "increase"


def _capped(outcome: Outcome, cap: float, by_quantile: bool) -> Outcome:
    if outcome.kind not in (MetricKind.MEAN, MetricKind.COUNT, MetricKind.RATIO):
        raise refused("--cap", f"'{outcome.name}' is a {outcome.kind.value}, which has no cap")
    return replace(outcome, cap=cap, by_quantile=by_quantile)
