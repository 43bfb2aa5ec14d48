"""Whether the units fell over the variants as planned: a sequential sample-ratio test."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, logsumexp

from stats.result import HealthCheck

Floats = NDArray[np.float64]
METHOD = "sequential multinomial test"
CONCENTRATION = 100.0
CONCENTRATIONS = (10.0, 100.0, 1_000.0, 10_000.0)
"""Priors of the mixture, from those that look for gross departures to those that look for small ones."""


def log_bayes_factor(counts: ArrayLike, shares: ArrayLike, concentration: float = CONCENTRATION) -> Floats:
    """Log odds of other shares against the planned ones, at any moment.

    Lindon & Malek, "Anytime-Valid Inference for Multinomial Count Data" (NeurIPS 2022), eq. (5), with a
    Dirichlet(concentration * shares) prior. One over it is an always-valid p-value.

    Args:
        counts: Units per variant, shape `(..., k)`, variants of positive share only.
        shares: Planned probabilities of the same variants, summing to one.
        concentration: Weight of the prior in units; larger looks for smaller departures.

    Returns:
        Shape `(...)`.
    """
    found = np.asarray(counts, dtype=np.float64)
    planned = np.asarray(shares, dtype=np.float64)
    prior = concentration * planned
    whole = gammaln(concentration) - gammaln(concentration + found.sum(axis=-1))
    parts = gammaln(prior + found) - gammaln(prior) - found * np.log(planned)
    return np.asarray(whole + parts.sum(axis=-1), dtype=np.float64)


def log_evidence(counts: ArrayLike, shares: ArrayLike) -> Floats:
    """Log of the mean Bayes factor over `CONCENTRATIONS`: a mean of martingales is one too (Ville holds).

    A single prior is slow where the departure is not of the size that it expects; the mixture pays at most
    `ln(4)` for being near the best at every size. Args and shape as for `log_bayes_factor`.
    """
    factors = [log_bayes_factor(counts, shares, each) for each in CONCENTRATIONS]
    return np.asarray(logsumexp(factors, axis=0) - math.log(len(factors)), dtype=np.float64)


def split_evidence(counts: ArrayLike, shares: Sequence[float]) -> Floats:
    """Log e-values against the planned split; infinite where a variant that should get no unit has one.

    Args:
        counts: Units per variant, shape `(..., k)`.
        shares: Planned weights per variant, not negative; they are scaled to sum to one.

    Returns:
        Shape `(...)`.

    Raises:
        ValueError: Lengths differ, a count or share is negative or not finite, or all shares are zero.
    """
    found = np.asarray(counts, dtype=np.float64)
    _check(found, shares)
    planned = np.asarray(shares, dtype=np.float64) / sum(shares)
    active = planned > 0
    leaked = (found[..., ~active] > 0).any(axis=-1)
    evidence = log_evidence(found[..., active], planned[active]) if active.sum() > 1 else 0.0
    return np.where(leaked, np.inf, evidence)


def split_p_values(counts: ArrayLike, shares: Sequence[float]) -> Floats:
    """Always-valid p-values of the planned split; arguments and errors as for `split_evidence`."""
    return np.asarray(np.exp(-np.maximum(split_evidence(counts, shares), 0.0)), dtype=np.float64)


def sample_ratio(counts: Sequence[int], shares: Sequence[float], alpha: float = 0.001) -> HealthCheck:
    """Sequential sample-ratio check; may be read at every look.

    Args:
        counts: Exposed units per variant.
        shares: Planned weights per variant, not negative; they are scaled to sum to one.
        alpha: Chance of a false alarm over all looks.

    Raises:
        ValueError: As for `split_evidence`.
    """
    p_value = float(split_p_values(counts, shares))
    total, weight = sum(counts), sum(shares)
    leaked = sum(count for count, share in zip(counts, shares, strict=True) if share == 0)
    if leaked:
        detail = f"{leaked:,} units are in variants that should receive none."
        return HealthCheck("failed", "units_in_empty_variant", detail, 0.0, METHOD)
    if total == 0:
        return HealthCheck("ok", "no_units", "No units have been exposed yet.", None, METHOD)
    seen = " / ".join(f"{count / total:.2%}" for count in counts)
    planned = " / ".join(f"{share / weight:.2%}" for share in shares)
    if p_value <= alpha:
        detail = f"{total:,} units fell {seen} over the variants; {planned} was planned (p = {p_value:.2g})."
        return HealthCheck("failed", "sample_ratio_mismatch", detail, p_value, METHOD)
    detail = f"{total:,} units fell {seen} over the variants, as planned ({planned})."
    return HealthCheck("ok", "sample_ratio_as_planned", detail, p_value, METHOD)


def _check(counts: Floats, shares: Sequence[float]) -> None:
    if not len(shares) or counts.ndim == 0 or counts.shape[-1] != len(shares):
        raise ValueError(f"counts and shares must be of one length, got {counts.shape} and {len(shares)}")
    if not (counts >= 0).all():
        position = int(np.argwhere(~(counts >= 0))[0][-1])
        raise ValueError(f"counts.{position} must not be negative, got {counts.min()}")
    for position, share in enumerate(shares):
        if not math.isfinite(share) or share < 0:
            raise ValueError(f"shares.{position} must be a finite number of at least 0, got {share}")
    if sum(shares) <= 0:
        raise ValueError("shares must not all be 0")
