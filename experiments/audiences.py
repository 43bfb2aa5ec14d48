"""What a condition on shoppers asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def attributes_of(condition: Mapping[str, Any]) -> set[str]:
    """Names of the attributes that a condition asks for."""
    found: set[str] = set()
    for key, operand in condition.items():
        if not key.startswith("$"):
            found.add(key.partition(".")[0])
            continue
        parts = operand if isinstance(operand, list) else [operand]
        for part in parts:
            if isinstance(part, Mapping):
                found |= attributes_of(part)
    return found
