"""False alarms, coverage and power of the default reading, by seeded simulation of whole experiments."""

from __future__ import annotations

import sys
from dataclasses import replace

from stats.calibrate import calibrate
from stats.synthetic import Cell
from tests.stats.test_calibrate import ALPHA, OUTCOMES, drift_for_fixed_power

SEED = 20261122
NAMES = (
    "normal",
    "conversion 20 %",
    "conversion 2 %",
    "conversion 0.2 %",
    "revenue log-sd 1.2",
    "revenue log-sd 2.0",
)
SHARES = (0.5, 0.1)
HEAD = (
    "| outcome | treated | false alarms (99.9 % bounds) | truth left out | power up | power down |",
    "|---|---|---|---|---|---|",
)


def line(cell: Cell, replicates: int) -> str:
    """A row of the table: an A/A run, then the effect that a single look finds 80 % of the time."""
    drift = drift_for_fixed_power(cell)
    cell = replace(cell, through="value" if cell.rate == 1 else "rate")
    none = calibrate(cell, replicates, SEED, ALPHA)
    up = calibrate(replace(cell, lift=drift), replicates, SEED, ALPHA)
    left_out, fall = max(none.missed, up.missed), "-"
    # Where the effect would take the rate below zero there is nothing to find.
    if drift < 1:
        down = calibrate(replace(cell, lift=-drift), replicates, SEED, ALPHA)
        left_out, fall = max(left_out, down.missed), f"{down.rejected - down.upward:.0%}"
    low, high = none.bounds
    rates = f"{none.rejected:.1%} ({low:.1%} to {high:.1%}) | {left_out:.1%} | {up.upward:.0%} | {fall}"
    return f"| {cell.name} | {cell.share:.0%} | {rates} |"


def main(replicates: int = 1000) -> None:
    print(f"\nEvery look of 100 is read; {replicates:,} replicates a cell; two-sided {ALPHA:.0%}\n")
    print("\n".join(HEAD))
    for name in NAMES:
        for share in SHARES:
            [cell] = [each for each in OUTCOMES if each.name == name]
            print(line(replace(cell, share=share), replicates), flush=True)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
