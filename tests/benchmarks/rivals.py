"""Rules for reading at any moment that were compared before the default was chosen, in the same experiments.

Outcomes are capped at the 99.9 % point of purchases, so that rules which need a bound can play. Power is at
the effect on the share of buyers that one look at the end finds 80 % of the time.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from stats import anytime, conversion
from stats.betting import STAKES, WEIGHTS
from stats.calibrate import monte_carlo
from stats.confidence_sequence import critical_value, mixture_rho
from stats.contrast import Contrast, contrast
from stats.guard import verdicts
from stats.mean import read_always, safe_deviation
from stats.stack import Stack

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
ALPHA, UNITS, LOOKS, SEED = 0.05, 40_000, 100, 20261125
EVEN = np.full(6, 1 / 6)
EVEN_STAKES = np.array([0.6, 1.2, 2.0, 3.0, 4.5, 7.0])


@dataclass(frozen=True)
class Cell:
    """Buyers and the log-sd of what they spend (0: everybody spends 1), and the treatment's share."""

    name: str
    rate: float
    spread: float
    share: float
    lift: float = 0.0

    @property
    def cap(self) -> float:
        return math.exp(3.0902 * self.spread)


@dataclass(frozen=True)
class Run:
    """Cumulative moments by look, shape `(replicates, looks)`, and every purchase with its place."""

    cell: Cell
    units: tuple[Floats, Floats]
    places: tuple[NDArray[np.int64], NDArray[np.int64]]
    values: tuple[Floats, Floats]

    def per_look(self, arm: int, power: int) -> Floats:
        shape = self.units[arm].shape
        sums = np.bincount(self.places[arm], weights=self.values[arm] ** power, minlength=shape[0] * shape[1])
        return np.asarray(sums.reshape(shape), dtype=np.float64)

    def stacks(self) -> tuple[Stack, Stack]:
        found = []
        for arm in (0, 1):
            n = np.maximum(self.units[arm], 1.0)
            events, first, square, cube = (np.cumsum(self.per_look(arm, k), axis=1) for k in range(4))
            mean = first / n
            second = square - n * mean**2
            third = cube - 3 * mean * square + 2 * n * mean**3
            found.append(
                Stack(("outcome",), self.units[arm], mean[..., None], second[..., None, None], third, events)
            )
        return found[0], found[1]


