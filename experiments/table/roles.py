"""What each column of a file means: as asked, or as a sensible guess that is told in words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from experiments.analysis.engine import Engine
from experiments.plan import Method
from experiments.table.outcomes import UNITS, Outcome, outcomes_of
from experiments.table.source import Data, check_numbers, distinct, quoted, refused

MOST_VARIANTS = 20
_VARIANT = ("variant", "variation", "group", "arm", "treatment", "bucket", "condition", "cohort", "segment")
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
    if data.with_commas:
        notes.append(f"I read decimal commas in {', '.join(data.with_commas)}.")
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
    outcomes = outcomes_of(engine, data, counts, asked.metrics, asked.caps, taken, notes)
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
    named = [name for word in UNITS for name in data.types if name.lower() == word and name != variant]
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
