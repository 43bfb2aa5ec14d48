"""The programme: every experiment that ever ran, and what all of them together come to."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, Final

from sqlalchemy.orm import raiseload
from sqlmodel import Session, col, select

from dash_ui.format import local
from dash_ui.gateway.base import Base
from dash_ui.programme_records import Money, Month, Programme, ProgrammeQuery, Ran, Winners
from dash_ui.report_records import Range
from experiments.analysis.programme import (
    Tried,
    chosen,
    drawn_together,
    money_effects,
    primary_effects,
    total_of,
    win_rate,
)
from experiments.models import Experiment, Phase, User
from experiments.participation import ExperimentRole
from experiments.service.reports import digests, newest_idents
from stats.result import Interval
from stats.shrinkage import FEWEST, Shrunk

PAGE_SIZE: Final = 25
MONTHS: Final = 12
DRAWN: Final = 120
"""More bars than these cannot be told apart."""
_WINDOW: Final = timedelta(days=364)
_LEAST_WINDOW: Final = timedelta(days=56)
_FINISHED: Final = ("stopped", "archived")
# Reports never change, so what was read of one may be kept for as long as the process lives.
_kept: dict[str, dict[str, Any]] = {}


class Programmes(Base):
    """What the shop learned from all its experiments."""

    def programme(self, query: ProgrammeQuery, page: int = 1) -> Programme:
        """The figures over all experiments, and one page of those that fit the query.

        Args:
            page: From 1; beyond the last one counts as the last.
        """
        rows, documents, owners = self._all()
        ran = [row for row in rows if not row.holdout]
        fitting = [row for row in rows if _fits(row, query)]
        pages = max(1, math.ceil(len(fitting) / PAGE_SIZE))
        page = min(max(page, 1), pages)
        first, last = _window(query, fitting)
        inside = [
            row for row in fitting if row.started and _fits(row, ProgrammeQuery(first=first, last=last))
        ]
        decided = [row for row in ran if row.decision]
        shipped = sum(row.decision == "ship" for row in decided)
        spent = [
            (row.stopped - row.started).total_seconds() / 86_400
            for row in decided
            if row.stopped and row.started
        ]
        said = {
            row.key: documents[row.key] for row in ran if row.status in _FINISHED and row.key in documents
        }
        drawn = _drawn(ran, tuple(each for key, told in said.items() for each in primary_effects(key, told)))
        money = tuple(each for key, told in said.items() for each in money_effects(key, told))
        return Programme(
            rows=tuple(_shown(row, drawn) for row in fitting[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]),
            matching=len(fitting),
            page=page,
            pages=pages,
            months=_months(ran),
            decided=len(decided),
            shipped=shipped,
            rate=_range(win_rate(shipped, len(decided))) if decided else None,
            days=median(spent) if spent else None,
            winners=_winners(ran, drawn),
            money=_money(ran, money),
            finished=len(drawn.places),
            needed=FEWEST,
            holdouts=tuple(row for row in rows if row.holdout),
            owners=owners,
            window=(first, last),
            drawn=tuple(inside[:DRAWN]),
            not_drawn=max(0, len(inside) - DRAWN),
        )

    def programme_file(self, query: ProgrammeQuery) -> str:
        """Every experiment that fits, as CSV."""
        rows, _documents, _owners = self._all()
        text = io.StringIO()
        write = csv.writer(text, lineterminator="\n")
        names = ("key", "name", "surface", "placement", "status", "owner", "started", "stopped", "decision")
        write.writerow([*names, "variant", "effect", "lower", "upper", "hypothesis", "note"])
        for row in rows:
            if not _fits(row, query):
                continue
            effect = row.measured or Range(None, None, None)
            cells = [row.key, row.name, row.surface, row.placement, row.status, row.owner]
            moments = [moment.isoformat() if moment else "" for moment in (row.started, row.stopped)]
            numbers = ["" if end is None else end for end in (effect.estimate, effect.lower, effect.upper)]
            rest = [*moments, row.decision or "", row.variant or "", *numbers, row.hypothesis, row.note]
            write.writerow([_harmless(cell) for cell in [*cells, *rest]])
        return text.getvalue()

    def _all(self) -> tuple[list[Ran], dict[str, dict[str, Any]], tuple[str, ...]]:
        with self._reading() as session:
            people = {user.email: user.name for user in session.exec(select(User)).all()}
            parts = (raiseload(Experiment.variants), raiseload(Experiment.phases))  # type: ignore[arg-type]
            found = session.exec(
                select(Experiment)
                .options(*parts)
                .where(col(Experiment.status) != "draft")
                .order_by(col(Experiment.started_at).desc(), col(Experiment.key))
            ).all()
            phases = _phases(session)
            documents = _documents(session)
        rows = [_ran(item, documents.get(item.key), phases[item.id or 0], people) for item in found]
        owners = sorted({(people.get(item.owner) or item.owner) for item in found})
        return rows, documents, tuple(owners)


def _phases(session: Session) -> defaultdict[int, list[datetime]]:
    later: defaultdict[int, list[datetime]] = defaultdict(list)
    chosen = select(Phase.experiment_id, Phase.started_at).where(Phase.version > 1)
    for ident, moment in session.exec(chosen.order_by(col(Phase.version))):
        later[ident].append(moment)
    return later


def _documents(session: Session) -> dict[str, dict[str, Any]]:
    newest = newest_idents(session)
    _kept.update(digests(session, [ident for ident in newest.values() if ident not in _kept]))
    return {key: _kept[ident] for key, ident in newest.items()}


def _ran(
    item: Experiment, document: dict[str, Any] | None, phases: list[datetime], people: dict[str, str]
) -> Ran:
    holdout = item.role == ExperimentRole.HOLDOUT
    row = _row_of(document, item.decision_variant)
    return Ran(
        key=item.key,
        name=item.name,
        surface="holdout" if holdout else item.surface,
        placement=item.placement,
        status=item.status,
        owner=people.get(item.owner) or item.owner,
        started=item.started_at,
        stopped=item.stopped_at,
        phases=tuple(phases),
        decision=item.decision,
        variant=item.decision_variant,
        note=item.decision_note or "",
        hypothesis=item.hypothesis,
        holdout=holdout,
        measured=_benefit(row) if row else None,
        shrunk=None,
    )


def _row_of(document: dict[str, Any] | None, variant: str | None) -> Any:
    """The comparison that stands for an experiment: of what was shipped, else of its first treatment."""
    rows = [row for row in document["comparisons"] if row["role"] == "primary"] if document else []
    own = [row for row in rows if row["variant"] == variant]
    return (own or rows or [None])[0]


def _benefit(row: dict[str, Any]) -> Range | None:
    """The relative effect with more being better."""
    span = row["relative"]
    if span.get("estimate") is None:
        return None
    if row["direction"] != "decrease":
        return Range(span["estimate"], span["lower"], span["upper"])
    lower, upper = (None if span[end] is None else -span[end] for end in ("upper", "lower"))
    return Range(-span["estimate"], lower, upper)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Effects with what is left of them, and the place of each experiment's own."""

    tries: tuple[Tried, ...]
    places: dict[str, int]
    shrunk: Shrunk | None


