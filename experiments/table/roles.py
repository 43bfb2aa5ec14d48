"""What each column of a file means: as asked, or as a sensible guess that is told in words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from experiments.analysis.engine import Engine
from experiments.forms import MetricKind
from experiments.plan import Method
from experiments.table.source import Data, check_numbers, distinct, quoted, refused

MOST_VARIANTS = 20
MOST_METRICS = 10
_VARIANT = ("variant", "variation", "group", "arm", "treatment", "bucket", "condition", "cohort", "segment")
_UNIT = (
    "unit", "user", "user_id", "userid", "customer", "customer_id", "visitor", "visitor_id", "shopper",
    "shopper_id", "client_id", "id",
)  # fmt: skip
_CONTROL = (
    "control",
    "controle",
    "a",
    "0",
    "false",
    "no",
    "none",
    "baseline",
    "placebo",
    "original",
    "holdout",
)
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
class Options:
    """What somebody asked for on the command line; nothing means a guess.

    Attributes:
        metrics: `COLUMN`, `COLUMN:KIND` or, for a ratio, `ABOVE/BELOW`.
        caps: `COLUMN=VALUE`, or `COLUMN=99%` for a quantile.
        weights: Planned shares of the variants, the control first.
        planned: Planned units over all variants, of a plan that is read at any moment.
    """

    unit: str | None = None
    variant: str | None = None
    control: str | None = None
    metrics: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    caps: tuple[str, ...] = ()
    method: Method = Method.FIXED
    alpha: float = 0.05
    weights: tuple[float, ...] | None = None
    date: str | None = None
    segments: tuple[str, ...] = ()
    planned: int | None = None


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


@dataclass(frozen=True, slots=True)
class Roles:
    """The meaning of a file.

    Attributes:
        variants: Values of the variant's column, the control first.
        weights: Their planned shares.
        notes: What was guessed, a sentence each.
    """

    unit: str | None
    variant: str
    variants: tuple[str, ...]
    weights: tuple[float, ...]
    outcomes: tuple[Outcome, ...]
    covariates: tuple[str, ...]
    date: str | None
    segments: tuple[str, ...]
    notes: list[str] = field(default_factory=list)


def understand(engine: Engine, data: Data, asked: Options) -> Roles:
    """Give every column its role.

    Raises:
        ProefwerkError: 422, naming option, column, value and rule.
    """
    notes: list[str] = []
    counts = distinct(engine, list(data.types))
    variant = _variant(data, counts, asked, notes)
    variants = _values(engine, variant, asked, notes)
    unit = _unit(data, counts, asked, variant, notes)
    date = data.column(asked.date, "--date") if asked.date else None
    if date is not None and not data.is_moment(date):
        raise refused(
            "--date", f"column '{date}' holds no dates; write them as 2026-11-30 or 2026-11-30T09:00"
        )
    segments = tuple(data.column(name, "--segment") for name in asked.segments)
    covariates = tuple(data.column(name, "--covariate") for name in asked.covariates)
    for name in covariates:
        check_numbers(engine, data, name, "--covariate")
    taken = {variant, unit, date, *segments, *covariates}
    outcomes = _outcomes(engine, data, counts, asked, taken, notes)
    weights = equal_or_planned(variants, asked, notes)
    if asked.method is Method.FIXED:
        notes.append(
            "I read this once, as a test whose size was decided beforehand; if you looked at it while it "
            "ran, say --method sequential."
        )
    return Roles(unit, variant, variants, weights, outcomes, covariates, date, segments, notes)


def _variant(data: Data, counts: dict[str, int], asked: Options, notes: list[str]) -> str:
    if asked.variant:
        column = data.column(asked.variant, "--variant")
        if not 2 <= counts[column] <= MOST_VARIANTS:
            raise refused(
                "--variant",
                f"column '{column}' has {counts[column]:,} different values; 2 to {MOST_VARIANTS} are needed",
            )
        return column
    few = [name for name in data.types if 2 <= counts[name] <= MOST_VARIANTS]
    by_name = [name for word in _VARIANT for name in few if name.lower() == word]
    by_name += [name for word in _VARIANT for name in few if name.lower().endswith(f"_{word}")]
    texts = [name for name in few if data.types[name] == "VARCHAR"]
    found = by_name[:1] or (texts if len(texts) == 1 else [])
    if not found:
        listed = ", ".join(few) or "none"
        raise refused(
            "--variant",
            "no column tells by its name which variant a row is of; say which "
            f"(with 2 to {MOST_VARIANTS} different values: {listed})",
        )
    notes.append(f"I take column '{found[0]}' as the variant ({counts[found[0]]} different values).")
    return found[0]


def _values(engine: Engine, column: str, asked: Options, notes: list[str]) -> tuple[str, ...]:
    """The values of the variant's column, the control first."""
    name = quoted(column)
    rows = engine.execute(
        f"SELECT {name}::VARCHAR AS value, count(*) FROM data GROUP BY 1 ORDER BY 1"
    ).fetchall()
    values = [value for value, _ in rows if value is not None]
    empty = sum(count for value, count in rows if value is None)
    if empty:
        notes.append(f"{empty:,} rows without a variant are left out.")
    return control_first(values, column, asked, notes)


