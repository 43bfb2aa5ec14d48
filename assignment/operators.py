"""The operators of the condition language, each compiled once to a test of one value."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from assignment import javascript
from assignment.patterns import PatternError, compile_pattern

Test = Callable[[object], bool]
_NUMBERS = frozenset((int, float))


@dataclass(slots=True)
class Scope:
    """What a condition may refer to while it is compiled.

    Attributes:
        saved_groups: By id: a plain list of values, or a typed group.
        compile_condition: Compiles a condition on an object's fields.
        resolving: Ids of the groups being resolved, so that a cycle is seen.
    """

    saved_groups: Mapping[str, object]
    compile_condition: Callable[[object, Scope], Test]
    resolving: list[str] = field(default_factory=list)


def never(_: object) -> bool:
    """A test that nothing passes: what an SDK makes of an operator it does not know."""
    return False


def is_operator_object(value: object) -> bool:
    """Whether the value is an object whose keys are all operators."""
    return isinstance(value, dict) and bool(value) and all(key.startswith("$") for key in value)


def compile_value(expected: object, scope: Scope) -> Test:
    """A test of one value: all operators of an operator object must hold, anything else is equality."""
    if isinstance(expected, dict) and is_operator_object(expected):
        tests = tuple(compile_operator(name, operand, scope) for name, operand in expected.items())
        if len(tests) == 1:
            return tests[0]
        return lambda value: all(test(value) for test in tests)
    return _compile_equality(expected)


def _compile_equality(expected: object) -> Test:
    if isinstance(expected, str):
        return lambda value: (
            value == expected if isinstance(value, str) else javascript.text_of(value) == expected
        )
    if isinstance(expected, bool):
        return lambda value: value is not None and javascript.is_truthy(value) is expected
    if isinstance(expected, int | float):
        number = javascript.number_of(expected)
        return lambda value: javascript.number_of(value) == number
    if expected is None:
        return lambda value: value is None
    text = javascript.json_text(expected)
    return lambda value: isinstance(value, list | dict) and javascript.json_text(value) == text


def compile_operator(name: str, operand: object, scope: Scope) -> Test:
    """The test of one operator; one that nothing passes when the operator is unknown."""
    build = OPERATORS.get(name)
    return build(operand, scope) if build else never


def _negate(test: Test) -> Test:
    return lambda value: not test(value)


def _equal(operand: object, _: Scope) -> Test:
    return lambda value: javascript.strictly_equal(value, operand)


def _not_equal(operand: object, scope: Scope) -> Test:
    return _negate(_equal(operand, scope))


def _ordering(
    plain: Callable[[float, float], bool], exact: Callable[[object, object], bool]
) -> Callable[[object, Scope], Test]:
    """An ordering test that takes the short way for two numbers, by far the most frequent case."""

    def build(operand: object, _: Scope) -> Test:
        if isinstance(operand, bool) or not isinstance(operand, int | float):
            return lambda value: exact(value, operand)
        number = javascript.number_of(operand)
        return lambda value: (
            plain(value, number) if value.__class__ in _NUMBERS else exact(value, operand)  # type: ignore[arg-type]
        )

    return build


def _fold(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _membership(expected: Sequence[object], *, ignore_case: bool) -> Test:
    """Strict membership; a list as value belongs when any of its elements does."""
    members = [_fold(item) for item in expected] if ignore_case else list(expected)
    texts = frozenset(item for item in members if isinstance(item, str))
    others = [item for item in members if not isinstance(item, str)]

    def is_member(value: object) -> bool:
        if isinstance(value, str):
            return (value.lower() if ignore_case else value) in texts
        return any(javascript.strictly_equal(value, item) for item in others)

    def test(value: object) -> bool:
        return any(map(is_member, value)) if isinstance(value, list) else is_member(value)

    return test


def _in(operand: object, _: Scope) -> Test:
    return _membership(operand, ignore_case=False) if isinstance(operand, list) else never


def _not_in(operand: object, _: Scope) -> Test:
    return _negate(_membership(operand, ignore_case=False)) if isinstance(operand, list) else never


def _in_ignoring_case(operand: object, _: Scope) -> Test:
    return _membership(operand, ignore_case=True) if isinstance(operand, list) else never


def _not_in_ignoring_case(operand: object, _: Scope) -> Test:
    return _negate(_membership(operand, ignore_case=True)) if isinstance(operand, list) else never


def _every(tests: Sequence[Test]) -> Test:
    def test(value: object) -> bool:
        return isinstance(value, list) and all(any(map(expected, value)) for expected in tests)

    return test


def _all(operand: object, scope: Scope) -> Test:
    return _every([compile_value(item, scope) for item in operand]) if isinstance(operand, list) else never


def _all_ignoring_case(operand: object, scope: Scope) -> Test:
    if not isinstance(operand, list):
        return never
    return _every([_equal_ignoring_case(item, scope) for item in operand])


def _equal_ignoring_case(expected: object, scope: Scope) -> Test:
    if not isinstance(expected, str):
        return compile_value(expected, scope)
    folded = expected.lower()
    return lambda value: javascript.text_of(value).lower() == folded


def _size(operand: object, scope: Scope) -> Test:
    length = compile_value(operand, scope)
    return lambda value: isinstance(value, list) and length(len(value))


def _element(operand: object, scope: Scope) -> Test:
    build = compile_value if is_operator_object(operand) else scope.compile_condition
    matches = build(operand, scope)
    return lambda value: isinstance(value, list) and any(item is not None and matches(item) for item in value)


def _exists(operand: object, _: Scope) -> Test:
    wanted = javascript.is_truthy(operand)
    return lambda value: (value is not None) is wanted


def type_of(value: object) -> str:
    """The type's name as `$type` knows it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _type(operand: object, _: Scope) -> Test:
    return lambda value: type_of(value) == operand


