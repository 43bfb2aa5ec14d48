"""What makes an audience valid, each refusal a sentence that names the place and the rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Container

from assignment.operators import OPERATORS, is_operator_object, type_of
from assignment.patterns import MAX_PATTERN, PatternError, compile_pattern, longest_text

MAX_DEPTH = 12
MAX_PARTS = 2_000
MAX_TEXT = 1_000
MIN_MATCHED = 400
# What every object has in JavaScript, so that an SDK finds them where a shopper lacks them.
JAVASCRIPT_WORDS = frozenset(
    [
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
        "__proto__",
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
    ]
)
LOGICAL = ("$and", "$nor", "$not", "$or", "$savedGroup")
_TYPES = ("string", "number", "boolean", "array", "object", "null")


class ConditionError(ValueError):
    """A condition that is refused; `path` is the place, `$or.1.country` for instance."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


def check_condition(condition: object, saved_groups: Container[str] = ()) -> None:
    """Refuse a condition that an SDK would read as something else than its author meant.

    Args:
        condition: What a person gave as audience, as it came from JSON.
        saved_groups: Ids that `$inGroup`, `$notInGroup` and `$savedGroup` may name.

    Raises:
        ConditionError: A `ValueError` whose sentence names the place, the value and the rule.
    """
    _Check(saved_groups).condition(condition, "", 1)


class _Check:
    def __init__(self, saved_groups: Container[str]) -> None:
        self.saved_groups = saved_groups
        self.parts = 0

    def condition(self, condition: object, path: str, depth: int) -> None:
        if not isinstance(condition, dict):
            raise ConditionError(path, f"a condition must be an object, not {_shown(condition)}")
        self._enter(path, depth)
        for key, operand in condition.items():
            self._entry(key, operand, f"{path}.{key}" if path else key, depth)

    def _enter(self, path: str, depth: int) -> None:
        self.parts += 1
        if depth > MAX_DEPTH:
            raise ConditionError(path, f"conditions may be nested {MAX_DEPTH} levels deep, no deeper")
        if self.parts > MAX_PARTS:
            raise ConditionError(path, f"a condition may have {MAX_PARTS} parts, no more")

    def _entry(self, key: str, operand: object, path: str, depth: int) -> None:
        if key in {"$and", "$or", "$nor"}:
            if not isinstance(operand, list) or not operand:
                raise ConditionError(path, f"'{key}' needs a list of conditions, not {_shown(operand)}")
            for index, part in enumerate(operand):
                self.condition(part, f"{path}.{index}", depth + 1)
        elif key == "$not":
            self.condition(operand, path, depth + 1)
        elif key == "$savedGroup":
            self._saved_group(operand, path)
        elif key.startswith("$"):
            self._refuse_operator(key, path)
        elif not key:
            raise ConditionError(path, "an attribute's name must not be empty")
        elif not JAVASCRIPT_WORDS.isdisjoint(key.split(".")):
            raise ConditionError(path, "JavaScript has this word in every object; use another name")
        elif key == "targetingKey":
            raise ConditionError(path, "the unit is called 'id' in conditions, not 'targetingKey'")
        else:
            self.value(operand, path, depth)

    def value(self, expected: object, path: str, depth: int) -> None:
        """Check what one value is compared with: operators, or something to equal."""
        if isinstance(expected, dict) and is_operator_object(expected):
            self._enter(path, depth)
            for name, operand in expected.items():
                if name not in OPERATORS:
                    self._refuse_operator(name, path, value=True)
                self._operand(name, operand, f"{path}.{name}", depth + 1)
        elif isinstance(expected, dict) and (not expected or any(key.startswith("$") for key in expected)):
            rule = "use operators such as $exists" if not expected else "operators and plain keys do not mix"
            raise ConditionError(path, f"{_shown(expected)} is not a test of a value; {rule}")
        else:
            self._plain(expected, path, depth)

    def _plain(self, value: object, path: str, depth: int) -> None:
        self._enter(path, depth)
        if isinstance(value, float) and not math.isfinite(value):
            raise ConditionError(path, f"{value} is not a number that JSON can carry")
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise ConditionError(path, f"a text may have {MAX_TEXT} characters; this one has {len(value)}")
        nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for item in nested:
            self._plain(item, path, depth + 1)

    def _operand(self, name: str, operand: object, path: str, depth: int) -> None:
        if name == "$not":
            self.value(operand, path, depth)
        elif name == "$elemMatch":
            check = self.value if is_operator_object(operand) else self.condition
            check(operand, path, depth)
        elif name in {"$all", "$alli"}:
            for index, item in enumerate(_require_list(name, operand, path)):
                self.value(item, f"{path}.{index}", depth)
        elif name == "$size" and is_operator_object(operand):
            self.value(operand, path, depth)
        elif name in {"$inGroup", "$notInGroup"}:
            self._group(operand, path)
        else:
            _OPERANDS[name](name, operand, path)
            self._plain(operand, path, depth)

    def _saved_group(self, operand: object, path: str) -> None:
        if not isinstance(operand, dict):
            raise ConditionError(path, f"'$savedGroup' needs an object with an 'id', not {_shown(operand)}")
        self._group(operand.get("id"), path)

    def _group(self, name: object, path: str) -> None:
        if not isinstance(name, str) or name not in self.saved_groups:
            raise ConditionError(path, f"there is no saved group {_shown(name)}")

    def _refuse_operator(self, name: str, path: str, *, value: bool = False) -> None:
        known = sorted(OPERATORS) if value else sorted(LOGICAL)
        where = "a value" if value else "a condition"
        if name in OPERATORS and not value:
            raise ConditionError(path, f"'{name}' tests a value; put it under an attribute's name")
        raise ConditionError(path, f"unknown operator '{name}'; for {where} there are {', '.join(known)}")