def control_first(values: Sequence[str], column: str, asked: Options, notes: list[str]) -> tuple[str, ...]:
    """The variants, the control first: as asked, else the one that is called like one.

    Raises:
        ProefwerkError: 422 for a control that does not occur.
    """
    if asked.control is not None:
        if asked.control not in values:
            raise refused(
                "--control", f"column '{column}' has no value '{asked.control}'; it has {', '.join(values)}"
            )
        control = asked.control
    else:
        control = next(
            (value for word in _CONTROL for value in values if _is_control(value, word)), values[0]
        )
        notes.append(f"I take '{control}' as the control.")
    return (control, *(value for value in values if value != control))


def _is_control(value: str, word: str) -> bool:
    plain = value.strip().lower()
    return plain == word or re.match(rf"{re.escape(word)}[ _-]", plain) is not None


def _unit(data: Data, counts: dict[str, int], asked: Options, variant: str, notes: list[str]) -> str | None:
    if asked.unit:
        return data.column(asked.unit, "--unit")
    named = [name for word in _UNIT for name in data.types if name.lower() == word and name != variant]
    if not named:
        notes.append(f"I take each of the {data.rows:,} rows as a unit.")
        return None
    unit = named[0]
    if counts[unit] == data.rows:
        notes.append(f"I take column '{unit}' as the unit; each has one row.")
    else:
        notes.append(f"I take column '{unit}' as the unit and add up the rows of each.")
    return unit


def equal_or_planned(variants: Sequence[str], asked: Options, notes: list[str]) -> tuple[float, ...]:
    """Planned shares that add up to 1.

    Raises:
        ProefwerkError: 422 for another number of shares, or negative ones.
    """
    if asked.weights is None:
        notes.append("I take equal shares as planned; say --weights, the control first, if they were not.")
        return (1 / len(variants),) * len(variants)
    if len(asked.weights) != len(variants):
        listed = ", ".join(variants)
        raise refused(
            "--weights", f"{len(asked.weights)} shares for {len(variants)} variants; their order is {listed}"
        )
    total = sum(asked.weights)
    if min(asked.weights) < 0 or total <= 0:
        raise refused(
            "--weights", f"{', '.join(map(str, asked.weights))}: shares are not negative, nor all 0"
        )
    return tuple(weight / total for weight in asked.weights)


def whole_size(counts: Sequence[int], weights: Sequence[float]) -> int:
    """The planned size of which the file is all: every variant with the control has its part of it."""
    pairs = zip(counts[1:], weights[1:], strict=True)
    sizes = [(counts[0] + units) / (weights[0] + weight) for units, weight in pairs if weights[0] + weight]
    return max(2, math.floor(min(sizes, default=2)))


def _outcomes(
    engine: Engine,
    data: Data,
    counts: dict[str, int],
    asked: Options,
    taken: set[str | None],
    notes: list[str],
) -> tuple[Outcome, ...]:
    found = [_asked(engine, data, text) for text in asked.metrics] or _guessed(
        engine, data, counts, taken, notes
    )
    names = [outcome.name for outcome in found]
    for text in asked.caps:
        name, _, value = text.partition("=")
        if name not in names:
            raise refused(
                "--cap", f"'{text}' names no metric; write one of {', '.join(names)}, '=' and a value"
            )
        place = names.index(name)
        found[place] = _capped(found[place], value, text)
    return tuple(found)


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
    engine: Engine, data: Data, counts: dict[str, int], taken: set[str | None], notes: list[str]
) -> list[Outcome]:
    numbers = [
        name
        for name in data.types
        if name not in taken and data.is_number(name) and counts[name] > 1 and name.lower() not in _UNIT
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
    value = f"TRY_CAST({quoted(column)} AS DOUBLE)"
    binary, whole = engine.execute(
        f"SELECT bool_and({value} IN (0, 1)), "
        f"bool_and({value} = floor({value}) AND {value} BETWEEN 0 AND 1000) FROM data "
        f"WHERE {value} IS NOT NULL"
    ).fetchall()[0]
    return MetricKind.PROPORTION if binary else MetricKind.COUNT if whole else MetricKind.MEAN


def _direction(name: str) -> str:
    return "decrease" if _LESS_IS_BETTER.search(name.lower()) else "increase"


def _capped(outcome: Outcome, value: str, text: str) -> Outcome:
    by_quantile = value.endswith("%")
    try:
        cap = float(value.rstrip("%")) / (100 if by_quantile else 1)
    except ValueError:
        raise refused("--cap", f"'{text}': '{value}' is no number") from None
    if by_quantile and not 0.5 < cap < 1:
        raise refused("--cap", f"'{text}': a quantile lies above 50% and below 100%")
    if not by_quantile and not cap > 0:
        raise refused("--cap", f"'{text}': a cap is above 0")
    if outcome.kind not in (MetricKind.MEAN, MetricKind.COUNT, MetricKind.RATIO):
        raise refused("--cap", f"'{outcome.name}' is a {outcome.kind.value}, which has no cap")
    return Outcome(outcome.name, outcome.kind, outcome.columns, outcome.direction, cap, by_quantile)
