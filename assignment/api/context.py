"""The evaluation context of a request: whom to decide for, and what is known of them."""

from __future__ import annotations

from typing import Any, NamedTuple

MAX_UNIT = 200
MAX_CONTEXT_BYTES = 1_048_576


class Context(NamedTuple):
    """A unit with its attributes; the attributes hold the unit as `id` too."""

    unit: str
    attributes: dict[str, Any]

    def described(self) -> dict[str, Any]:
        """The attributes without the unit, as an exposure records them."""
        return {key: value for key, value in self.attributes.items() if key not in {"id", "targetingKey"}}


class ContextError(ValueError):
    """A context that cannot be decided for: which field, whether it is missing, and a sentence."""

    def __init__(self, field: str, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.missing = missing


def read_context(document: dict[str, Any], *, alias: str | None = None) -> Context:
    """The context in a request's body.

    Args:
        alias: Attribute that may stand in for a `targetingKey` that is not there.

    Raises:
        ContextError: Missing or of the wrong type.
    """
    attributes = document.get("context")
    if attributes.__class__ is not dict:
        if "context" not in document:
            raise ContextError("context", "is missing; it is an object with a targetingKey")
        raise ContextError("context", f"must be an object, not {_shown(attributes)}")
    unit = attributes.get("targetingKey")
    if unit is None and alias:
        unit = attributes.get(alias)
    if unit is None or unit == "":
        raise ContextError(
            "context.targetingKey", "is missing or empty; it is the shopper's id", missing=True
        )
    if unit.__class__ is not str:
        raise ContextError("context.targetingKey", f"must be text, not {_shown(unit)}")
    if len(unit) > MAX_UNIT:
        raise ContextError(
            "context.targetingKey", f"has {len(unit)} characters; at most {MAX_UNIT} are allowed"
        )
    attributes["id"] = unit
    return Context(unit, attributes)


def _shown(value: object) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
