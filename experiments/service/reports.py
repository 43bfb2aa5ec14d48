"""Reports as they were made, none of them ever changed, and the evidence over time that they tell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, and_, col, func, select

from assignment.errors import ProefwerkError
from experiments.analysis.digest import digest
from experiments.documents import timestamp
from experiments.models import Experiment, Report, ReportDigest
from experiments.service.lookup import find_experiment

Document = dict[str, Any]
EVIDENCE_POINTS = 300
_KEPT_POINTS = 50_000
_AT_ONCE = 500
# Reports never change, and each is large beside what one comparison says in it.
_points: dict[tuple[str, str, str], Document | None] = {}


def save_report(session: Session, document: Document) -> Report:
    """Keep a report.

    Args:
        document: In the contract's shape.
    """
    report = Report(
        id=document["id"],
        experiment_key=document["experiment"],
        as_of=datetime.fromisoformat(document["as_of"]),
        body=json.dumps(document, allow_nan=False, separators=(",", ":")),
        plan_hash=document["plan_hash"],
        data_hash=document["data_hash"],
    )
    session.add(report)
    session.flush()
    told = json.dumps(digest(document), allow_nan=False, separators=(",", ":"))
    session.add(ReportDigest(report_id=report.id, body=told))
    session.flush()
    return report


def newest(session: Session, key: str) -> Report | None:
    """The latest report of an experiment, if there is one."""
    report: Report | None = session.exec(_newest_first(key).limit(1)).first()
    return report


def known_then(session: Session, key: str) -> Document:
    """What a decision of now rests on: `report` (its id, or None), with its `as_of` and `verdict`."""
    last = newest(session, key)
    if last is None:
        return {"report": None}
    verdict = (_body(last).get("decision") or {}).get("verdict")
    return {"report": last.id, "as_of": timestamp(last.as_of), "verdict": verdict}


def newest_report(session: Session, key: str) -> Document:
    """The latest report of an experiment in the contract's shape.

    Raises:
        ProefwerkError: 404 without such an experiment, or without a report yet.
    """
    find_experiment(session, key)
    report = newest(session, key)
    if report is None:
        raise ProefwerkError(404, "no_report", f"There is no report of '{key}' yet.")
    return _body(report)


def get_report(session: Session, key: str, ident: str) -> Document:
    """One report in the contract's shape.

    Raises:
        ProefwerkError: 404.
    """
    report = session.get(Report, ident) if "\0" not in ident else None
    if report is None or report.experiment_key != key:
        raise ProefwerkError(404, "report_not_found", f"There is no report '{ident}' of '{key}'.")
    return _body(report)


def list_reports(
    session: Session, key: str, *, page: int = 1, per_page: int = 50
) -> tuple[Sequence[Report], int]:
    """One page of an experiment's reports, newest first, and how many there are in all."""
    total = session.exec(select(func.count()).select_from(Report).where(Report.experiment_key == key)).one()
    rows = session.exec(_newest_first(key).offset((page - 1) * per_page).limit(per_page)).all()
    return rows, total


def evidence(session: Session, key: str, metric: str, variant: str) -> list[Document]:
    """How a comparison went over the reports of the newest one's plan, oldest first; thinned evenly.

    A new phase has a plan of its own, and evidence that begins anew. There are at most `EVIDENCE_POINTS`.

    Each point has `as_of`, `estimate`, `lower`, `upper` (absolute), `relative` with the same three,
    `p_value` and `significant`.
    """
    last = newest(session, key)
    seal = None if last is None else last.plan_hash
    idents = session.exec(
        select(Report.id)
        .where(Report.experiment_key == key, col(Report.plan_hash).is_not_distinct_from(seal))
        .order_by(col(Report.as_of), col(Report.created_at))
    ).all()
    chosen = _thinned(idents, EVIDENCE_POINTS)
    if len(_points) > _KEPT_POINTS:
        _points.clear()
    missing = [ident for ident in chosen if (ident, metric, variant) not in _points]
    for ident, body in digests(session, missing).items():
        _points[ident, metric, variant] = _point(body, metric, variant)
    found = [_points[ident, metric, variant] for ident in chosen]
    return [dict(point) for point in found if point is not None]


def digests(session: Session, idents: Sequence[str]) -> dict[str, Document]:
    """What these reports come to, as `experiments.analysis.digest` tells, without reading their bodies."""
    found: dict[str, Document] = {}
    for start in range(0, len(idents), _AT_ONCE):
        part = idents[start : start + _AT_ONCE]
        told = select(ReportDigest).where(col(ReportDigest.report_id).in_(part))
        found |= {row.report_id: json.loads(row.body) for row in session.exec(told).all()}
        for ident in part:
            if ident in found:
                continue
            found[ident] = digest(_body(session.exec(select(Report).where(Report.id == ident)).one()))
    return found


def newest_idents(session: Session) -> dict[str, str]:
    """The id of the newest report by experiment; one search of the index for each."""
    last = (
        select(func.max(Report.as_of))
        .where(Report.experiment_key == Experiment.key)
        .correlate(Experiment)
        .scalar_subquery()
    )
    own = and_(col(Report.experiment_key) == col(Experiment.key), col(Report.as_of) == last)
    rows = session.exec(
        select(Experiment.key, Report.id).join(Report, own).order_by(col(Report.created_at))
    ).all()
    return dict(rows)


def _newest_first(key: str) -> Any:
    return (
        select(Report)
        .where(Report.experiment_key == key)
        .order_by(col(Report.as_of).desc(), col(Report.created_at).desc())
    )


def _thinned(items: Sequence[str], most: int) -> list[str]:
    """At most so many of the items, the last one always among them."""
    if len(items) <= most:
        return list(items)
    last = len(items) - 1
    return [items[round(place * last / (most - 1))] for place in range(most)]


def _point(body: Document, metric: str, variant: str) -> Document | None:
    for row in body["comparisons"]:
        if row["metric"] == metric and row["variant"] == variant:
            return {
                "as_of": body["as_of"],
                **row["absolute"],
                "relative": row["relative"],
                "p_value": row["p_value"],
                "significant": row["significant"],
            }
    return None


def _body(report: Report) -> Document:
    body: Document = json.loads(report.body)
    return body
