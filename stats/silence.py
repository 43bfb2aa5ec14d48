"""Whether a variant has fallen silent while the others go on: an exact test of the latest run."""

from __future__ import annotations

import math


def silence_p_value(before: int, run: int, share: float, arms: int) -> float:
    """Always-valid p-value that a variant which should get a share of the events still does.

    A run of `run` events without the variant has chance at most `(1 - share) ** run`, wherever it starts;
    the starts share the error as `1 / ((s + 1) (s + 2))`, which sums to one over `s = 0, 1, ...`, and so do
    the variants. Reading it after every event therefore alarms at alpha with chance at most alpha.

    Args:
        before: Events up to and with the variant's last one.
        run: Events of the others since.
        share: Smallest share of the events that the variant gets when nothing is wrong, above 0.
        arms: Variants that are looked at.

    Raises:
        ValueError: A number is outside its range.
    """
    if before < 0 or run < 0 or arms < 1:
        raise ValueError(f"before and run must not be negative, arms at least 1: got {before}, {run}, {arms}")
    if not 0 < share <= 1:
        raise ValueError(f"share must lie above 0 and at most 1, got {share}")
    if share == 1:
        return 1.0 if run == 0 else 0.0
    log_chance = run * math.log1p(-share) + math.log(arms) + math.log((before + 1) * (before + 2))
    return math.exp(min(log_chance, 0.0))
