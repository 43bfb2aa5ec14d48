"""Measures many experiments on one engine: what they share is read once, what was known is kept."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb

from experiments.analysis import units
from experiments.analysis.advance import CannotAdvanceError, Kept, advance
from experiments.analysis.columns import Program
from experiments.analysis.counted import Counted, count
from experiments.analysis.engine import connection
from experiments.analysis.measure import Measurement, measure, program_of, scope_of, whole
from experiments.analysis.recheck import exposures_up_to, lowest, source_up_to
from experiments.analysis.shared import Shared
from experiments.analysis.state import LockedError, Record, State, discard
from experiments.analysis.units import Scope
from experiments.analysis.view import SPILL, View
from experiments.definition import Definition

NARROW = "REPLACE (events::UINTEGER AS events, unknown::UINTEGER AS unknown)"
log = logging.getLogger(__name__)


@contextmanager
def opened(
    view: View, definitions: Sequence[Definition], folder: Path | None, watched: Sequence[str]
) -> Iterator[Batch | None]:
    """A batch for the reports of some experiments; `None` where the view's engine is not DuckDB here.

    Args:
        view: The lake.
        definitions: The experiments.
        folder: Where what is known is kept; `None` keeps nothing.
        watched: Experiments whose reports may be asked for another time; of others nothing is kept.
    """
    if view.opener is not connection:
        yield None
        return
    with connection(view.root / SPILL) as engine:
        state = None
        if folder is not None:
            try:
                state = State(engine, folder, view.manifest.removals)
                state.forget([key for key in state.records if key not in watched])
            except LockedError:
                log.warning("What is known of units is in use elsewhere, so reports are computed anew")
        batch = Batch(engine, view, definitions, state)
        with closing(batch):
            yield batch
    if batch.damaged and folder is not None:
        discard(folder)


class Batch:
    """What the reports of one refresh share.

    Attributes:
        damaged: Whether what was kept could not be used.

    Args:
        engine: DuckDB in memory.
        view: The lake.
        definitions: Whose reports are asked for, in this order; the next one is measured beforehand.
        state: What earlier refreshes knew; `None` keeps nothing.
    """

    def __init__(
        self,
        engine: duckdb.DuckDBPyConnection,
        view: View,
        definitions: Sequence[Definition],
        state: State | None,
    ) -> None:
        self.damaged = False
        self._engine = engine
        self._view = view
        self._state = state
        programs = {each.form.key: program_of(each, cuts=True) for each in definitions}
        self._shared = Shared(engine, view, programs, state)
        self._order = tuple(definitions)
        self._begun: dict[tuple[int, datetime], Future[Measurement]] = {}
        # The only thread that uses the engine.
        self._worker = ThreadPoolExecutor(1)

    def close(self) -> None:
        """Nothing more is asked for."""
        self._worker.shutdown(cancel_futures=True)

    def measure(
        self, definition: Definition, view: View, as_of: datetime, /, *, cuts: bool = False
    ) -> Measurement:
        """The same as `measure.measure`, sooner."""
        if view is not self._view or not cuts:
            return measure(definition, view, as_of, cuts=cuts)
        place = next((place for place, each in enumerate(self._order) if each is definition), None)
        if place is None:
            return self._worker.submit(self._measured, definition, as_of).result()
        begun = self._begin(place, as_of)
        if place + 1 < len(self._order) and (place + 1, as_of) not in self._begun:
            self._begun[place + 1, as_of] = self._begin(place + 1, as_of)
        return begun.result()

    def _begin(self, place: int, as_of: datetime) -> Future[Measurement]:
        """What was begun beforehand, else begun now."""
        begun = self._begun.pop((place, as_of), None)
        return begun or self._worker.submit(self._measured, self._order[place], as_of)

    def _measured(self, definition: Definition, as_of: datetime) -> Measurement:
        definition = definition.at(as_of)
        scope = scope_of(definition, self._view, as_of)
        if self._state is not None and not self.damaged:
            try:
                reason = self._unkept(definition, scope)
                if reason is None:
                    return self._kept(self._state, definition, scope)
                log.debug("'%s' is computed anew each time: %s", scope.experiment, reason)
            except duckdb.Error as error:
                self.damaged = True
                log.warning("What was known of units cannot be used, so it is computed anew: %s", error)
        with self._cursor() as engine:
            return self._anew(engine, definition, self._sharing(scope))[0]

    def _unkept(self, definition: Definition, scope: Scope) -> str | None:
        """Why the units of an experiment are computed anew each time; `None` where they are kept."""
        if definition.stopped_at is not None:
            return "it has stopped"
        if scope.view.last_received() > scope.received:
            return "events came in after the moment that is asked for"
        if scope.phase.since is not None or scope.phase.apart or scope.phase.later:
            return "its phase or growth leaves out units"
        if scope.by_person and scope.view.has("links"):
            return "links join units"
        if any(form.cap is not None and form.cap.quantile for form in definition.metrics.values()):
            return "a cap by quantile may change every unit's value"
        if self._shared.reach_beyond(scope.until):
            return "there are events of the future"
        return None

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The engine with temporary tables of its own."""
        with closing(self._engine.cursor()) as engine:
            engine.execute("SET TimeZone = 'UTC'")
            yield engine

    def _sharing(self, scope: Scope) -> Scope:
        return replace(
            scope, conversions=self._shared.conversions(), crowded=self._shared.crowded(scope.bots)
        )

    def _anew(
        self,
        engine: duckdb.DuckDBPyConnection,
        definition: Definition,
        scope: Scope,
        sampled: str | None = None,
    ) -> tuple[Measurement, Counted]:
        exposed = units.build(engine, scope)
        if sampled is not None:
            highest = lowest(exposed.total, share=2)
            rows = exposures_up_to(scope, source_up_to(scope, highest), highest)
            engine.execute(f"CREATE OR REPLACE TABLE {sampled} AS {rows}")
            scope = replace(scope, sampled=(sampled, highest))
        counted = count(engine, scope, program_of(definition, cuts=True))
        return whole(engine, definition, scope, exposed, counted, cuts=True), counted

    def _kept(self, state: State, definition: Definition, scope: Scope) -> Measurement:
        """Measure by what is kept, brought up to date; keep it where nothing was."""
        work, key = program_of(definition, cuts=True), scope.experiment
        content = _content(definition, scope, work)
        record = state.records.get(key)
        if record is not None and record.content == content and self._shared.continues(record.mark):
            recent, ids = self._shared.recent()
            generation, tables = record.mark.generation, state.tables(key)
            kept = Kept(*tables, record.sampled, generation, record.counted(), recent, ids)
            crowded, sampled = self._shared.crowded(scope.bots), (kept.sampled, kept.highest)
            known = replace(scope, crowded=crowded, sampled=sampled)
            try:
                with self._cursor() as engine, state.changing(engine):
                    found, counted = self._advanced(engine, definition, known, kept)
                    state.put(engine, key, Record.of(content, self._shared.mark, kept.highest, counted))
                    return found
            except CannotAdvanceError as reason:
                log.info("'%s' is computed anew: %s", key, reason)
        met, outcomes, spans, lows = state.tables(key)
        own = "".join(f", segment_{place}" for place in range(len(scope.segments)))
        without = f"EXCLUDE ({own[2:]})" if own else ""
        known = replace(self._sharing(scope), sampled=self._shared.low_exposures(key))
        with self._cursor() as engine, state.changing(engine):
            found, counted = self._anew(engine, definition, known, lows)
            highest = lowest(found.exposed.total, share=2)
            engine.execute(f"CREATE OR REPLACE TABLE {met} AS SELECT * {NARROW} FROM met")
            engine.execute(f"CREATE OR REPLACE TABLE {outcomes} AS SELECT * {without} FROM outcomes")
            engine.execute(f"CREATE OR REPLACE TABLE {spans} AS SELECT * FROM spans")
            state.put(engine, key, Record.of(content, self._shared.mark, highest, counted))
        return found

    def _advanced(
        self, engine: duckdb.DuckDBPyConnection, definition: Definition, scope: Scope, kept: Kept
    ) -> tuple[Measurement, Counted]:
        work = program_of(definition, cuts=True)
        counted = advance(engine, scope, work, kept)
        exposed = units.describe(engine, scope)
        engine.execute(f"CREATE OR REPLACE TEMP VIEW spans AS SELECT * FROM {kept.spans}")
        names = "".join(f", units.segment_{place}" for place in range(len(scope.segments)))
        if names:
            engine.execute(
                f"CREATE OR REPLACE TEMP TABLE outcomes AS SELECT kept.*{names} FROM {kept.outcomes} AS kept "
                "JOIN units USING (unit_key)"
            )
        else:
            engine.execute(f"CREATE OR REPLACE TEMP VIEW outcomes AS SELECT * FROM {kept.outcomes}")
        return whole(engine, definition, scope, exposed, counted, cuts=True), counted


def _content(definition: Definition, scope: Scope, work: Program) -> str:
    """Hash of everything in the definition that the kept tables depend on."""
    parts = (
        definition.version,
        scope.variants,
        scope.segments,
        scope.by_person,
        scope.bots is None,
        scope.quotes.digest,
        work,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()
