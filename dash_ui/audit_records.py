"""What screens show of the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

AUDITED: tuple[str, ...] = (
    "experiment",
    "metric",
    "audience",
    "calendar",
    "source",
    "rate",
    "bot",
    "user",
    "key",
    "person",
    "events",
)
"""Kinds of things that change."""


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which changes somebody wants to see; empty leaves a side open.

    Attributes:
        person: Name of the actor.
        subject: Part of the key of what changed.
        kind: One of `AUDITED`.
        first: First day, on the shop's clock.
        last: Last day, inclusive.
    """

    person: str = ""
    subject: str = ""
    kind: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One change.

    Attributes:
        actor: Name of the person, else of the key or the part of the system.
        actor_kind: `user`, `key` or `system`.
        before: The object before; `None` where it is new.
        after: The object after; `None` where it is gone.
    """

    id: int
    at: datetime
    actor: str
    actor_kind: str
    action: str
    kind: str
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of the log, with how many entries fit in all."""

    lines: tuple[AuditLine, ...]
    matching: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs, by its dotted path; `None` for what is not there."""

    path: str
    before: Any
    after: Any


def changes(before: dict[str, Any] | None, after: dict[str, Any] | None) -> tuple[Change, ...]:
    """What differs between two documents, field by field; lists of objects are compared place by place."""
    old, new = _flat(before), _flat(after)
    paths = [*old, *(path for path in new if path not in old)]
    return tuple(
        Change(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)
    )


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict) and value:
        parts = [(f"{path}.{name}" if path else str(name), each) for name, each in value.items()]
    elif isinstance(value, list) and value and all(isinstance(each, dict | list) for each in value):
        parts = [(f"{path}.{place + 1}", each) for place, each in enumerate(value)]
    else:
        return {path: value} if path else {}
    return {name: leaf for part, each in parts for name, leaf in _flat(each, part).items()}
