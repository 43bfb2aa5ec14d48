"""Looks into component trees: all components, their texts, and those with a property."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dash.development.base_component import Component


def every(tree: Any) -> Iterator[Component]:
    """A component and all components below it, in reading order."""
    if isinstance(tree, Component):
        yield tree
        yield from every(getattr(tree, "children", None))
    elif isinstance(tree, list | tuple):
        for item in tree:
            yield from every(item)


def words(tree: Any) -> str:
    """All text in a tree, parts separated by a space."""
    return " ".join(_texts(tree))


def with_class(tree: Any, name: str) -> list[Component]:
    """The components that have this class name."""
    return [item for item in every(tree) if name in (getattr(item, "className", None) or "").split()]


def with_property(tree: Any, name: str, value: Any) -> list[Component]:
    """The components whose property has this value; `aria-label` and `data-x` count too."""
    return [item for item in every(tree) if property_of(item, name) == value]


def property_of(component: Component, name: str) -> Any:
    """A property by the name that the browser gets, `None` when it is not set."""
    document: dict[str, Any] = component.to_plotly_json()  # type: ignore[no-untyped-call]
    return document["props"].get(name)


def _texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, Component):
        yield from _texts(getattr(tree, "children", None))
    elif isinstance(tree, list | tuple):
        for item in tree:
            yield from _texts(item)
    elif tree is not None:
        yield str(tree)