def _drawn(ran: list[Ran], tries: tuple[Tried, ...]) -> _Drawn:
    found = drawn_together(tries)
    picks = {row.key: row.variant if row.decision == "ship" else None for row in ran}
    return _Drawn(tries, chosen(tries, picks), found if isinstance(found, Shrunk) else None)


def _shown(row: Ran, drawn: _Drawn) -> Ran:
    if drawn.shrunk is None or row.key not in drawn.places:
        return row
    return replace(row, shrunk=_range(drawn.shrunk.effects[drawn.places[row.key]]))


def _range(interval: Interval) -> Range:
    return Range(interval.estimate, interval.lower, interval.upper)


def _winners(ran: list[Ran], drawn: _Drawn) -> Winners | None:
    places = {drawn.places[row.key] for row in ran if row.decision == "ship" and row.key in drawn.places}
    if drawn.shrunk is None or not places:
        return None
    count = len(places)
    mean = total_of(drawn.tries, tuple((place in places) / count for place in range(len(drawn.tries))))
    return Winners(
        measured=sum(drawn.tries[place].effect for place in places) / count,
        shrunk=_range(mean),
        better=sum(drawn.shrunk.above_zero[place] for place in places) / count,
        count=count,
        finished=len(drawn.places),
    )


def _money(ran: list[Ran], tries: tuple[Tried, ...]) -> tuple[Money, ...]:
    """Yearly amounts of what was shipped: shrunk relative effects times what the control brings in a year."""
    shipped = {row.key: row.stopped for row in ran if row.decision == "ship" and row.stopped}
    months = [month.first for month in _months(ran)]
    totals = []
    for unit in sorted({each.unit or "" for each in tries}):
        drawn = _drawn(ran, tuple(each for each in tries if each.unit == unit))
        ended = {
            place: local(stopped).date()
            for key, stopped in shipped.items()
            if (place := drawn.places.get(key)) is not None and drawn.tries[place].worth > 0
        }
        if drawn.shrunk is not None and ended:
            totals.append(_total(unit, drawn, ended, len(shipped), months))
    return tuple(totals)