def _pattern(operand: object, *, ignore_case: bool) -> Test:
    if not isinstance(operand, str):
        return never
    try:
        search = compile_pattern(operand, ignore_case=ignore_case)
    except PatternError:
        return never
    return lambda value: search(value if isinstance(value, str) else javascript.text_of(value))


def _regex(operand: object, _: Scope) -> Test:
    return _pattern(operand, ignore_case=False)


def _regex_ignoring_case(operand: object, _: Scope) -> Test:
    return _pattern(operand, ignore_case=True)


def _not(operand: object, scope: Scope) -> Test:
    return _negate(compile_value(operand, scope))


def _in_group(operand: object, scope: Scope) -> Test:
    values = _group_values(operand, scope)
    return never if values is None else _membership(values, ignore_case=False)


def _not_in_group(operand: object, scope: Scope) -> Test:
    values = _group_values(operand, scope)
    return never if values is None else _negate(_membership(values, ignore_case=False))


def _group_values(name: object, scope: Scope) -> list[object] | None:
    """The values of a saved group, plain or typed; of an unknown one none, `None` for any other shape."""
    group = scope.saved_groups.get(javascript.text_of(name), [])
    if isinstance(group, dict) and group.get("type") == "list":
        group = group.get("values")
    return group if isinstance(group, list) else None


_VERSION_SUFFIX = re.compile(r"^v|\+[^\n\r\u2028\u2029]*\Z")
_VERSION_PARTS = re.compile(r"[-.]")


def version_text(value: object) -> bytes:
    """The version in a form that sorts: numbers padded to 5, a release above its pre-releases."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = javascript.number_text(value)
    text = value if isinstance(value, str) and value else "0"
    parts = _VERSION_PARTS.split(_VERSION_SUFFIX.sub("", text))
    if len(parts) == 3:
        parts.append("~")
    padded = (part.rjust(5) if part.isascii() and part.isdigit() else part for part in parts)
    return javascript.code_units("-".join(padded))


def _version(compare: Callable[[bytes, bytes], bool]) -> Callable[[object, Scope], Test]:
    def build(operand: object, _: Scope) -> Test:
        expected = version_text(operand)
        return lambda value: compare(version_text(value), expected)

    return build


OPERATORS: dict[str, Callable[[object, Scope], Test]] = {
    "$eq": _equal,
    "$ne": _not_equal,
    "$lt": _ordering(operator.lt, javascript.is_less),
    "$lte": _ordering(operator.le, javascript.is_at_most),
    "$gt": _ordering(operator.gt, lambda value, operand: javascript.is_less(operand, value)),
    "$gte": _ordering(operator.ge, lambda value, operand: javascript.is_at_most(operand, value)),
    "$in": _in,
    "$nin": _not_in,
    "$ini": _in_ignoring_case,
    "$nini": _not_in_ignoring_case,
    "$all": _all,
    "$alli": _all_ignoring_case,
    "$size": _size,
    "$elemMatch": _element,
    "$exists": _exists,
    "$type": _type,
    "$regex": _regex,
    "$regexi": _regex_ignoring_case,
    "$not": _not,
    "$inGroup": _in_group,
    "$notInGroup": _not_in_group,
    "$veq": _version(bytes.__eq__),
    "$vne": _version(bytes.__ne__),
    "$vgt": _version(bytes.__gt__),
    "$vgte": _version(bytes.__ge__),
    "$vlt": _version(bytes.__lt__),
    "$vlte": _version(bytes.__le__),
}
