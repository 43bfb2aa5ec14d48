"""Who an experiment is for: the condition language, compiled to closures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assignment.conditions import check_condition
from assignment.operators import Scope, Test, compile_value, never

__all__ = ["check_condition", "compile_condition", "get_path"]


def compile_condition(condition: object, saved_groups: Mapping[str, object] | None = None) -> Test:
    """A test whether attributes meet the condition, as every GrowthBook SDK evaluates it.

    Args:
        condition: Object of dotted paths and logical operators; `{}` holds for everyone. What
            `check_condition` would refuse is compiled too, to what an SDK makes of it.
        saved_groups: By id: a list of values, or `{"type": "list" | "condition", ...}`.

    Returns:
        A pure function of the attributes, an object as it came from JSON.
    """
    return _compile(condition, Scope(saved_groups or {}, _compile))


def _compile(condition: object, scope: Scope) -> Test:
    if not isinstance(condition, dict):
        return never
    tests = tuple(_compile_entry(key, operand, scope) for key, operand in condition.items())
    if not tests:
        return lambda attributes: True
    return _conjunction(tests)


def _conjunction(tests: tuple[Test, ...]) -> Test:
    """All of them, without a loop for the short conditions that most audiences are."""
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda attributes: first(attributes) and second(attributes)
    return lambda attributes: all(test(attributes) for test in tests)


def _compile_entry(key: str, operand: object, scope: Scope) -> Test:
    logical = _LOGICAL.get(key)
    if logical:
        return logical(operand, scope)
    test = compile_value(operand, scope)
    if "." in key:
        parts = key.split(".")
        return lambda attributes: test(_walk(attributes, parts))
    return lambda attributes: test(
        attributes.get(key) if attributes.__class__ is dict else _step(attributes, key)
    )


def get_path(attributes: object, path: str) -> object:
    """The value at a dotted path; `None` when a step is missing. List indices and `length` work."""
    return _walk(attributes, path.split("."))


def _walk(value: object, parts: list[str]) -> object:
    for part in parts:
        value = _step(value, part)
    return value


def _step(value: object, part: str) -> object:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list):
        if part == "length":
            return len(value)
        if part.isascii() and part.isdigit() and str(int(part)) == part and int(part) < len(value):
            return value[int(part)]
    return None


def _compile_parts(operand: object, scope: Scope) -> list[Test]:
    return [_compile(part, scope) for part in operand] if isinstance(operand, list) else []


def _any_of(operand: object, scope: Scope) -> Test:
    parts = _compile_parts(operand, scope)
    return lambda attributes: not parts or any(part(attributes) for part in parts)


def _all_of(operand: object, scope: Scope) -> Test:
    parts = _compile_parts(operand, scope)
    return lambda attributes: all(part(attributes) for part in parts)


def _none_of(operand: object, scope: Scope) -> Test:
    some = _any_of(operand, scope)
    return lambda attributes: not some(attributes)


def _opposite(operand: object, scope: Scope) -> Test:
    inner = _compile(operand, scope)
    return lambda attributes: not inner(attributes)


def _saved_group(operand: object, scope: Scope) -> Test:
    """A typed saved group; a cycle, an unknown id or a mistyped entry does not match."""
    if not isinstance(operand, dict) or not isinstance(operand.get("attributeKey", ""), str):
        return never
    name = operand.get("id")
    group = scope.saved_groups.get(name) if isinstance(name, str) else None
    if not isinstance(name, str) or not isinstance(group, dict) or name in scope.resolving:
        return never
    if group.get("type") == "list":
        path = operand.get("attributeKey", group.get("attributeKey"))
        if not isinstance(path, str):
            return never
        # Of a list that is none, `$in` says no. The path may look like an operator, and is none.
        member = compile_value({"$in": group.get("values")}, scope)
        return lambda attributes: member(get_path(attributes, path))
    if group.get("type") != "condition" or not isinstance(group.get("condition"), dict):
        return never
    scope.resolving.append(name)
    try:
        return _compile(group["condition"], scope)
    finally:
        scope.resolving.pop()


_LOGICAL: dict[str, Callable[[object, Scope], Test]] = {
    "$or": _any_of,
    "$nor": _none_of,
    "$and": _all_of,
    "$not": _opposite,
    "$savedGroup": _saved_group,
}