def _total(unit: str, drawn: _Drawn, ended: dict[int, date], shipped: int, months: list[date]) -> Money:
    def until(month: date | None) -> Range:
        """What was shipped up to the end of a month; `None` for all of it."""
        factors = tuple(
            each.worth if place in ended and (month is None or ended[place].replace(day=1) <= month) else 0.0
            for place, each in enumerate(drawn.tries)
        )
        return _range(total_of(drawn.tries, factors))

    return Money(
        unit=unit,
        measured=sum(drawn.tries[place].effect * drawn.tries[place].worth for place in ended),
        total=until(None),
        shipped=len(ended),
        finished=len(drawn.places),
        without=shipped - len(ended),
        months=tuple((month, until(month)) for month in months),
    )


def _months(ran: list[Ran]) -> tuple[Month, ...]:
    """The last months up to the present one, on the shop's clock."""
    today = local(datetime.now(UTC)).date()
    began = Counter(_month_of(row.started) for row in ran if row.started)
    ended = Counter(_month_of(row.stopped) for row in ran if row.stopped and row.decision)
    months = []
    for back in range(MONTHS - 1, -1, -1):
        place = today.year * 12 + today.month - 1 - back
        first = date(place // 12, place % 12 + 1, 1)
        months.append(Month(first, began[first], ended[first]))
    return tuple(months)


def _month_of(moment: datetime) -> date:
    return local(moment).date().replace(day=1)


def _window(query: ProgrammeQuery, rows: list[Ran]) -> tuple[date, date]:
    """The days of the timeline: those asked for, else what ran in the year that ends with them or today."""
    last = query.last or max(local(datetime.now(UTC)).date(), query.first or date.min)
    began = min((local(row.started).date() for row in rows if row.started), default=last)
    first = min(began.replace(day=1), last - _LEAST_WINDOW)
    return query.first or max(first, last - _WINDOW), last


def _fits(row: Ran, query: ProgrammeQuery) -> bool:
    wanted = query.text.strip().casefold()
    words = (row.name, row.key, row.hypothesis, row.note, row.placement)
    if wanted and not any(wanted in text.casefold() for text in words):
        return False
    pairs = ((query.surface, row.surface), (query.status, row.status), (query.owner, row.owner))
    if any(wish and wish != value for wish, value in pairs):
        return False
    if query.decision and query.decision != (row.decision or "none"):
        return False
    began = local(row.started).date() if row.started else None
    ended = local(row.stopped).date() if row.stopped else date.max
    if query.first and (began is None or ended < query.first):
        return False
    return not (query.last and (began is None or began > query.last))


def _harmless(cell: Any) -> Any:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t") else cell
