"""Attributes with a dash in their name, for components that take them as keywords."""

from __future__ import annotations

from typing import Any


def aria(**values: object) -> dict[str, Any]:
    """`aria(label="x", current="page")` as `{"aria-label": "x", ...}`; booleans become words."""
    return {f"aria-{name.replace('_', '-')}": _text(value) for name, value in values.items()}


def data(**values: object) -> dict[str, Any]:
    """`data(key="x")` as `{"data-key": "x"}`."""
    return {f"data-{name.replace('_', '-')}": _text(value) for name, value in values.items()}


def _text(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
