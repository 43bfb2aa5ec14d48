"""The list of experiments, with what its newest report says about each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy.orm import raiseload
from sqlmodel import Session, col, select

from dash_ui.gateway.base import Base
from dash_ui.records import Counts, ExperimentPage, ExperimentRow, Lift
from experiments.models import Experiment, User
from experiments.participation import ExperimentRole
from experiments.service.reports import digests, newest_idents

PAGE_SIZE: Final = 50
_ORDER: Final = ("attention", "ready", "running", "paused", "scheduled", "draft", "stopped", "archived")
_CONCLUSIVE: Final = ("ship", "rollback", "no_difference")


@dataclass(frozen=True, slots=True)
class Digest:
    """What the list needs of a report."""

    units: int
    lift: Lift | None
    verdict: str
    health: str
    health_code: str | None


# Reports never change, so a digest may be kept for as long as the process lives.
_digests: dict[str, Digest] = {}


class Listing(Base):
    """What stands in the list."""

    def experiments(self, search: str = "", phase: str = "", page: int = 1) -> ExperimentPage:
        """One page of the experiments that match, those that need somebody first.

        Args:
            search: Part of a name, key or owner, in any case.
            phase: A phase to show alone; empty for all but the archived.
            page: From 1; beyond the last one counts as the last.
        """
        with self._reading() as session:
            rows = _rows(session)
        counts = Counts(
            total=sum(row.phase != "archived" for row in rows),
            running=sum(row.status == "running" for row in rows),
            ready=sum(row.phase == "ready" for row in rows),
            units=sum(row.units or 0 for row in rows if row.phase != "archived"),
            attention=sum(row.phase == "attention" for row in rows),
        )
        chosen = [row for row in rows if _matches(row, search, phase)]
        pages = max(1, math.ceil(len(chosen) / PAGE_SIZE))
        page = min(max(page, 1), pages)
        shown = tuple(chosen[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
        return ExperimentPage(shown, len(chosen), page, pages, counts)


def read_digest(document: dict[str, Any]) -> Digest:
    """What the list needs of a report's digest."""
    return Digest(
        document["units"],
        _lift(document),
        document["verdict"],
        document["health"],
        document["health_code"],
    )


def _lift(document: dict[str, Any]) -> Lift | None:
    rows = [row for row in document["comparisons"] if row["role"] == "primary"]
    known = [
        row
        for row in rows
        if row["metric"] == rows[0]["metric"] and row["relative"].get("estimate") is not None
    ]
    if not known:
        return None
    gain = -1 if known[0]["direction"] == "decrease" else 1
    chosen = document["variant"]
    best = max(known, key=lambda row: (row["variant"] == chosen, gain * row["relative"]["estimate"]))
    relative = best["relative"]
    good = gain * relative["estimate"] > 0 if best["significant"] and not best["preliminary"] else None
    return Lift(relative["estimate"], relative["lower"], relative["upper"], good)


def _rows(session: Session) -> list[ExperimentRow]:
    now = datetime.now(UTC)
    newest = _newest_digests(session)
    owners = {user.email: user.name for user in session.exec(select(User)).all()}
    # Variants and phases would be read for every experiment, and no line shows them.
    parts = (raiseload(Experiment.variants), raiseload(Experiment.phases))  # type: ignore[arg-type]
    found = session.exec(select(Experiment).options(*parts).order_by(col(Experiment.updated_at).desc())).all()
    rows = [_row(item, newest.get(item.key), owners, now) for item in found]
    return sorted(rows, key=lambda row: _ORDER.index(row.phase) if row.phase in _ORDER else len(_ORDER))


def _row(item: Experiment, report: Digest | None, owners: dict[str, str], now: datetime) -> ExperimentRow:
    days = None
    if item.started_at is not None:
        days = max(0, ((item.stopped_at or now) - item.started_at).days)
    return ExperimentRow(
        key=item.key,
        name=item.name,
        surface=item.role if item.role == ExperimentRole.HOLDOUT else item.surface,
        status=item.status,
        phase=_phase(item.status, report),
        units=report.units if report else None,
        lift=report.lift if report else None,
        health=report.health if report else None,
        health_code=report.health_code if report else None,
        days=days,
        owner=owners.get(item.owner) or item.owner.split("@")[0],
        parent=item.parent,
    )


def _phase(status: str, report: Digest | None) -> str:
    if status != "running" or report is None:
        return status
    if report.verdict == "unhealthy" or report.health == "failed":
        return "attention"
    return "ready" if report.verdict in _CONCLUSIVE else status


def _matches(row: ExperimentRow, search: str, phase: str) -> bool:
    wanted = search.strip().casefold()
    if wanted and not any(wanted in text.casefold() for text in (row.name, row.key, row.owner)):
        return False
    if phase == "running":
        return row.status == "running"
    return row.phase == phase if phase else row.phase != "archived"


def _newest_digests(session: Session) -> dict[str, Digest]:
    newest = newest_idents(session)
    missing = [ident for ident in newest.values() if ident not in _digests]
    for ident, document in digests(session, missing).items():
        _digests[ident] = read_digest(document)
    return {key: _digests[ident] for key, ident in newest.items()}
