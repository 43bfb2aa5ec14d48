"""Boundaries that a sum ever crosses with chance at most alpha, by the variance that it has gathered.

Howard, Ramdas, McAuliffe & Sekhon (2021), "Time-uniform, nonparametric, nonasymptotic confidence sequences",
and (2020), "Time-uniform Chernoff bounds via nonnegative supermartingales". Every mixture averages
`exp(lambda s - psi(lambda) v)` over `lambda`; it is a supermartingale that starts at 1, so its boundary is
where it reaches `1 / alpha` (Ville). Names, arguments and defaults are those of the authors' confseq.

Shapes: `s` and `v` broadcast; all else is a number. `v` is intrinsic time: the sum of (bounds on) variances.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import elementwise
from scipy.special import betainc, gammainc, gammaincc, gammaln, log_ndtr, zeta

from stats import conversion_exact
from stats.checks import check_above, check_level, check_numbers
from stats.confidence_sequence import mixture_rho

Floats = NDArray[np.float64]
DOUBLINGS = 1100


def normal_log_mixture(
    s: ArrayLike, v: ArrayLike, v_opt: float, alpha_opt: float = 0.05, is_one_sided: bool = True
) -> Floats:
    """Log of the mixture over a (half-)normal `lambda` for sub-Gaussian sums (2021, Propositions 5 and 6).

    Args:
        s: The sum of deviations from the mean.
        v: Its intrinsic time, not negative.
        v_opt: Intrinsic time at which the boundary at `alpha_opt` is about tightest.
        alpha_opt: The level for which it is tuned; below one half for a single side.
        is_one_sided: Whether only large sums count against the hypothesis.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """
    total, time = check_numbers("s", s), _intrinsic(v)
    rho = _rho(v_opt, alpha_opt, is_one_sided)
    spread = time + rho
    two_sided = np.log(rho / spread) / 2 + total**2 / (2 * spread)
    if not is_one_sided:
        return np.asarray(two_sided)
    return np.asarray(two_sided + np.log(2) + log_ndtr(total / np.sqrt(spread)))


def normal_mixture_bound(
    v: ArrayLike, alpha: float, v_opt: float, alpha_opt: float = 0.05, is_one_sided: bool = True
) -> Floats:
    """Where `normal_log_mixture` reaches `log(1 / alpha)`; two-sided for the absolute sum. Args as there."""
    if is_one_sided:
        return _crossing(lambda s, time: normal_log_mixture(s, time, v_opt, alpha_opt), v, alpha)
    check_level("alpha", alpha)
    time, rho = _intrinsic(v), _rho(v_opt, alpha_opt, is_one_sided)
    return np.asarray(np.sqrt((time + rho) * (np.log1p(time / rho) - 2 * np.log(alpha))))


def gamma_exponential_log_mixture(
    s: ArrayLike, v: ArrayLike, v_opt: float, c: float, alpha_opt: float = 0.05
) -> Floats:
    """Log of the gamma mixture for sub-exponential sums of scale `c` (2021, Proposition 9).

    Args and errors as for `normal_log_mixture`; also refuses sums of `-(v + rho) / c` or less.

    Args:
        s: The sum of deviations from the mean.
        v: Its intrinsic time.
        v_opt: As for `normal_log_mixture`.
        c: Scale of the sub-exponential tail, above 0, in the unit of `s`.
        alpha_opt: As for `normal_log_mixture`.
    """
    start, shape, shift = _gamma_terms(s, v, v_opt, c, alpha_opt)
    tails = np.log(gammainc(shape, shape + shift)) - np.log(gammainc(start, start))
    # Written with Stirling's remainders, for the gamma functions themselves cancel at large times.
    scale = np.log(start / shape) / 2 + _remainder(shape) - _remainder(start)
    return np.asarray(scale + shift - shape * np.log1p(shift / shape) + tails)


def gamma_exponential_mixture_bound(
    v: ArrayLike, alpha: float, v_opt: float, c: float, alpha_opt: float = 0.05
) -> Floats:
    """Where `gamma_exponential_log_mixture` reaches `log(1 / alpha)`. Args as there."""
    return _crossing(lambda s, time: gamma_exponential_log_mixture(s, time, v_opt, c, alpha_opt), v, alpha)


def gamma_poisson_log_mixture(
    s: ArrayLike, v: ArrayLike, v_opt: float, c: float, alpha_opt: float = 0.05
) -> Floats:
    """Log of the gamma mixture for sub-Poisson sums of scale `c` (2021, Proposition 10).

    Args and errors as for `gamma_exponential_log_mixture`.
    """
    start, shape, shift = _gamma_terms(s, v, v_opt, c, alpha_opt)
    count = shape + shift
    tails = np.log(gammaincc(count, shape)) - np.log(gammaincc(start, start))
    scale = np.log(start / count) / 2 + _remainder(count) - _remainder(start)
    return np.asarray(scale + count * np.log1p(shift / shape) - shift + tails)


def gamma_poisson_mixture_bound(
    v: ArrayLike, alpha: float, v_opt: float, c: float, alpha_opt: float = 0.05
) -> Floats:
    """Where `gamma_poisson_log_mixture` reaches `log(1 / alpha)`. Args as there."""
    return _crossing(lambda s, time: gamma_poisson_log_mixture(s, time, v_opt, c, alpha_opt), v, alpha)


def beta_binomial_log_mixture(
    s: ArrayLike,
    v: ArrayLike,
    v_opt: float,
    g: float,
    h: float,
    alpha_opt: float = 0.05,
    is_one_sided: bool = True,
) -> Floats:
    """Log of the beta mixture for sub-Bernoulli sums (2021, Propositions 7 and 8).

    A step of `-g` or `h` with mean 0 is a coin, so this is the exact test of a coin's known odds.

    Args:
        s: The sum of deviations from the mean; beyond `-v / h` and `v / g`, which no sum leaves, only as far
            as the mixture is defined.
        v: Its intrinsic time, `g h` for each step.
        v_opt: As for `normal_log_mixture`.
        g: How far a step may fall below its mean, above 0.
        h: How far a step may rise above its mean, above 0.
        alpha_opt: As for `normal_log_mixture`.
        is_one_sided: As for `normal_log_mixture`.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """
    total, time = check_numbers("s", s), _intrinsic(v)
    weight = _beta_weight(v_opt, g, h, alpha_opt, is_one_sided)
    span = g + h
    downs, ups = (time - g * total) / (g * span), (time + h * total) / (h * span)
    odds = (h / span, g / span)
    if np.any(weight * odds[0] + downs <= 0) or np.any(weight * odds[1] + ups <= 0):
        raise ValueError("s must lie between -v / h and v / g, which no sum leaves")
    found = conversion_exact.log_e_value(downs, ups, odds, weight)
    if not is_one_sided:
        return found
    prior = betainc(weight * odds[0], weight * odds[1], odds[0])
    with np.errstate(divide="ignore"):
        posterior = np.log(betainc(weight * odds[0] + downs, weight * odds[1] + ups, odds[0]))
    return np.asarray(found + posterior - np.log(prior))


def beta_binomial_mixture_bound(
    v: ArrayLike,
    alpha: float,
    v_opt: float,
    g: float,
    h: float,
    alpha_opt: float = 0.05,
    is_one_sided: bool = True,
) -> Floats:
    """Where `beta_binomial_log_mixture` reaches `log(1 / alpha)`, at most the largest sum, `v / g`.

    Args as there.
    """

    def log_mixture(s: Floats, time: Floats) -> Floats:
        return beta_binomial_log_mixture(s, time, v_opt, g, h, alpha_opt, is_one_sided)

    check_above("g", g, 0)
    return _crossing(log_mixture, v, alpha, _intrinsic(v) / g)


def poly_stitching_bound(
    v: ArrayLike, alpha: float, v_min: float, c: float = 0.0, s: float = 1.4, eta: float = 2.0
) -> Floats:
    """Stitched boundary of the rate of the iterated logarithm for sub-gamma sums (2021, Theorem 1).

    Args:
        v: Intrinsic time, not negative.
        alpha: Chance of ever crossing.
        v_min: Intrinsic time from which it is meant to be used; constant before.
        c: Scale of the sub-gamma tail; 0 for sub-Gaussian sums.
        s: Power with which later epochs get less of alpha, above 1.
        eta: Ratio of the times of neighbouring epochs, above 1.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """
    check_level("alpha", alpha)
    for name, value, least in (("v_min", v_min, 0), ("s", s, 1), ("eta", eta, 1)):
        check_above(name, value, least)
    if not c >= 0:
        raise ValueError(f"c must not be negative, got {c}")
    time = np.maximum(_intrinsic(v), v_min)
    spent = s * np.log(np.log(eta * time / v_min)) + np.log(zeta(s) / (alpha * np.log(eta) ** s))
    drift = (np.sqrt(eta) + 1) / 2 * c * spent
    return np.asarray(np.sqrt((eta**0.25 + eta**-0.25) ** 2 / 2 * time * spent + drift**2) + drift)


def _rho(v_opt: float, alpha_opt: float, is_one_sided: bool) -> float:
    """One over the variance of `lambda` (2021, section 3.5); one side is both sides at twice the alpha."""
    check_above("v_opt", v_opt, 0)
    check_level("alpha_opt", alpha_opt, 0.5 if is_one_sided else 1.0)
    return float(mixture_rho((1 + is_one_sided) * alpha_opt, v_opt) ** -2)


def _gamma_terms(
    s: ArrayLike, v: ArrayLike, v_opt: float, c: float, alpha_opt: float
) -> tuple[float, Floats, Floats]:
    """Shape of the gamma before and after `v`, and `s` in its unit."""
    total, time = check_numbers("s", s), _intrinsic(v)
    check_above("c", c, 0)
    rho = _rho(v_opt, alpha_opt, True)
    shape, shift = np.asarray((time + rho) / c**2), np.asarray(total / c)
    if np.any(shape + shift <= 0):
        raise ValueError(f"s must lie above -(v + {rho:.6g}) / c")
    return rho / c**2, shape, shift


def _beta_weight(v_opt: float, g: float, h: float, alpha_opt: float, is_one_sided: bool) -> float:
    """Prior weight in steps that makes the beta mixture about as tight as the normal one at `v_opt`."""
    check_above("g", g, 0)
    check_above("h", h, 0)
    return max(_rho(v_opt, alpha_opt, is_one_sided) / (g * h) - 1, 1e-3)


def _intrinsic(v: ArrayLike) -> Floats:
    time = check_numbers("v", v)
    if np.any(time < 0):
        raise ValueError("v must not be negative")
    return time


def _remainder(shape: ArrayLike) -> Floats:
    """What Stirling's formula leaves of the log gamma function."""
    size = np.asarray(shape, dtype=np.float64)
    series = (1 - (1 - 2 / (7 * size**2)) / (30 * size**2)) / (12 * size)
    direct = gammaln(size) - (size - 0.5) * np.log(size) + size - np.log(2 * np.pi) / 2
    return np.asarray(np.where(size > 100, series, direct))


def _crossing(
    log_mixture: Callable[[Floats, Floats], Floats], v: ArrayLike, alpha: float, limit: Floats | None = None
) -> Floats:
    """The positive sum at which the mixture reaches `1 / alpha`, or `limit` where it never does."""
    check_level("alpha", alpha)
    time = _intrinsic(v)
    wanted = -np.log(alpha)
    upper = np.asarray(time + 1.0) if limit is None else limit
    if limit is None:
        for _ in range(DOUBLINGS):
            low = log_mixture(upper, time) <= wanted
            if not low.any():
                break
            upper = np.where(low, 2 * upper, upper)
    within = log_mixture(upper, time) > wanted
    result = np.array(upper)
    result[within] = elementwise.find_root(
        lambda s, at: log_mixture(s, at) - wanted,
        (np.zeros_like(upper[within]), upper[within]),
        args=(time[within],),
        tolerances={"xatol": 0.0, "xrtol": 1e-14, "fatol": 0.0, "frtol": 0.0},
    ).x
    return result
