"""The memory of who keeps which variant: a table, and in each process what it has read of that."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence

from sqlalchemy import delete, insert, text, tuple_
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from assignment.errors import ProefwerkError
from assignment.growthbook.sticky import assignment_name
from assignment.stays import Kept, Stay
from experiments.db import Database, utc_now
from experiments.lifecycle import Status
from experiments.models import Experiment, StickyAssignment

CAPACITY = 200_000
PATIENCE_SECONDS = 3
"""For how long a shopper may wait for the database."""
PAUSE_SECONDS = 3.0
"""For how long nobody else waits for it once it has failed."""
Found = dict[str, dict[str, str]]
_LOCK = 0x737469636B79
_LOG = logging.getLogger(__name__)


class _Request:
    """What one thread wants kept, and what came of it."""

    __slots__ = ("failure", "found", "stays")

    def __init__(self, stays: Sequence[Stay]) -> None:
        self.stays = stays
        self.found: Found | None = None
        self.failure: ProefwerkError | None = None


class StickyAssignments:
    """As `assignment.api.doors.StickyStore` asks for it; safe to use from many threads.

    Args:
        database: Where the table is; best one that gives up after `PATIENCE_SECONDS`.
        capacity: How many units to remember here, so that nothing is read for them again.
        clock: Gives seconds that only go up.
    """

    def __init__(
        self, database: Database, capacity: int = CAPACITY, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._clock = clock
        self._half = max(1, capacity // 2)
        self._lock = threading.Lock()
        self._new: Found = {}
        self._old: Found = {}
        self._away_until = 0.0
        self._waiting: list[_Request] = []
        self._writing = threading.Lock()

    def recall(self, units: Collection[str], names: Collection[str]) -> tuple[Kept, bool]:
        """What is known of the units, and whether that is all there is."""
        here = self._here(units)
        if all(name in here.get(unit, {}) for unit in units for name in names):
            return here, True
        try:
            return self._reach(lambda: self._read(units)), True
        except ProefwerkError:
            return here, False

    def keep(self, stays: Sequence[Stay]) -> Kept:
        """Writes what units have none of yet; what is now known of them.

        Raises:
            ProefwerkError: 503, the database cannot be written now.
        """
        request = _Request(stays)
        with self._lock:
            self._waiting.append(request)
        with self._writing:
            if request.found is None and request.failure is None:
                self._keep_waiting()
        if request.failure is not None:
            raise request.failure
        return request.found or {}

    def _keep_waiting(self) -> None:
        """Write for all threads that wait: a transaction costs what it costs, whatever is in it."""
        with self._lock:
            batch, self._waiting = self._waiting, []
        failure: ProefwerkError | None = _away()
        found: Found | None = None
        try:
            found = self._reach(lambda: self._write([stay for request in batch for stay in request.stays]))
            failure = None
        except ProefwerkError as error:
            failure = error
        finally:
            for request in batch:
                request.found, request.failure = found, failure

    def _reach(self, act: Callable[[], Found]) -> Found:
        """What the database says; while it is away only now and then somebody asks it."""
        if self._clock() < self._away_until:
            raise _away()
        try:
            found = act()
        except (ProefwerkError, SQLAlchemyError) as error:
            self._away_until = self._clock() + PAUSE_SECONDS
            _LOG.warning("people's variants cannot be remembered now: %s", error)
            raise _away() from error
        self._remember(found)
        return found

    def _read(self, units: Collection[str]) -> Found:
        with self._database.reading() as session:
            return _rows(session, units)

    def _write(self, stays: Sequence[Stay]) -> Found:
        units = sorted({unit for stay in stays for unit in stay.units})
        with self._database.session() as session:
            _take_turns(session, units)
            known = _rows(session, units)
            new: list[dict[str, object]] = []
            for stay in stays:
                had = (known.get(unit, {}).get(stay.name) for unit in stay.units)
                variant = next((each for each in had if each is not None), stay.variant)
                for unit in stay.units:
                    kept = known.setdefault(unit, {})
                    if stay.name not in kept:
                        kept[stay.name] = variant
                        new.append({"unit": unit, "variant": variant, **_phase_of(stay), "at": utc_now()})
            if new:
                session.connection().execute(insert(StickyAssignment), new)
        return known

    def _here(self, units: Iterable[str]) -> Found:
        with self._lock:
            found = {unit: self._new.get(unit) or self._old.get(unit) for unit in units}
        return {unit: kept for unit, kept in found.items() if kept}

    def _remember(self, found: Found) -> None:
        with self._lock:
            self._new.update({unit: kept for unit, kept in found.items() if kept})
            if len(self._new) >= self._half:
                self._old, self._new = self._new, {}


def _away() -> ProefwerkError:
    return ProefwerkError(503, "database_unavailable", "The control database is away.")


def forget_ended(database: Database, at_once: int = 5_000) -> int:
    """Forgets what people had in experiments that have ended; how many rows that were.

    Args:
        at_once: Rows in one transaction, so that nobody waits long to write.
    """
    ended = select(Experiment.key).where(col(Experiment.status).in_([Status.STOPPED, Status.ARCHIVED]))
    own = (StickyAssignment.unit, StickyAssignment.experiment_key, StickyAssignment.version)
    some = select(*own).where(col(StickyAssignment.experiment_key).in_(ended)).limit(at_once)
    forgotten = 0
    while True:
        with database.session() as session:
            done = (
                session.connection().execute(delete(StickyAssignment).where(tuple_(*own).in_(some))).rowcount
            )
        forgotten += done
        if done < at_once:
            return forgotten


def _rows(session: Session, units: Collection[str]) -> Found:
    row = StickyAssignment
    query = select(row.unit, row.experiment_key, row.version, row.variant).where(col(row.unit).in_(units))
    found: Found = {}
    for unit, experiment, version, variant in session.exec(query):
        found.setdefault(unit, {})[assignment_name(experiment, version)] = variant
    return found


def _phase_of(stay: Stay) -> dict[str, object]:
    return {"experiment_key": stay.experiment, "version": stay.version}


def _take_turns(session: Session, units: Sequence[str]) -> None:
    """Lets one transaction at a time write of a unit; all lock in one order, so none waits in a ring."""
    if session.get_bind().dialect.name == "postgresql":
        keys = "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(unit, :seed) AS key"
        session.connection().execute(
            text(f"{keys} FROM unnest(CAST(:units AS text[])) AS unit ORDER BY key) AS keys"),
            {"seed": _LOCK, "units": list(units)},
        )
