"""The one door to a comparison: picks the valid method with the most power, and says why."""

from __future__ import annotations

from stats.answer import Family, bonferroni, undetermined
from stats.bayes import read_posterior
from stats.checks import KINDS, check_pair
from stats.clock import FINAL, Clock
from stats.fixed import read_once
from stats.plan import ReadingPlan
from stats.planned import read_planned
from stats.result import Comparison, Undetermined
from stats.sequential import read_sequentially
from stats.summary import Summary

__all__ = ["KINDS", "ReadingPlan", "compare"]


def compare(
    control: Summary,
    treatment: Summary,
    *,
    kind: str,
    plan: ReadingPlan,
    shares: tuple[float, float],
    comparisons: int = 1,
    clock: Clock = FINAL,
    needs_e_value: bool = False,
) -> Comparison:
    """Compare a treatment with the control on one metric, as one of a family that shares alpha equally.

    The interval is at `plan.alpha / comparisons` and the p-value is multiplied by `comparisons`, so that
    `significant`, `p_value <= plan.alpha` and both intervals excluding zero are one statement.

    Args:
        control: Summary of the control's units.
        treatment: Summary of the treatment's units, same columns.
        kind: Kind of the metric, one of `KINDS`.
        plan: The registered way of reading.
        shares: Planned probabilities of control and treatment among the experiment's units.
        comparisons: Size of the family that shares `plan.alpha`.
        clock: How much information units carry while outcomes come in; by default all outcomes are final.
        needs_e_value: Whether one over the p-value must be an e-value, as e-BH asks; for `sequential`.

    Raises:
        ValueError: A value is not finite or outside its range; the message names it.
    """
    family = Family(plan.alpha, comparisons)
    found = read_alone(
        control,
        treatment,
        kind=kind,
        plan=plan,
        shares=shares,
        family=family,
        clock=clock,
        needs_e_value=needs_e_value,
    )
    return bonferroni(found, family)


def read_alone(
    control: Summary,
    treatment: Summary,
    *,
    kind: str,
    plan: ReadingPlan,
    shares: tuple[float, float],
    family: Family,
    clock: Clock = FINAL,
    needs_e_value: bool = False,
) -> Comparison:
    """The same by itself: its p-value is not adjusted, and at most `family.own_level` exactly when the
    intervals, which are at that level, exclude zero.

    Args and errors as for `compare`, with the family instead of its size.
    """
    check_pair(control, treatment, kind, shares, family.comparisons)
    ratio = kind == "ratio"
    if kind == "quantile":
        why = Undetermined("needs_values", "A quantile cannot be read from moments.")
        return undetermined(control, treatment, family, "none", why, ratio=ratio)
    for name, summary in (("control", control), ("treatment", treatment)):
        if summary.units < 2:
            why = Undetermined(
                "too_few_units", f"The {name} has {summary.units} units; at least 2 are needed."
            )
            return undetermined(control, treatment, family, "none", why, ratio=ratio)
    planned = plan.planned_units * min(1.0, sum(shares))
    if plan.method == "fixed":
        return read_once(control, treatment, kind, plan, planned, family)
    if plan.method == "group_sequential":
        return read_planned(control, treatment, kind, plan, planned, family, clock)
    if plan.method == "bayesian":
        return read_posterior(control, treatment, kind, plan, family)
    return read_sequentially(
        control, treatment, kind, plan, shares, family, clock, needs_e_value=needs_e_value
    )
