"""The imaginary experiments that every reading is tried on, and what came of it: the table of trust."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from stats.betting_reader import can_bet, read_betting
from stats.calibrate import Record, calibrate_all, monte_carlo
from stats.cell import Cell
from stats.readers import (
    Reader,
    read_automatic,
    read_exact,
    read_mixture,
    read_plain_mixture,
    read_plain_sequence,
    read_planned_looks,
    read_planned_size,
    read_sequence,
    read_welch,
)

Document = dict[str, Any]
SEED = 20261125
ALPHA = 0.05
FILE = "trust.json"

READINGS: Mapping[str, Reader] = {
    "automatic": read_automatic,
    "sequence": read_sequence,
    "exact": read_exact,
    "mixture": read_mixture,
    "planned_size": read_planned_size,
    "planned_looks": read_planned_looks,
    "betting": read_betting,
}
"""Ours by stable name; each keeps its promise in every cell."""
CONTRASTS: Mapping[str, Reader] = {
    "welch": read_welch,
    "plain_sequence": read_plain_sequence,
    "plain_mixture": read_plain_mixture,
}
"""What is done elsewhere, shown beside ours."""

OUTCOMES: Mapping[str, Cell] = {
    "normal": Cell("normal", "mean", values="normal", units=10_000, through="value"),
    "conversion_20": Cell("conversion 20 %", "proportion", rate=0.2),
    "conversion_2": Cell("conversion 2 %", "proportion", rate=0.02),
    "conversion_02": Cell("conversion 0.2 %", "proportion", rate=0.002),
    "revenue_1.2": Cell("revenue, log-sd 1.2", "mean", rate=0.03, values="lognormal", spread=1.2),
    "revenue_2.0": Cell("revenue, log-sd 2.0", "mean", rate=0.03, values="lognormal", spread=2.0),
    "ratio": Cell("ratio", "ratio", rate=0.3, values="order", spread=0.7, units=20_000, through="value"),
    "count": Cell("count", "count", values="poisson", units=10_000, through="value"),
}
SPLITS: Mapping[str, tuple[float, ...]] = {
    "50/50": (0.5, 0.5),
    "90/10": (0.9, 0.1),
    "34/33/33": (0.34, 0.33, 0.33),
}
TIMINGS: Mapping[str, Mapping[str, Any]] = {
    "steady": {},
    "early": {"timing": "early"},
    "random": {"timing": "random"},
    "campaign": {"timing": "campaign", "looks": 672},
    "refunds": {"refunds": 0.3},
    "campaign_refunds": {"timing": "campaign", "looks": 672, "refunds": 0.3},
}
LARGEST_LIFT = 1.0
"""Up to which intervals must hold the truth when there is an effect: a doubling."""
CORRELATIONS = {"normal": 0.7, "count": 0.7}
CORRELATION = 0.4
"""Of everything else with its covariate."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One cell of the table, by the names of its parts."""

    outcome: str
    split: str
    timing: str
    covariate: bool

    @property
    def cell(self) -> Cell:
        """The experiment without an effect."""
        correlation = CORRELATIONS.get(self.outcome, CORRELATION) if self.covariate else 0.0
        changes = dict(TIMINGS[self.timing])
        return replace(OUTCOMES[self.outcome], shares=SPLITS[self.split], correlation=correlation, **changes)

    @property
    def label(self) -> str:
        """For people and tests."""
        return f"{self.outcome}, {self.split}, {self.timing}{', covariate' if self.covariate else ''}"

    @property
    def seed(self) -> int:
        """The same in every run."""
        return SEED + zlib.crc32(self.label.encode())


def trials() -> list[Trial]:
    """Every cell of the table; conversions are not taken back."""
    return [
        Trial(outcome, split, timing, covariate)
        for outcome, kind in OUTCOMES.items()
        for split in SPLITS
        for timing in TIMINGS
        for covariate in (False, True)
        if not (kind.kind == "proportion" and "refunds" in timing)
    ]


def readings_for(cell: Cell) -> list[str]:
    """Names of our readings that a report could give of such an experiment.

    Looks of a campaign are spent by the information that each experiment turns out to have (`stats.taken`),
    which is tried one by one and not here. Bets take their time, so they are tried where few units buy.
    """
    quick = cell.rate < 1 and cell.timing == "steady" and not cell.correlation
    left_out = {
        "exact": cell.kind != "proportion",
        "planned_looks": cell.timing == "campaign",
        "betting": not (quick and can_bet(cell)),
    }
    return [name for name in READINGS if not left_out.get(name, False)]


def attempt(trial: Trial, replicates: int) -> Document:
    """One line of the table: without an effect, and with those that a single look finds with 80 % power."""
    cell = trial.cell
    readings = {**{name: READINGS[name] for name in readings_for(cell)}, **CONTRASTS}
    lift = cell.lift_for_power()
    none = calibrate_all(cell, replicates, trial.seed, readings, ALPHA)
    up = calibrate_all(replace(cell, lift=lift), replicates, trial.seed + 1, readings, ALPHA)
    # Where the effect would take the rate to zero there is nothing to find.
    down = {}
    if trial.timing == "steady" and lift < 1:
        down = calibrate_all(replace(cell, lift=-lift), replicates, trial.seed + 2, readings, ALPHA)
    return {
        "outcome": trial.outcome,
        "split": trial.split,
        "timing": trial.timing,
        "covariate": trial.covariate,
        "lift": round(lift, 4),
        "readings": {name: _line(none[name], up[name], down.get(name), lift) for name in readings},
    }


def load() -> Document | None:
    """The table of the last run that was published with this version; `None` where there was none."""
    path = files("stats") / FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def summary_table(document: Document) -> str:
    """The README's selection of the table, in Markdown: looked at 100 times, without a covariate."""
    lines = [
        f"The default reading, {document['replicates']:,} experiments a line; last, what other rules do:",
        "",
        "| outcome | split | false alarms (99.9 % bounds) | truth left out | power up | power down | "
        "Welch | plain sequence | plain mixture |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for cell in document["cells"]:
        if cell["timing"] == "steady" and not cell["covariate"]:
            ours, others = cell["readings"]["automatic"], [cell["readings"][name] for name in CONTRASTS]
            low, high = monte_carlo(
                round(ours["false_alarms"] * document["replicates"]), document["replicates"]
            )
            missed = max(ours["missed_absolute"], ours["missed_relative"])
            down = "-" if ours["power_down"] is None else f"{ours['power_down']:.0%}"
            lines.append(
                f"| {OUTCOMES[cell['outcome']].name} | {cell['split']} "
                f"| {ours['false_alarms']:.1%} ({low:.1%} to {high:.1%}) | {missed:.1%} "
                f"| {ours['power_up']:.0%} | {down} | "
                + " | ".join(f"{each['false_alarms']:.0%}" for each in others)
                + " |"
            )
    return "\n".join(lines)


def _line(none: Record, up: Record, down: Record | None, lift: float) -> Document:
    # Larger ones are planned for where hardly anything can be found; no shop meets them.
    effects = [each for each in (up, down) if each is not None and lift <= LARGEST_LIFT]
    return {
        "false_alarms": round(none.rejected, 5),
        "missed_absolute": round(max(each.missed_absolute for each in (none, *effects)), 5),
        "missed_relative": round(max(each.missed_relative for each in (none, *effects)), 5),
        "missed_at_stop": round(max(each.missed_at_stop for each in (none, *effects)), 5),
        "power_up": round(up.upward, 4),
        "power_down": None if down is None else round(down.rejected - down.upward, 4),
        "stopping": round(up.stopping, 4),
        "determined": round(none.determined, 4),
    }
