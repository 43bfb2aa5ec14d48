"""Everything from which the number of one comparison follows, and the Python that computes it again."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from experiments.analysis.pairing import Pairing
from experiments.forms import MetricKind
from stats.answer import Family
from stats.plan import ReadingPlan
from stats.ranks import Ranks
from stats.result import Comparison
from stats.spending import Spending
from stats.summary import Summary

Document = dict[str, Any]
_IMPORTS = {
    "Clock": "stats.clock",
    "Family": "stats.answer",
    "Ranks": "stats.ranks",
    "ReadingPlan": "stats.plan",
    "Spending": "stats.spending",
    "Summary": "stats.summary",
    "compare_quantiles": "stats.quantile_reading",
    "read_alone": "stats.choose",
}
_WELCH = ("mean", "count", "proportion", "retention")
"""Kinds whose difference scipy's Welch test compares too."""


def sufficient(pairing: Pairing, found: Comparison, comparisons: int) -> Document | None:
    """The arguments from which a comparison follows, as JSON.

    `None` where the newest moments do not give it: where it was settled at an earlier moment, where it was
    read by bets on one unit after another, or where it cannot be read at all.

    Args:
        pairing: Who is compared.
        found: The comparison that decides.
        comparisons: Size of its family.
    """
    part, plan = pairing.part, pairing.plan
    ranked = part.measured.form.kind == MetricKind.QUANTILE
    if pairing.refusal() is not None or pairing.exact is not None or plan.spending.function is not None:
        return None
    arms = part.ranks if ranked else part.summaries
    if not arms:
        return None
    family = Family(plan.alpha, comparisons, found.level)
    for needs_e_value in (False, True):
        again = pairing.read(family, needs_e_value=needs_e_value)
        if (again.absolute, again.relative) == (found.absolute, found.relative):
            share, clock_plan = part.measured.clock.numbers
            return {
                "kind": part.measured.form.kind.value,
                "control": _plain(asdict(arms[0])),
                "treatment": _plain(asdict(arms[pairing.place])),
                "plan": _plain(asdict(plan)),
                "shares": list(pairing.shares),
                "family": [family.alpha, family.comparisons, family.own_level],
                "clock": [share, clock_plan],
                "needs_e_value": needs_e_value,
            }
    return None


def snippet(comparison: Document) -> str | None:
    """Python that computes a comparison of a report again and prints difference and lift with their bounds.

    It needs nothing but this project's `stats` package, and scipy for the single look beside it. `None`
    for comparisons without sufficient statistics.
    """
    given = comparison.get("sufficient")
    if not given:
        return None
    ranked = given["kind"] == "quantile"
    door, arm = ("compare_quantiles", "Ranks") if ranked else ("read_alone", "Summary")
    kind = "" if ranked else f"kind={given['kind']!r}, "
    names = sorted({"Clock", "Family", "ReadingPlan", "Spending", arm, door}, key=lambda name: _IMPORTS[name])
    lines = [
        "from math import inf, nan",
        *(f"from {_IMPORTS[name]} import {name}" for name in names),
        "",
        f"control = {_arm(given['control'], ranked=ranked)}",
        f"treatment = {_arm(given['treatment'], ranked=ranked)}",
        f"plan = {_plan(given['plan'])}",
        f"found = {door}(control, treatment, {kind}plan=plan, shares={tuple(given['shares'])},",
        f"    family=Family{tuple(given['family'])}, clock=Clock{tuple(given['clock'])}, "
        f"needs_e_value={given['needs_e_value']})",
        'print("difference", found.absolute.estimate, found.absolute.lower, found.absolute.upper)',
        'print("lift", found.relative.estimate, found.relative.lower, found.relative.upper)',
    ]
    if given["kind"] in _WELCH:
        lines += [
            "",
            "from scipy.stats import ttest_ind_from_stats",
            "sides = [(s.means[0], s.variance() ** 0.5, s.units) for s in (treatment, control)]",
            "welch = ttest_ind_from_stats(*sides[0], *sides[1], equal_var=False)",
            'print("p for a single look, without covariates (Welch)", welch.pvalue)',
        ]
    return "\n".join(lines)


def _arm(given: Document, *, ranked: bool) -> str:
    fields: Any = {name: _tuples(value) for name, value in given.items()}
    if ranked:
        return repr(Ranks(**fields))
    unknown = {name: math.nan for name in ("third", "minimum", "maximum") if fields[name] is None}
    return repr(Summary(**(fields | unknown)))


def _plan(given: Document) -> str:
    return repr(ReadingPlan(**{**given, "spending": Spending(**given["spending"])}))


def _tuples(value: Any) -> Any:
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """As JSON has it: lists, and nothing for what is not a number."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
