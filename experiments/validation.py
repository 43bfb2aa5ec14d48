"""From a document to a form, or to errors that name field, value and rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from assignment.errors import FieldError, ProefwerkError
from experiments.documents import check_document, shown
from experiments.form import FieldValueError, Form

FormT = TypeVar("FormT", bound=Form)


def parse(form: type[FormT], document: Any) -> FormT:
    """The form in a JSON document; the same rules for the API and the screens.

    Raises:
        ProefwerkError: 422 with every field that is wrong; 400 for what JSON cannot keep.
    """
    if not isinstance(document, dict):
        raise ProefwerkError(422, "invalid", f"{shown(document)} is not an object; an object is needed.")
    check_document(document)
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        return form.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise invalid(*explain(error)) from error


def invalid(*fields: FieldError) -> ProefwerkError:
    """The refusal of a document because of these fields."""
    first = fields[0]
    more = f" (and {len(fields) - 1} more)" if len(fields) > 1 else ""
    return ProefwerkError(422, "invalid", f"{first.field}: {first.message}{more}", fields)


def explain(error: ValidationError) -> tuple[FieldError, ...]:
    """What pydantic found, as dotted paths with sentences that give the value and the rule."""
    return tuple(_explain_one(detail) for detail in error.errors(include_url=False))


def _explain_one(detail: ErrorDetails) -> FieldError:
    place: tuple[str | int, ...] = detail["loc"]
    context: dict[str, Any] = detail.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, FieldValueError):
        place = (*place, *cause.place)
    if isinstance(cause, ValueError):
        message = str(cause)
    else:
        rule = _RULES.get(detail["type"])
        message = (
            rule(shown(detail["input"]), context) if rule else f"{shown(detail['input'])}: {detail['msg']}"
        )
    return FieldError(".".join(str(part) for part in place), message)


def _kind(name: str) -> Callable[[str, dict[str, Any]], str]:
    return lambda value, context: f"{value} is not {name}"


def _limit(words: str, name: str) -> Callable[[str, dict[str, Any]], str]:
    return lambda value, context: f"{value} must be {words} {context[name]}"


_RULES: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "missing": lambda value, context: "this field is required",
    "extra_forbidden": lambda value, context: f"this field is unknown (its value is {value})",
    "float_type": _kind("a number"),
    "float_parsing": _kind("a number"),
    "int_type": _kind("a whole number"),
    "int_parsing": _kind("a whole number"),
    "int_from_float": _kind("a whole number"),
    "int_parsing_size": _kind("a whole number that can be kept"),
    "finite_number": _kind("a finite number"),
    "string_type": _kind("text"),
    "bool_type": _kind("true or false"),
    "list_type": _kind("a list"),
    "dict_type": _kind("an object"),
    "model_type": _kind("an object"),
    "model_attributes_type": _kind("an object"),
    "datetime_type": _kind("an RFC 3339 time such as 2030-01-31T09:00:00Z"),
    "datetime_parsing": _kind("an RFC 3339 time such as 2030-01-31T09:00:00Z"),
    "datetime_from_date_parsing": _kind("an RFC 3339 time such as 2030-01-31T09:00:00Z"),
    "timezone_aware": lambda value, context: f"{value} has no time zone; end it with Z or +01:00",
    "greater_than": _limit("above", "gt"),
    "greater_than_equal": _limit("at least", "ge"),
    "less_than": _limit("below", "lt"),
    "less_than_equal": _limit("at most", "le"),
    "enum": lambda value, context: f"{value} is not one of {context['expected']}",
    "literal_error": lambda value, context: f"{value} is not one of {context['expected']}",
    "string_too_short": lambda value, context: (
        f"{value} is too short; it needs {context['min_length']} character(s)"
    ),
    "string_too_long": lambda value, context: (
        f"{value} is too long; {context['max_length']} characters are allowed"
    ),
    "string_pattern_mismatch": lambda value, context: (
        f"{value} is not a key: lower-case letters, digits, - and _, starting with a letter or digit, "
        "63 characters at most"
    ),
    "too_short": lambda value, context: (
        f"{context['actual_length']} given; at least {context['min_length']} needed"
    ),
    "too_long": lambda value, context: f"more than {context['max_length']} given; that is the most",
}
