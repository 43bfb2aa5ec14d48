"""Keeps what each metric was like lately at hand, so that planning needs no scan of the events."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlmodel import select

from experiments.analysis.baseline import baselines
from experiments.bots import rules_at
from experiments.db import Database, utc_now
from experiments.forms import MetricForm
from experiments.models import Metric, MetricBaseline
from experiments.rates import Quotes
from experiments.service.baselines import definition_hash, save_baselines
from experiments.service.rates import rates_of
from experiments.service.records import metric_form
from experiments.service.verdicts import verdicts
from experiments.workplace import Workplace

FRESH = timedelta(days=1)
RETRY = timedelta(hours=1)
"""After which a shop that showed nothing of a metric is asked again."""
log = logging.getLogger(__name__)


def refresh_baselines(place: Workplace) -> list[str]:
    """Baselines of metrics that are new, were changed, or have not been looked at for a day; their keys."""
    now = utc_now()
    forms = _due(place.database, now)
    if not forms:
        return []
    with place.database.reading() as session:
        bots = rules_at(verdicts(session), now)
        quotes = Quotes(rates_of(session), now)
    found = place.lake.read(lambda view: baselines(view, forms, now, bots, quotes))
    with place.database.session() as session:
        save_baselines(session, forms, found, now)
    keys = [form.key for form in forms]
    log.info("Baselines of %d metrics are fresh", len(keys))
    return keys


def _due(database: Database, now: datetime) -> list[MetricForm]:
    with database.reading() as session:
        known = {row.metric_key: row for row in session.exec(select(MetricBaseline))}
        forms = [metric_form(row) for row in session.exec(select(Metric).order_by(Metric.key))]
    return [form for form in forms if _is_due(known.get(form.key), form, now)]


def _is_due(row: MetricBaseline | None, form: MetricForm, now: datetime) -> bool:
    if row is None or row.definition_hash != definition_hash(form):
        return True
    return now - row.as_of >= (RETRY if row.body is None else FRESH)
