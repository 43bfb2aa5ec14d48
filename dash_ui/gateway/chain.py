"""An experiment among those that it follows and those that follow it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session, col, select

from dash_ui.gateway.base import Base
from dash_ui.report_reader import read_report
from dash_ui.report_records import Report
from dash_ui.time_records import Link
from experiments.analysis.reading import annotate
from experiments.models import Experiment
from experiments.service import reports
from experiments.service.lookup import find_experiment
from experiments.service.records import form_of, metrics_named

MOST = 40
"""Experiments of one chain that are shown; each costs the reading of a report once."""
_MOST_FINDINGS = 5_000
# Reports never change.
_findings: dict[str, Link] = {}


class Chain(Base):
    """Test, measure, refine: what led to an experiment, and what came of it."""

    def chain(self, key: str) -> Link:
        """From the first experiment of the chain on; one that stands alone is a chain of itself.

        Raises:
            Refused: 404.
        """
        with self._reading() as session:
            family = _family(session, find_experiment(session, key))
            links = {row.key: replace(_link(session, row), here=row.key == key) for row in family}
        return _tree(family, links, family[0].key)


def _family(session: Session, row: Experiment) -> list[Experiment]:
    """The eldest first, then generation by generation."""
    eldest, seen = row, {row.key}
    while eldest.parent is not None and eldest.parent not in seen and len(seen) < MOST // 2:
        parent = session.exec(select(Experiment).where(Experiment.key == eldest.parent)).first()
        if parent is None:
            break
        seen.add(parent.key)
        eldest = parent
    family, generation = [eldest], [eldest.key]
    while generation and len(family) < MOST:
        younger: Sequence[Experiment] = session.exec(
            select(Experiment)
            .where(col(Experiment.parent).in_(generation))
            .order_by(col(Experiment.created_at), Experiment.key)
            .limit(MOST - len(family))
        ).all()
        known = {each.key for each in family}
        fresh = [each for each in younger if each.key not in known]
        family += fresh
        generation = [each.key for each in fresh]
    return family if any(each.key == row.key for each in family) else [*family, row]


def _tree(family: Sequence[Experiment], links: dict[str, Link], key: str) -> Link:
    """The link with all that follow it; each of the family is younger than its parent, so this ends."""
    follows = tuple(
        _tree(family, links, row.key) for row in family[1:] if row.parent == key and row.key != key
    )
    return replace(links[key], follows=follows)


def _link(session: Session, row: Experiment) -> Link:
    names = {variant.key: variant.name or variant.key for variant in row.variants}
    bare = Link(row.key, row.name, row.status)
    last = reports.newest(session, row.key)
    if last is not None:
        if last.id not in _findings:
            if len(_findings) > _MOST_FINDINGS:
                _findings.clear()
            called = {key: metric.name for key, metric in metrics_named(session, form_of(row)).items()}
            document = annotate(json.loads(last.body), (row.plan or {}).get("mde"))
            _findings[last.id] = _found(bare, read_report(document, called))
        bare = replace(_findings[last.id], name=row.name, phase=row.status)
    return replace(
        bare,
        decision=row.decision,
        decision_variant=names.get(row.decision_variant or "", row.decision_variant or ""),
        note=row.decision_note or "",
    )


def _found(bare: Link, report: Report) -> Link:
    effect = report.featured
    if effect is None or effect.relative.estimate is None:
        return replace(bare, finding=report.headline)
    relative = effect.relative
    return replace(
        bare,
        finding=report.headline,
        variant=effect.variant_name,
        metric=effect.metric_name,
        lift=(relative.estimate or 0.0, relative.lower, relative.upper),
    )
