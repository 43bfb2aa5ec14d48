"""Pulls new rows of sources into the lake, each source on its own clock and none in another's way."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from assignment.errors import ProefwerkError
from assignment.events import Conversion
from experiments.adjustments import change_of
from experiments.analysis.rows import Rows, microseconds
from experiments.db import utc_now
from experiments.service import sources
from experiments.sources.forms import PlaceForm, SourceForm
from experiments.sources.judged import Fact, RowRefusedError, belongs, judged
from experiments.sources.ledger import Ledger
from experiments.sources.readers import (
    Mark,
    Reader,
    Row,
    earlier,
    ident_of,
    kept_mark,
    open_reader,
    read_mark,
    wanted_of,
)
from experiments.workplace import Workplace

AT_ONCE = 4
"""Sources that are pulled at the same time."""
LONGEST_ID = 200
"""Characters of the id by which a refused row is listed."""
Progress = Callable[[str, int], None]
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Pulled:
    """What became of the rows of one pull.

    Attributes:
        rows: How many were read.
        orders: New orders.
        refunds: New refunds.
        changes: Events that correct what was pulled before.
        unchanged: Rows that say what the lake says.
        before: Rows from before the source's first day.
        refused: Rows that could not be taken.
    """

    rows: int = 0
    orders: int = 0
    refunds: int = 0
    changes: int = 0
    unchanged: int = 0
    before: int = 0
    refused: int = 0

    def counts(self) -> dict[str, int]:
        """As JSON, with all events together."""
        return {**asdict(self), "events": self.orders + self.refunds + self.changes}


def pull_source(
    place: Workplace, key: str, environ: Mapping[str, str] | None = None, progress: Progress | None = None
) -> Pulled:
    """Take over what is new in a source; run again at any moment, it adds nothing twice.

    How far a source has been read is noted after the rows are in the lake, so whatever interrupts a pull,
    the next one goes on before that and finds what it knows.

    Args:
        place: The lake and the control database.
        key: Of the source.
        environ: Where URLs with passwords are; the process's own if not given.
        progress: Called with the part and the number of its rows so far.

    Raises:
        ProefwerkError: 404; 503 when the source cannot be read: the reason is noted with the source.
    """
    with place.database.session() as session:
        source = sources.begin_pull(session, key)
        form, marks, declared_at = sources.form_of_source(source), dict(source.marks), source.updated_at
    pulled, error = Pulled(), None
    try:
        reader = open_reader(form, os.environ if environ is None else environ)
        try:
            for name, part in parts_of(form):
                own = _Part(place, form, declared_at, name, part, pulled, progress)
                own.pull(reader, read_mark(marks.get(name)))
        finally:
            reader.close()
    except ProefwerkError as caught:
        error = caught.detail
        raise
    except BaseException as caught:
        error = f"The pull was interrupted by an error in the server ({type(caught).__name__}); see its log."
        raise
    finally:
        with place.database.session() as session:
            sources.end_pull(session, key, pulled.counts(), error)
    return pulled


def pull_due(place: Workplace) -> list[str]:
    """Begin to pull the sources that are due, each in a thread of its own; the keys of those begun."""
    with place.database.reading() as session:
        due = sources.due_sources(session, utc_now())
    begun = []
    for key in due:
        if key not in place.pulling and len(place.pulling) < AT_ONCE:
            place.pulling.add(key)
            begun.append(key)
            # A daemon: whatever a stop cuts off is found and gone on with by the next pull.
            threading.Thread(target=_pull_and_log, args=(place, key), name=f"pull {key}", daemon=True).start()
    return begun


def parts_of(form: SourceForm) -> list[tuple[str, PlaceForm]]:
    """Orders first, so that refunds find them."""
    return [("orders", form.orders), *([("refunds", form.refunds)] if form.refunds else [])]


def _pull_and_log(place: Workplace, key: str) -> None:
    try:
        done = pull_source(place, key)
        log.info("Source '%s': %s", key, ", ".join(f"{n:,} {word}" for word, n in asdict(done).items()))
    except ProefwerkError as error:
        log.warning("Source '%s' was not pulled: %s", key, error.detail)
    except Exception:
        log.exception("Source '%s' was not pulled", key)
    finally:
        place.pulling.discard(key)


@dataclass(slots=True)
class _Part:
    """The pull of one part of a source."""

    place: Workplace
    form: SourceForm
    declared_at: datetime
    name: str
    part: PlaceForm
    pulled: Pulled
    progress: Progress | None
    ledger: Ledger = field(init=False)
    waiting: set[str] = field(default_factory=set)
    read: int = 0

    def __post_init__(self) -> None:
        form = self.form
        self.ledger = Ledger(form.key, form.event, refunds_at_orders=form.refund_time == "order")

    def pull(self, reader: Reader, mark: Mark) -> None:
        """First what was refused before, then what is new."""
        wanted = wanted_of(self.form, self.part)
        with self.place.database.reading() as session:
            self.waiting = set(sources.refused_ids(session, self.form.key, self.name))
        if self.waiting:
            for rows in reader.named(wanted, sorted(self.waiting)):
                self._take(rows, None)
        after = earlier(mark, timedelta(minutes=self.form.overlap_minutes))
        for rows, reached in reader.batches(wanted, after):
            # What was just refused is not looked at twice.
            others = [row for row in rows if ident_of(row[self.part.id]) not in self.waiting]
            self._take(others, self._capped(reached))

    def _take(self, rows: list[Row], mark: Mark) -> None:
        refused: dict[str, tuple[str, int]] = {}
        facts = list(self._facts(rows, refused))
        self.place.lake.read(lambda view: self.ledger.read(view, facts))
        events: list[Conversion] = []
        settled = set()
        for fact in facts:
            try:
                found = self.ledger.events(fact)
            except RowRefusedError as error:
                _refuse(refused, fact.id, str(error))
                continue
            self._count(fact, found)
            events += found
            settled.add(fact.id)
        if events:
            self.place.lake.add(lambda: _rows(events))
        self.read += len(rows)
        self.pulled.rows += len(rows)
        self.pulled.refused += sum(count for _, count in refused.values())
        again = self.waiting & settled
        with self.place.database.session() as session:
            kept = kept_mark(mark)
            sources.keep_batch(session, self.form.key, self.name, self.declared_at, kept, again, refused)
        self.waiting = (self.waiting - settled) | set(refused)
        if self.progress is not None:
            self.progress(self.name, self.read)

    def _facts(self, rows: list[Row], refused: dict[str, tuple[str, int]]) -> Iterator[Fact]:
        seen: dict[str, Row] = {}
        now = utc_now()
        for row in rows:
            if not belongs(self.form, self.part, row):
                continue
            text = ident_of(row[self.part.id])[:LONGEST_ID]
            try:
                fact = judged(self.form, self.part, row, now)
                if fact is None:
                    self.pulled.before += 1
                    continue
                if fact.id in seen and seen[fact.id] != row:
                    raise RowRefusedError(f"{self.part.id}: '{fact.id}' stands in rows that differ")
            except RowRefusedError as error:
                _refuse(refused, text, str(error))
                continue
            if fact.id not in seen:
                seen[fact.id] = row
                yield fact

    def _count(self, fact: Fact, found: list[Conversion]) -> None:
        if not found:
            self.pulled.unchanged += 1
        elif found[0].name == change_of(self.form.event):
            self.pulled.changes += len(found)
        elif fact.is_refund:
            self.pulled.refunds += 1
        else:
            self.pulled.orders += 1

    def _capped(self, mark: Mark) -> Mark:
        """A mark that lies ahead would hide what is new until then."""
        if not isinstance(mark, datetime):
            return mark
        now = utc_now()
        if mark.tzinfo is None:
            now = now.astimezone(ZoneInfo(self.form.time_zone)).replace(tzinfo=None)
        return min(mark, now)


def _refuse(refused: dict[str, tuple[str, int]], ident: str, reason: str) -> None:
    _, count = refused.get(ident, ("", 0))
    refused[ident] = (reason, count + 1)


def _rows(events: list[Conversion]) -> Rows:
    rows = Rows()
    rows.extend(events, microseconds(utc_now()))
    return rows
