"""Whether the units fell over the variants as planned: a sequential sample-ratio test."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stats.result import HealthCheck

METHOD = "sequential multinomial test"
CONCENTRATION = 100.0


def log_bayes_factor(
    counts: Sequence[float], shares: Sequence[float], concentration: float = CONCENTRATION
) -> float:
    """Log odds of other shares against the planned ones, at any moment.

    Lindon & Malek, "Anytime-Valid Inference for Multinomial Count Data" (NeurIPS 2022), eq. (5), with a
    Dirichlet(concentration * shares) prior. One over it is an always-valid p-value.

    Args:
        counts: Units per variant, variants of positive share only.
        shares: Planned probabilities of the same variants, summing to one.
        concentration: Weight of the prior in units; larger looks for smaller departures.
    """
    total = sum(counts)
    value = math.lgamma(concentration) - math.lgamma(concentration + total)
    for count, share in zip(counts, shares, strict=True):
        prior = concentration * share
        value += math.lgamma(prior + count) - math.lgamma(prior) - count * math.log(share)
    return value


def sample_ratio(counts: Sequence[int], shares: Sequence[float], alpha: float = 0.001) -> HealthCheck:
    """Sequential sample-ratio check; may be read at every look.

    Args:
        counts: Exposed units per variant.
        shares: Planned weights per variant, not negative; they are scaled to sum to one.
        alpha: Chance of a false alarm over all looks.

    Raises:
        ValueError: Lengths differ, a count or share is negative or not finite, or all shares are zero.
    """
    _check(counts, shares)
    total, weight = sum(counts), sum(shares)
    leaked = sum(count for count, share in zip(counts, shares, strict=True) if share == 0)
    if leaked:
        detail = f"{leaked:,} units are in variants that should receive none."
        return HealthCheck("failed", "units_in_empty_variant", detail, 0.0, METHOD)
    if total == 0:
        return HealthCheck("ok", "no_units", "No units have been exposed yet.", None, METHOD)
    active = [(count, share / weight) for count, share in zip(counts, shares, strict=True) if share > 0]
    p_value = 1.0
    if len(active) > 1:
        log_factor = log_bayes_factor([count for count, _ in active], [share for _, share in active])
        p_value = math.exp(-max(log_factor, 0.0))
    seen = " / ".join(f"{count / total:.2%}" for count in counts)
    planned = " / ".join(f"{share / weight:.2%}" for share in shares)
    if p_value <= alpha:
        detail = f"{total:,} units fell {seen} over the variants; {planned} was planned (p = {p_value:.2g})."
        return HealthCheck("failed", "sample_ratio_mismatch", detail, p_value, METHOD)
    detail = f"{total:,} units fell {seen} over the variants, as planned ({planned})."
    return HealthCheck("ok", "sample_ratio_as_planned", detail, p_value, METHOD)


def _check(counts: Sequence[int], shares: Sequence[float]) -> None:
    if len(counts) != len(shares) or not counts:
        raise ValueError(f"counts and shares must be of one length, got {len(counts)} and {len(shares)}")
    for position, count in enumerate(counts):
        if count < 0:
            raise ValueError(f"counts.{position} must not be negative, got {count}")
    for position, share in enumerate(shares):
        if not math.isfinite(share) or share < 0:
            raise ValueError(f"shares.{position} must be a finite number of at least 0, got {share}")
    if sum(shares) <= 0:
        raise ValueError("shares must not all be 0")
