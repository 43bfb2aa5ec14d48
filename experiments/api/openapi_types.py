"""Types of which the schemas of the OpenAPI description are made."""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
WHOLE: dict[str, Any] = {"type": "integer", "minimum": 0}
FLAG: dict[str, Any] = {"type": "boolean"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
OBJECT: dict[str, Any] = {"type": "object"}
ADJUSTMENTS = ["none", "bonferroni", "holm", "benjamini-hochberg", "e-benjamini-hochberg"]


def objects(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these members; others may come with later versions."""
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def lists(name: str, items: dict[str, Any]) -> dict[str, Any]:
    """One page of a list under its own name."""
    return objects(
        {name: {"type": "array", "items": items}, "total": WHOLE, "page": WHOLE, "per_page": WHOLE}
    )