def _shown(value: object) -> str:
    text = repr(value) if value is not None else "null"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _require_list(name: str, operand: object, path: str) -> list[object]:
    if not isinstance(operand, list):
        raise ConditionError(path, f"'{name}' needs a list, not {_shown(operand)}")
    return operand


def _need_list(name: str, operand: object, path: str) -> None:
    for item in _require_list(name, operand, path):
        if isinstance(item, list | dict):
            raise ConditionError(path, f"'{name}' lists texts, numbers, booleans or null, not {_shown(item)}")


def _need(rule: str, *types: str) -> Callable[[str, object, str], None]:
    def check(name: str, operand: object, path: str) -> None:
        if type_of(operand) not in types:
            raise ConditionError(path, f"'{name}' needs {rule}, not {_shown(operand)}")

    return check


def _need_pattern(name: str, operand: object, path: str) -> None:
    if not isinstance(operand, str):
        raise ConditionError(path, f"'{name}' needs a regular expression as text, not {_shown(operand)}")
    if len(operand) > MAX_PATTERN:
        rule = f"at most {MAX_PATTERN} are allowed"
        raise ConditionError(path, f"the pattern has {len(operand)} characters; {rule}")
    try:
        compile_pattern(operand, ignore_case=name == "$regexi")
        longest = longest_text(operand)
    except PatternError as error:
        raise ConditionError(path, str(error)) from error
    if longest < MIN_MATCHED:
        rule = "use fewer repeats, anchor it with ^, or split it with '$and'"
        raise ConditionError(
            path, f"{_shown(operand)} takes so long that it can match no text beyond {longest}; {rule}"
        )


def _need_type(name: str, operand: object, path: str) -> None:
    if operand not in _TYPES:
        raise ConditionError(path, f"'{name}' needs one of {', '.join(_TYPES)}, not {_shown(operand)}")


_single = _need(
    "one text, number, boolean or null (lists and objects are never equal)",
    "string",
    "number",
    "boolean",
    "null",
)
_ordered = _need("a number or a text", "number", "string")
_released = _need("a version as text, such as '1.2.0'", "string", "number")
_OPERANDS: dict[str, Callable[[str, object, str], None]] = {
    **dict.fromkeys(("$eq", "$ne"), _single),
    **dict.fromkeys(("$lt", "$lte", "$gt", "$gte"), _ordered),
    **dict.fromkeys(("$in", "$nin", "$ini", "$nini"), _need_list),
    **dict.fromkeys(("$veq", "$vne", "$vgt", "$vgte", "$vlt", "$vlte"), _released),
    **dict.fromkeys(("$regex", "$regexi"), _need_pattern),
    "$exists": _need("true or false", "boolean"),
    "$size": _need("a number or operators", "number"),
    "$type": _need_type,
}
