"""What holds over all experiments that run, from their newest reports."""

from __future__ import annotations

import json

from sqlmodel import Session, col, select

from experiments.analysis.across import Across, Evidence, across, evidence_of
from experiments.lifecycle import Status
from experiments.models import Experiment, Report

# Reports never change, so what they say may be kept for as long as the process lives.
_known: dict[str, tuple[Evidence, ...]] = {}


def across_running(session: Session) -> Across | None:
    """The primary results of all running experiments under one e-BH; `None` where there are none."""
    keys = session.exec(select(Experiment.key).where(Experiment.status == Status.RUNNING)).all()
    return across({key: _newest(session, key) for key in sorted(keys)})


def _newest(session: Session, key: str) -> tuple[Evidence, ...]:
    ident = session.exec(
        select(Report.id)
        .where(Report.experiment_key == key)
        .order_by(col(Report.as_of).desc(), col(Report.created_at).desc())
        .limit(1)
    ).first()
    if ident is None:
        return ()
    if ident not in _known:
        _known[ident] = evidence_of(
            json.loads(session.exec(select(Report.body).where(Report.id == ident)).one())
        )
    return _known[ident]
