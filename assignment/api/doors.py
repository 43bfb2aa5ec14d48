"""What the doors need from outside: a source of rules and a sink for events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from assignment.snapshot import Snapshot


class Batch(Protocol):
    """What became of a request's events; `rejected` holds `{"index", "error"}` for each refused one."""

    @property
    def accepted(self) -> int: ...
    @property
    def duplicates(self) -> int: ...
    @property
    def rejected(self) -> Sequence[object]: ...


class EventSink(Protocol):
    """Where events go. What returns has been written durably."""

    def accept(self, body: bytes, content_type: str, snapshot: Snapshot) -> Batch:
        """Validate and record the events of one request.

        Raises:
            ProefwerkError: 413 for too many, 415 for another media type, 422 for a body that is not a list
                of events, 503 when they cannot be recorded now.
        """
        ...

    def expose(self, unit: str, met: Sequence[tuple[str, str]], attributes: Mapping[str, object]) -> None:
        """Record that the unit met variants: pairs of experiment and variant key.

        Raises:
            ProefwerkError: 503 when they cannot be recorded now.
        """
        ...

    def unavailable(self) -> str | None:
        """Why events cannot be recorded now, in a sentence; `None` when they can."""
        ...
