"""What background work is done on: the control database, the lake, the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Lock

from assignment.events import MAX_AGE
from experiments.analysis.engine import limit_memory
from experiments.analysis.inbox import take_over
from experiments.analysis.lake import Added, Lake
from experiments.analysis.looks import Memory
from experiments.analysis.object_store import ObjectStore, open_s3
from experiments.analysis.state import discard
from experiments.analysis.store import QUARANTINE, LocalStore, Store
from experiments.analysis.view import View
from experiments.db import Database
from experiments.settings import DUCKDB, Settings
from experiments.shipping import Shipper


@dataclass(slots=True)
class Workplace:
    """What the jobs work on.

    Attributes:
        database: The control database.
        lake: The events.
        log_folder: Where web workers append events.
        secret: Key of the hashes that stand for ids of erased people.
        shipper: Sends the log to the object store, where the lake lies in one.
        rests: Per experiment, when its next refresh may begin, in seconds of the monotonic clock.
        marks: Per experiment, how many events its newest refresh had seen.
        alarms: Failed health checks that were told already.
        looks: What was measured at planned looks.
        watched: What the newest list of bots rests on: marks, limit, and when it was made.
        due: Per experiment, when its next look falls due without new events.
        max_age: The longest time from an event to its receipt.
        pulling: Sources that are being pulled.
        retention: For how long events are kept; `None` for ever.
        tended: The UTC day on which the lake was last tended.
        state: Folder of what refreshes know of units, which may be deleted; `None` keeps nothing.
        state_in_use: Held by whoever has a file of that folder open.
    """

    database: Database
    lake: Lake
    log_folder: Path
    secret: str = field(default="", repr=False)
    shipper: Shipper | None = None
    rests: dict[str, float] = field(default_factory=dict)
    marks: dict[str, tuple[int, ...]] = field(default_factory=dict)
    alarms: dict[str, list[str]] = field(default_factory=dict)
    looks: Memory = field(default_factory=dict)
    due: dict[str, datetime | None] = field(default_factory=dict)
    watched: tuple[int, int | None, datetime] | None = None
    max_age: timedelta = MAX_AGE
    pulling: set[str] = field(default_factory=set)
    retention: timedelta | None = None
    tended: date | None = None
    state: Path | None = None
    state_in_use: Lock = field(default_factory=Lock, repr=False)

    @classmethod
    def of(cls, settings: Settings, database: Database) -> Workplace:
        """The workplace that the settings describe."""
        limit_memory(settings.memory)
        store, max_age = store_of(settings), timedelta(days=settings.late_days)
        place = cls(database, _lake(settings, store), settings.log_folder, settings.secret, max_age=max_age)
        place.state = settings.home / "state"
        if settings.retention_days is not None:
            place.retention = timedelta(days=settings.retention_days)
        if isinstance(store, ObjectStore):
            place.shipper = Shipper(settings.log_folder, settings.home, store)
        return place


def _lake(settings: Settings, store: Store) -> Lake:
    """The lake with the engine that analyses it."""
    if settings.engine == DUCKDB:
        return Lake(store)
    # Spark is an optional extra, and takes a second to import.
    from experiments.analysis.spark import Opener

    if isinstance(store, LocalStore):
        return Lake(store, Opener(settings.engine))
    remote = settings.lake_url.replace("s3://", "s3a://", 1)
    return Lake(store, Opener(settings.engine, remote), reads_remote=True)


def store_of(settings: Settings) -> Store:
    """Where the lake lies."""
    url, home = settings.lake_url, settings.home
    if not url.startswith("s3://"):
        return LocalStore(Path(url))
    folder = home / "cache" / "lake"
    return ObjectStore(url, open_s3(url), folder, home / QUARANTINE, settings.cache_bytes)


def compact(place: Workplace) -> Added:
    """Bring everything that was acknowledged into the lake; from other nodes, what they have shipped."""
    store = place.lake.store
    if place.shipper is None or not isinstance(store, ObjectStore):
        return place.lake.compact(place.log_folder)
    place.shipper.ship()
    return take_over(place.lake, store)


def forget_removed(place: Workplace, view: View) -> None:
    """Remove what refreshes know of a lake that still held events which this view does not hold any more."""
    if place.state is not None:
        with place.state_in_use:
            discard(place.state, but=view.manifest.removals)


def taken_over(place: Workplace) -> dict[str, int]:
    """How far each segment of this node's log is taken over, in bytes: nobody reads it again up to there."""
    return place.lake.view().manifest.consumed if place.shipper is None else place.shipper.sent()


def ship(place: Workplace) -> None:
    """Send what this node's log holds to where the leader takes it over, if that is elsewhere."""
    if place.shipper is not None:
        place.shipper.ship()
