"""The programme: every experiment that ever ran, and what all of them together come to."""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from statistics import median
from typing import Any, Final

from scipy.stats import binomtest
from sqlalchemy.orm import raiseload
from sqlmodel import Session, col, select

from dash_ui.format import local
from dash_ui.gateway.base import Base
from dash_ui.programme_records import Money, Month, Programme, ProgrammeQuery, Ran, Winners
from dash_ui.report_records import Range
from experiments.models import Experiment, Phase, User
from experiments.participation import ExperimentRole
from experiments.service.reports import digests, newest_idents
from stats.result import Interval
from stats.shrinkage import FEWEST, Shrunk, shrink

PAGE_SIZE: Final = 25
MONTHS: Final = 12
_FINISHED: Final = ("stopped", "archived")
# Reports never change, so what was read of one may be kept for as long as the process lives.
_kept: dict[str, dict[str, Any]] = {}
Effect = tuple[float, float]


class Programmes(Base):
    """What the shop learned from all its experiments."""

    def programme(self, query: ProgrammeQuery, page: int = 1) -> Programme:
        """The figures over all experiments, and one page of those that fit the query.

        Args:
            page: From 1; beyond the last one counts as the last.
        """
        rows, documents, owners = self._all()
        ran = [row for row in rows if not row.holdout]
        chosen = [row for row in rows if _fits(row, query)]
        pages = max(1, math.ceil(len(chosen) / PAGE_SIZE))
        page = min(max(page, 1), pages)
        decided = [row for row in ran if row.decision]
        shipped = sum(row.decision == "ship" for row in decided)
        spent = [
            (row.stopped - row.started).total_seconds() / 86_400
            for row in decided
            if row.stopped and row.started
        ]
        effects = {row.key: _headline(documents.get(row.key), row) for row in ran if row.status in _FINISHED}
        known = {key: effect for key, effect in effects.items() if effect is not None}
        shrunk = _shrink(known)
        return Programme(
            rows=tuple(
                _shown(row, known, shrunk) for row in chosen[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
            ),
            matching=len(chosen),
            page=page,
            pages=pages,
            months=_months(ran),
            decided=len(decided),
            shipped=shipped,
            rate=_rate(shipped, len(decided)),
            days=median(spent) if spent else None,
            winners=_winners(ran, known, shrunk),
            money=_money(ran, documents),
            finished=len(known),
            needed=FEWEST,
            holdouts=tuple(row for row in rows if row.holdout),
            owners=owners,
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


def _row_of(document: dict[str, Any] | None, variant: str | None, money: bool = False) -> Any:
    """The comparison that stands for an experiment: of what was shipped, else of its first treatment.

    The best of several treatments would be chosen for its luck.
    """
    rows = document["comparisons"] if document else []
    rows = [row for row in rows if (_is_money(row) if money else row["role"] == "primary")]
    own = [row for row in rows if row["variant"] == variant]
    return (own or rows or [None])[0]


def _is_money(row: dict[str, Any]) -> bool:
    unit = row["unit"] or ""
    return row["kind"] in ("mean", "count") and len(unit) == 3 and unit.isupper()


def _benefit(row: dict[str, Any]) -> Range | None:
    """The relative effect with more being better."""
    span = row["relative"]
    if span.get("estimate") is None:
        return None
    if row["direction"] != "decrease":
        return Range(span["estimate"], span["lower"], span["upper"])
    lower, upper = (None if span[end] is None else -span[end] for end in ("upper", "lower"))
    return Range(-span["estimate"], lower, upper)


def _headline(document: dict[str, Any] | None, ran: Ran) -> Effect | None:
    return _effect(_row_of(document, ran.variant))


def _effect(row: dict[str, Any] | None) -> Effect | None:
    found = _benefit(row) if row and row["error"] else None
    return None if row is None or found is None or found.estimate is None else (found.estimate, row["error"])


def _shrink(known: dict[str, Effect]) -> Shrunk | None:
    found = shrink([effect for effect, _ in known.values()], [error for _, error in known.values()])
    return found if isinstance(found, Shrunk) else None


def _shown(row: Ran, known: dict[str, Effect], shrunk: Shrunk | None) -> Ran:
    if shrunk is None or row.key not in known:
        return row
    return replace(row, shrunk=_range(shrunk.effects[list(known).index(row.key)]))


def _range(interval: Interval) -> Range:
    return Range(interval.estimate, interval.lower, interval.upper)


def _winners(ran: list[Ran], known: dict[str, Effect], shrunk: Shrunk | None) -> Winners | None:
    shipped = {row.key for row in ran if row.decision == "ship"} & known.keys()
    if shrunk is None or not shipped:
        return None
    count = len(shipped)
    return Winners(
        measured=sum(known[key][0] for key in shipped) / count,
        shrunk=_range(shrunk.total([1 / count if key in shipped else 0.0 for key in known])),
        better=sum(chance for key, chance in zip(known, shrunk.above_zero, strict=True) if key in shipped)
        / count,
        count=count,
        finished=len(known),
    )


def _money(ran: list[Ran], documents: dict[str, dict[str, Any]]) -> tuple[Money, ...]:
    """Yearly amounts of what was shipped: shrunk relative effects times what the control brings in a year."""
    by_unit: defaultdict[str, list[tuple[Effect, float, bool]]] = defaultdict(list)
    for row in ran:
        document = documents.get(row.key)
        line = _row_of(document, row.variant, money=True)
        effect = _effect(line)
        if document is None or effect is None or row.status not in _FINISHED:
            continue
        year = document["year"]
        size = (line["control"] or 0.0) * (year or 0.0)
        by_unit[line["unit"]].append((effect, size, row.decision == "ship" and year is not None))
    totals = []
    for unit, lines in sorted(by_unit.items()):
        found = shrink([effect[0] for effect, _, _ in lines], [effect[1] for effect, _, _ in lines])
        factors = [size if counts else 0.0 for _, size, counts in lines]
        if isinstance(found, Shrunk) and any(factors):
            measured = sum(effect[0] * factor for (effect, _, _), factor in zip(lines, factors, strict=True))
            shipped = sum(counts for _, _, counts in lines)
            totals.append(Money(unit, measured, _range(found.total(factors)), shipped, len(lines)))
    return tuple(totals)


def _rate(shipped: int, decided: int) -> Range | None:
    if not decided:
        return None
    found = binomtest(shipped, decided).proportion_ci(method="wilson")
    return Range(shipped / decided, float(found.low), float(found.high))


def _months(ran: list[Ran]) -> tuple[Month, ...]:
    """The last months up to the present one, on the shop's clock."""
    today = local(datetime.now(UTC)).date()
    began = [local(row.started).strftime("%Y-%m") for row in ran if row.started]
    ended = [local(row.stopped).strftime("%Y-%m") for row in ran if row.stopped and row.decision]
    months = []
    for back in range(MONTHS - 1, -1, -1):
        place = today.year * 12 + today.month - 1 - back
        first = date(place // 12, place % 12 + 1, 1)
        name = first.strftime("%Y-%m")
        months.append(Month(first, began.count(name), ended.count(name)))
    return tuple(months)


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
