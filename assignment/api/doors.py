"""What the doors need from outside: a source of rules and a sink for events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from assignment.api.meters import Meters
from assignment.engine import CompiledSnapshot
from assignment.snapshot import Snapshot
from assignment.stays import Kept, Stay


class SnapshotSource(Protocol):
    """Where the rules come from."""

    def current(self) -> CompiledSnapshot:
        """The snapshot to decide by.

        Raises:
            ProefwerkError: 503, there is none yet.
        """
        ...

    def catch_up(self) -> CompiledSnapshot:
        """The same for a caller who has heard of a newer one, which another process may have read already.

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
    def reasons(self) -> Mapping[str, int]: ...
    @property
    def status(self) -> int: ...
    def document(self) -> dict[str, object]: ...


class Use(Protocol):
    """What the event log takes of its disk, in bytes."""

    @property
    def used(self) -> int: ...
    @property
    def limit(self) -> int: ...
    @property
    def free(self) -> int: ...


class EventSink(Protocol):
    """Where events go. What returns has been written durably."""

    def accept(
        self, body: bytes, content_type: str, snapshot: Snapshot, agent: str | None = None, /
    ) -> Batch:
        """Validate and record the events of one request, with the user agent of the crawler that sent it.

        Raises:
            ProefwerkError: 413 for too many, 415 for another media type, 4xx for a body that is not a list
                of events, 503 when they cannot be recorded now.
        """
        ...

    def expose(
        self,
        unit: str,
        met: Sequence[tuple[str, str, int]],
        attributes: Mapping[str, object],
        agent: str | None = None,
        /,
    ) -> None:
        """Record that the unit met variants.

        Args:
            met: Experiment and variant key, and the phase, of each.
            agent: The user agent, where it is that of a crawler.

        Raises:
            ProefwerkError: 422 for a unit or attribute that cannot be recorded, 503 when nothing can now.
        """
        ...

    def link(self, unit: str, person: str, /) -> None:
        """Record that a unit is a person's, unless that is known.

        Raises:
            ProefwerkError: 422 for an id that cannot be recorded, 503 when nothing can now.
        """
        ...

    def use(self) -> Use:
        """What the record takes of the disk.

        Raises:
            ProefwerkError: 503, that cannot be told.
        """
        ...

    def check(self) -> None:
        """Whether events can be recorded now.

        Raises:
            ProefwerkError: 503, they cannot.
        """
        ...


class StickyStore(Protocol):
    """Remembers which variants units have got, for all processes; what it was told once never changes."""

    def recall(self, units: Collection[str], names: Collection[str], /) -> tuple[Kept, bool]:
        """What is known of the units.

        Args:
            names: What is asked for; where this process knows all of it, nothing is looked up.

        Returns:
            It, and whether that is all there is: not so while only this process' own memory can be reached.
        """
        ...

    def keep(self, stays: Sequence[Stay], /) -> Kept:
        """Remember, durably; of several processes that do so at once the first one is right.

        Returns:
            What is now known of the units.

        Raises:
            ProefwerkError: 503, it cannot be written now.
        """
        ...


class News(NamedTuple):
    """What listeners of one kind are told of a snapshot.

    Attributes:
        identity: Names it in one line, so that a listener can say that it has it.
        content: What must have changed for it to be news.
        event: It as a server-sent event.
    """

    identity: str
    content: object
    event: bytes


Telling = Callable[[CompiledSnapshot], News]


class EventStreams(Protocol):
    """Tells those who listen of every change of the rules."""

    def open(self, key_digest: str, known: str | None, telling: Telling, /) -> Iterable[bytes]:
        """What to send to one listener, who has the news called `known`.

        Raises:
            ProefwerkError: 503, no more can listen.
        """
        ...

    def alive(self) -> bool:
        """Whether listeners hear of changes."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """Where the shop's pages are, for the cookie that the server sets.

    Attributes:
        origins: Such as `https://www.shop.example`: exactly these may ask for the cookie.
        cookie_domain: Whose pages, with those of its subdomains, see it; `None`: those of our own host.
    """

    origins: frozenset[str] = frozenset()
    cookie_domain: str | None = None


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything that the handlers of requests share."""

    source: SnapshotSource
    sink: EventSink
    meters: Meters = field(default_factory=Meters)
    streams: EventStreams | None = None
    site: Site = Site()
    sticky: StickyStore | None = None
