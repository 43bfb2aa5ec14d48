"""Logs the exposures that a request asked for, each under the unit that was split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assignment.api.context import Context
from assignment.api.doors import Doors
from assignment.engine import CompiledSnapshot, Decision, decide
from assignment.hashing import hash_value


def expose(
    doors: Doors,
    compiled: CompiledSnapshot,
    context: Context,
    decisions: Sequence[Decision],
    agent: str | None = None,
) -> None:
    """Record the variants of the experiments that the unit takes part in.

    Who meets an experiment of a holdout is exposed to the holdout too, held out or not, in the audience or
    not: the two are alike in all but what the experiments do.

    An experiment that splits by another attribute than the shopper's id, such as a company, has that
    attribute's value as its unit: shoppers of one company see one variant, so they are no independent units.

    Args:
        agent: User agent of the crawler that asked.

    Raises:
        ProefwerkError: 422 for a unit that cannot be recorded, 503 when nothing can be now.
    """
    met: dict[str, list[tuple[str, str, int]]] = {}
    for decision in (*decisions, *holdouts_of(compiled, context, decisions)):
        if decision.in_experiment:
            unit = unit_of(context, decision)
            shown = (decision.experiment, decision.variant, decision.version)
            met.setdefault(unit, []).append(shown)
    for unit, variants in met.items():
        doors.sink.expose(unit, variants, context.described(), agent)


def unit_of(context: Context, decision: Decision) -> str:
    """What was split: the value of the experiment's attribute as text; empty when there is none."""
    value = hash_value(context.attributes.get(decision.hash_attribute))
    if not value and decision.fallback_attribute is not None:
        return hash_value(context.attributes.get(decision.fallback_attribute))
    return value


def holdouts_of(
    compiled: CompiledSnapshot, context: Context, decisions: Sequence[Decision]
) -> Iterator[Decision]:
    """What the unit has in the running holdouts that the decisions' experiments belong to."""
    met = {decision.holdout for decision in decisions} - {decision.experiment for decision in decisions}
    for key in sorted(compiled.holdouts & met):
        yield decide(compiled, key, context.attributes)
