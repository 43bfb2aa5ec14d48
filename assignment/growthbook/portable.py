"""Writes an audience so that every GrowthBook SDK finds the same units in it as our own engine does."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from assignment.operators import is_operator_object
from assignment.patterns import PatternError, portable_pattern
from assignment.targeting import compile_condition

# On a missing attribute these mean the same in every SDK. Of comparisons, patterns and versions each makes
# something else: 0, "null", false.
_AGREED = frozenset(
    ("$eq", "$ne", "$in", "$nin", "$ini", "$nini", "$exists", "$type", "$all", "$alli", "$size", "$elemMatch")
)
# Where our engine refuses a missing attribute, so does every SDK, but for these.
_NEGATIONS = frozenset(("$not", "$vne"))


def portable(condition: Mapping[str, Any]) -> dict[str, Any]:
    """The condition with guards for units that lack an attribute, where SDKs would disagree on them.

    It holds for the same units under our own evaluation. What no condition can mend is an attribute of
    another type than it is compared with.
    """
    written: dict[str, Any] = {}
    guards: list[dict[str, Any]] = []
    for key, operand in condition.items():
        if key in {"$and", "$or", "$nor"} and isinstance(operand, list):
            written[key] = [_part(part) for part in operand]
        elif key == "$not":
            written[key] = _part(operand)
        elif is_operator_object(operand):
            written[key] = _guarded(operand)
        elif not _is_agreed(operand) and compile_condition({"value": operand})({}):
            guards.append({"$or": [{key: {"$exists": False}}, {key: operand}]})
        else:
            written[key] = operand
    if guards:
        written["$and"] = [*written.get("$and", ()), *guards]
    return written


def _part(condition: object) -> object:
    return portable(condition) if isinstance(condition, dict) else condition


def _guarded(operators: Mapping[str, Any]) -> dict[str, Any]:
    """The operators, so that what they say of a missing attribute follows from `$exists` alone."""
    inner = {name: _operand(name, value) for name, value in operators.items()}
    if _is_agreed(operators):
        return inner
    if compile_condition({"value": dict(operators)})({}):
        return {"$not": {"$exists": True, "$not": inner}}
    return inner if _NEGATIONS.isdisjoint(operators) else {"$exists": True, "$not": {"$not": inner}}


def _operand(name: str, value: Any) -> Any:
    if name in {"$regex", "$regexi"} and isinstance(value, str):
        # One that is not valid matches nothing anywhere.
        with suppress(PatternError):
            return portable_pattern(value)
    if name in {"$all", "$alli"} and isinstance(value, list):
        return [_operand("", item) for item in value]
    if is_operator_object(value):
        return {inner: _operand(inner, operand) for inner, operand in value.items()}
    if name == "$elemMatch" and isinstance(value, dict):
        written = portable(value)
        # Logical operators alone would be taken for a test of the element itself.
        return value if is_operator_object(written) else written
    return value


def _is_agreed(operand: object) -> bool:
    """Whether every SDK tests a missing attribute alike."""
    if isinstance(operand, dict) and is_operator_object(operand):
        return all(
            name in _AGREED or (name == "$not" and _is_agreed(value)) for name, value in operand.items()
        )
    # A missing attribute is 0 to a number and "null" to a text, in some SDKs.
    return operand != "null" and (isinstance(operand, bool) or not isinstance(operand, int | float))