def draw(cell: Cell, replicates: int, rng: np.random.Generator) -> Run:
    """Experiments in which as many units come at every look."""
    units, places, values = [], [], []
    for arm, share in enumerate((1 - cell.share, cell.share)):
        fresh = rng.binomial(UNITS // LOOKS, share, (replicates, LOOKS))
        bought = rng.binomial(fresh, cell.rate * (1 + cell.lift * arm))
        place = np.repeat(np.arange(fresh.size), bought.ravel())
        spent = rng.lognormal(0.0, cell.spread, len(place)) if cell.spread else np.ones(len(place))
        units.append(np.cumsum(fresh, axis=1).astype(np.float64))
        places.append(place)
        values.append(np.minimum(spent, cell.cap))
    return Run(cell, (units[0], units[1]), (places[0], places[1]), (values[0], values[1]))


def _pair(run: Run) -> Contrast:
    return contrast(*run.stacks(), adjust=False)


def _sequence(pair: Contrast) -> Floats:
    return critical_value(pair.units, ALPHA, mixture_rho(ALPHA, UNITS))


def plug_in(run: Run, burn_in: int = 1) -> Bools:
    """The asymptotic confidence sequence with each arm's own variance, after so many events in each arm."""
    pair = _pair(run)
    events = np.minimum(pair.control.events, pair.treatment.events)
    z = pair.difference / np.sqrt(pair.welch.constant)
    return np.asarray((events >= burn_in) & (np.abs(z) > _sequence(pair)))


def pooled(run: Run) -> Bools:
    """The same with the variance pooled under no difference."""
    pair = _pair(run)
    return np.asarray(
        (verdicts(pair) == 0) & (np.abs(pair.difference) > _sequence(pair) * np.sqrt(pair.pooled.constant))
    )


def skew_corrected(run: Run) -> Bools:
    """Hall's (1992) cubic transformation of the studentised difference, then the same boundary."""
    pair = _pair(run)
    deviation = np.sqrt(pair.welch.constant)
    z = pair.difference / deviation
    third = pair.treatment.third / pair.treatment.units**3 - pair.control.third / pair.control.units**3
    a = third / deviation**3
    moved = z + a * z**2 / 3 + a**2 * z**3 / 27 + a / 6
    events = np.minimum(pair.control.events, pair.treatment.events)
    return np.asarray((events >= 20) & (np.abs(moved) > _sequence(pair)))


def leaning(run: Run) -> Bools:
    """The mixture with the larger of two variances, leaning from pooled to own as far as skew allows."""
    pair = _pair(run)
    return np.asarray(
        (verdicts(pair) == 0) & (np.abs(pair.difference) > _sequence(pair) * safe_deviation(pair))
    )


def default(run: Run) -> Bools:
    """What reports use: that, or the exact test of rates, with a share of alpha for the planned size."""
    pair, boundary = _pair(run), anytime.sequential(ALPHA)
    sound = verdicts(pair) == 0
    reading = read_always(pair, UNITS, boundary, binary=not run.cell.spread)
    called = sound & (reading.p_value <= ALPHA)
    return called if run.cell.spread else conversions(run)


def conversions(run: Run) -> Bools:
    """The exact test of who bought, whatever was spent: the first of two parts."""
    pair = _pair(run)
    shares = (1 - run.cell.share, run.cell.share)
    counts = (pair.control.events, pair.treatment.events, pair.units)
    found = conversion.p_value(*counts, shares, UNITS, anytime.sequential(ALPHA))
    return np.asarray(found <= ALPHA)


def _known_before(run: Run) -> tuple[Floats, Floats]:
    """Mean so far, and the score's deviation so far, before each look; both arms together."""
    first, square = (np.cumsum(run.per_look(0, k) + run.per_look(1, k), axis=1) for k in (1, 2))
    units = run.units[0] + run.units[1]
    earlier = [
        np.concatenate([np.zeros((len(each), 1)), each[:, :-1]], axis=1) for each in (units, first, square)
    ]
    n = np.maximum(earlier[0], 1.0)
    centre = earlier[1] / n
    variance = np.maximum(earlier[2] / n - centre**2, 0.0) + (0.15 * run.cell.cap) ** 2 / (n + 1)
    p = run.cell.share
    return centre, np.sqrt(variance / (p * (1 - p)))


def _zeros(run: Run, arm: int) -> Floats:
    fresh = np.diff(run.units[arm], axis=1, prepend=0.0)
    return np.asarray(fresh - run.per_look(arm, 0), dtype=np.float64)


def betting(run: Run, stakes: Floats = STAKES, weights: Floats = WEIGHTS, least: float = 0.1) -> Bools:
    """Design-based betting against the cap, stakes weighted towards the planned effect."""
    centre, deviation = _known_before(run)
    p, cap = run.cell.share, run.cell.cap
    weight = (-1 / (1 - p), 1 / p)
    corners = [(end - centre) * side for end in (0.0, cap) for side in weight]
    terms = []
    for sign, limit in ((1.0, -np.min(corners, axis=0)), (-1.0, np.max(corners, axis=0))):
        for stake, share in zip(stakes, weights, strict=True):
            size = sign * np.minimum(stake / (deviation * math.sqrt(UNITS)), (1 - least) / limit)
            size[:, 0] = 0.0
            total = np.zeros_like(centre)
            for arm in (0, 1):
                total += _zeros(run, arm) * np.log1p(-size * weight[arm] * centre)
                place = run.places[arm]
                gains = np.log1p(
                    size.ravel()[place] * weight[arm] * (run.values[arm] - centre.ravel()[place])
                )
                total += np.bincount(place, weights=gains, minlength=total.size).reshape(total.shape)
            terms.append(np.cumsum(total, axis=1) + math.log(share / 2))
    return np.asarray(logsumexp(terms, axis=0) >= -math.log(ALPHA))


def even_betting(run: Run) -> Bools:
    """The same with even stakes and no factor below a quarter."""
    return betting(run, EVEN_STAKES, EVEN, 0.25)


def empirical_bernstein(run: Run) -> Bools:
    """Betting bounded below by two moments (Howard et al. 2021, Fan et al. 2015), so that sums suffice."""
    centre, deviation = _known_before(run)
    p, cap = run.cell.share, run.cell.cap
    weight = (-1 / (1 - p), 1 / p)
    first = second = np.zeros_like(centre)
    for arm in (0, 1):
        count, total, square = (
            _zeros(run, arm) + run.per_look(arm, 0),
            run.per_look(arm, 1),
            run.per_look(arm, 2),
        )
        first = first + weight[arm] * (total - count * centre)
        second = second + weight[arm] ** 2 * (square - 2 * centre * total + count * centre**2)
    corners = [(end - centre) * side for end in (0.0, cap) for side in weight]
    terms = []
    for sign, limit in ((1.0, -np.min(corners, axis=0)), (-1.0, np.max(corners, axis=0))):
        for stake, share in zip(STAKES, WEIGHTS, strict=True):
            size = np.minimum(stake / (deviation * math.sqrt(UNITS)), 0.9 / limit)
            size[:, 0] = 0.0
            cost = (-np.log1p(-size * limit) - size * limit) / limit**2
            terms.append(np.cumsum(sign * size * first - cost * second, axis=1) + math.log(share / 2))
    return np.asarray(logsumexp(terms, axis=0) >= -math.log(ALPHA))


RULES: dict[str, Callable[[Run], Bools]] = {
    "own variances": plug_in,
    "own variances, 20 events an arm": lambda run: plug_in(run, 20),
    "own variances, 100 events an arm": lambda run: plug_in(run, 100),
    "skew-corrected (Hall)": skew_corrected,
    "pooled under no difference": pooled,
    "leaning": leaning,
    "empirical Bernstein": empirical_bernstein,
    "betting, even stakes": even_betting,
    "betting, our stakes": betting,
    "who bought (first of two parts)": conversions,
    "default": default,
}
CELLS = [
    Cell(name, rate, spread, share)
    for name, rate, spread in (
        ("conversion 2 %", 0.02, 0.0),
        ("conversion 0.2 %", 0.002, 0.0),
        ("revenue 1.2", 0.03, 1.2),
        ("revenue 2.0", 0.03, 2.0),
    )
    for share in (0.5, 0.1, 0.9)
]


def effect(cell: Cell) -> float:
    """Lift of the buyers' share that a single look at the end finds 80 % of the time."""
    spent = np.minimum(np.random.default_rng(0).lognormal(0.0, cell.spread, 400_000), cell.cap)
    mean = cell.rate * float(spent.mean())
    variance = cell.rate * float((spent**2).mean()) - mean**2
    return 2.8 * math.sqrt(variance * (1 / cell.share + 1 / (1 - cell.share)) / UNITS) / mean


def main(replicates: int = 500) -> None:
    print(
        f"{replicates:,} replicates, {LOOKS} looks, alpha {ALPHA:.0%}: false alarms / power up / power down\n"
    )
    print("| rule | " + " | ".join(f"{cell.name}, {cell.share:.0%}" for cell in CELLS) + " |")
    print("|---" * (len(CELLS) + 1) + "|")
    table: dict[str, list[str]] = {name: [] for name in RULES}
    for cell in CELLS:
        lift = effect(cell)
        lifts = [0.0, lift, -lift] if lift < 1 else [0.0, lift]
        hits: dict[str, list[int]] = {name: [] for name in RULES}
        for position, change in enumerate(lifts):
            found = dict.fromkeys(RULES, 0)
            rng = np.random.default_rng((SEED, position))
            for _ in range(0, replicates, 250):
                run = draw(replace(cell, lift=change), min(250, replicates), rng)
                with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                    for name, rule in RULES.items():
                        found[name] += int(rule(run).any(axis=1).sum())
            for name, count in found.items():
                hits[name].append(count)
        for name, counts in hits.items():
            alarm = "**" if monte_carlo(counts[0], replicates)[0] > ALPHA else ""
            shown = [f"{alarm}{counts[0] / replicates:.1%}{alarm}"]
            shown += [f"{count / replicates:.0%}" for count in counts[1:]]
            table[name].append(" / ".join(shown))
        print(f"... {cell.name}, {cell.share:.0%}", file=sys.stderr, flush=True)
    for name, row in table.items():
        print(f"| {name} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
