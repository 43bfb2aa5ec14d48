"""Schemas of the events that storefronts report."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_parts import reference
from experiments.api.openapi_types import MOMENT, NUMBER, OBJECT, TEXT, objects


def event_schemas() -> dict[str, Any]:
    """An event of each type, and any of them."""
    base = {
        "id": {**TEXT, "minLength": 1, "maxLength": 100},
        "unit": {**TEXT, "minLength": 1, "maxLength": 200},
    }
    exposure = objects(
        {"type": {"const": "exposure"}, **base, "experiment": TEXT, "variant": TEXT},
        {
            "time": MOMENT,
            "attributes": OBJECT,
            "version": {
                "type": "integer",
                "minimum": 1,
                "maximum": 2**31 - 1,
                "description": "Phase under which the variant was decided; of another one it does not count.",
            },
        },
    )
    conversion = objects(
        {"type": {"const": "conversion"}, **base, "name": {**TEXT, "minLength": 1, "maxLength": 100}},
        {
            "time": MOMENT,
            "value": {**NUMBER, "default": 1},
            "currency": {**TEXT, "pattern": "^[A-Z]{3}$"},
            "properties": {
                "type": "object",
                "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
            },
        },
    )
    link = objects(
        {"type": {"const": "link"}, "unit": base["unit"], "person": base["unit"]},
        {
            "id": {**base["id"], "description": "Without one, the same link counts once."},
            "time": MOMENT,
        },
    )
    return {
        "Exposure": exposure,
        "Conversion": conversion,
        "Link": {**link, "description": "Two ids are one person's, such as an anonymous id and an account."},
        "Event": {"oneOf": [reference("Exposure"), reference("Conversion"), reference("Link")]},
    }
