"""What a programme of experiments adds up to: its effects drawn together, and how often it wins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scipy.stats import binomtest

from experiments.analysis.yearly import COUNTED
from stats.result import Interval, Undetermined
from stats.shrinkage import FEWEST, Shrunk, shrink

Document = dict[str, Any]
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Tried:
    """The effect of one treatment of a finished experiment on one metric.

    Attributes:
        effect: Relative to the control; above zero is good, whatever the metric's direction.
        error: Its standard error.
        worth: What an effect of 1 (+100 %) brings in a year, in `unit`; 0 where that cannot be told.
        unit: Currency of `worth`.
    """

    experiment: str
    variant: str
    effect: float
    error: float
    worth: float = 0.0
    unit: str | None = None


def primary_effects(experiment: str, digest: Document) -> tuple[Tried, ...]:
    """Every treatment on the first primary metric; none where health failed or no error is known."""
    rows = [row for row in _trusted(digest) if row["role"] == "primary"]
    return tuple(
        Tried(experiment, row["variant"], _gain(row) * row["relative"]["estimate"], row["error"])
        for row in rows
        if row["metric"] == rows[0]["metric"] and _known(row)
    )


def money_effects(experiment: str, digest: Document) -> tuple[Tried, ...]:
    """Every treatment on the first metric that is money per shopper, with what it is worth in a year."""
    rows = [
        row
        for row in _trusted(digest)
        if row["kind"] in ("mean", *COUNTED) and row["unit"] and _CURRENCY.fullmatch(row["unit"])
    ]
    year = digest["year"] or 0.0
    return tuple(
        Tried(
            experiment,
            row["variant"],
            _gain(row) * row["relative"]["estimate"],
            row["error"],
            (row["control"] or 0.0) * year,
            row["unit"],
        )
        for row in rows
        if row["metric"] == rows[0]["metric"] and _known(row)
    )


@lru_cache(maxsize=8)
def drawn_together(tries: tuple[Tried, ...]) -> Shrunk | Undetermined:
    """Every effect, drawn towards the mean of all; see `stats.shrinkage.shrink`."""
    experiments = len({each.experiment for each in tries})
    if experiments < FEWEST:
        return Undetermined("too_few_experiments", f"{experiments} of at least {FEWEST} have finished.")
    return shrink([each.effect for each in tries], [each.error for each in tries])


@lru_cache(maxsize=256)
def total_of(tries: tuple[Tried, ...], factors: tuple[float, ...]) -> Interval:
    """Sum of the true effects, each times its factor; unknown where there are too few to say."""
    drawn = drawn_together(tries)
    return drawn.total(factors) if isinstance(drawn, Shrunk) else Interval(None, None, None)


def win_rate(wins: int, decided: int) -> Interval:
    """Share of wins with its 95 % interval.

    Wilson (1927, "Probable inference, the law of succession, and statistical inference"), which keeps its
    level for few experiments better than the textbook's.
    """
    if not decided:
        return Interval(None, None, None)
    ends = binomtest(wins, decided).proportion_ci(method="wilson")
    return Interval(wins / decided, float(ends.low), float(ends.high))


def chosen(tries: Sequence[Tried], picks: dict[str, str | None]) -> dict[str, int]:
    """Place of the treatment that stands for each experiment.

    Args:
        picks: The treatment by experiment; `None` for its first, for the best would be chosen for its luck.
    """
    places: dict[str, int] = {}
    for place, each in enumerate(tries):
        wanted = picks.get(each.experiment, each.variant)
        if each.experiment in picks and wanted in (None, each.variant):
            places.setdefault(each.experiment, place)
    return places


def _trusted(digest: Document) -> list[Document]:
    healthy = digest["health"] != "failed" and digest["verdict"] != "unhealthy"
    return list(digest["comparisons"]) if healthy else []


def _known(row: Document) -> bool:
    return row["relative"].get("estimate") is not None and row["error"] is not None and row["error"] > 0


def _gain(row: Document) -> int:
    return -1 if row["direction"] == "decrease" else 1
