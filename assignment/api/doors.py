"""What the doors need from outside: a source of rules and a sink for events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assignment.api.meters import Meters
from assignment.engine import CompiledSnapshot
from assignment.snapshot import Snapshot


class SnapshotSource(Protocol):
    """Where the rules come from."""

    def current(self) -> CompiledSnapshot:
        """The snapshot to decide by.

        Raises:
            ProefwerkError: 503, there is none yet.
        """
        ...


class Batch(Protocol):
    """What became of a request's events."""

    @property
    def accepted(self) -> int: ...
    @property
    def duplicates(self) -> int: ...
    @property
    def status(self) -> int: ...
    def document(self) -> dict[str, object]: ...


class EventSink(Protocol):
    """Where events go. What returns has been written durably."""

    def accept(self, body: bytes, content_type: str, snapshot: Snapshot, /) -> Batch:
        """Validate and record the events of one request.

        Raises:
            ProefwerkError: 413 for too many, 415 for another media type, 4xx for a body that is not a list
                of events, 503 when they cannot be recorded now.
        """
        ...

    def expose(self, unit: str, met: Sequence[tuple[str, str]], attributes: Mapping[str, object], /) -> None:
        """Record that the unit met variants: pairs of experiment and variant key.

        Raises:
            ProefwerkError: 422 for a unit or attribute that cannot be recorded, 503 when nothing can now.
        """
        ...

    def check(self) -> None:
        """Whether events can be recorded now.

        Raises:
            ProefwerkError: 503, they cannot.
        """
        ...


class EventStreams(Protocol):
    """Tells those who listen of every change of the rules."""

    def open(self, key_digest: str, known: str | None, /) -> Iterable[bytes]:
        """What to send to one listener, who has the payload `known`.

        Raises:
            ProefwerkError: 503, no more can listen.
        """
        ...

    def alive(self) -> bool:
        """Whether listeners hear of changes."""
        ...


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything that the handlers of requests share."""

    source: SnapshotSource
    sink: EventSink
    meters: Meters = field(default_factory=Meters)
    streams: EventStreams | None = None
