"""A shop with a long programme behind it: experiments shipped, rolled back and undecided, by a seed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlmodel import Session

from experiments.calendar_models import CalendarEntry
from experiments.db import Database
from experiments.models import Experiment, Variant
from experiments.service.reports import save_report
from tests.dash_ui import sample_reports as samples
from tests.dash_ui.shop import ADMIN, ANALYST, MARKETER, open_shop

CONTROL: Final = (0.05, 3.2)
"""Conversion and revenue per shopper without any variant."""
UNITS: Final = 60_000
_PLACES: Final = (("offer", "cart.banner"), ("layout", "checkout"), ("recommendation", "product.also"))
_IDEAS: Final = (
    "Free delivery bar",
    "Shorter form",
    "Also bought",
    "Bundle price",
    "Larger pictures",
    "Gift wrap",
)


def open_programme_shop(
    folder: Path, finished: int = 40, now: datetime | None = None, reports: int = 1
) -> Database:
    """The shop of all screens, with so many finished experiments over two years.

    Args:
        reports: Of each of them.
    """
    database = open_shop(folder, now)
    with database.session() as session:
        add_programme(session, finished, now or datetime.now(UTC), reports)
    return database


def add_programme(session: Session, finished: int, now: datetime, reports: int = 1) -> None:
    """The finished experiments, and a sale on the calendar."""
    draw = np.random.default_rng(20261126)
    for place in range(finished):
        truth, luck = draw.normal(0.004, 0.02), draw.normal(0, 1)
        error = float(draw.uniform(0.012, 0.03))
        length = int(draw.integers(10, 30))
        ended = now - timedelta(days=2 + place * 700 / max(finished, 1), hours=3)
        _add(session, place, truth + luck * error, error, ended, length, reports)
    today = now.date()
    first = date(today.year - (today.month < 12), 11, 27)
    session.add(
        CalendarEntry(
            kind="sale", name="Black Friday", starts_on=first, ends_on=first + timedelta(days=3), actor=ADMIN
        )
    )


def _add(
    session: Session, place: int, lift: float, error: float, ended: datetime, length: int, reports: int
) -> None:
    surface, where = _PLACES[place % len(_PLACES)]
    key = f"past-{place:03d}"
    begun = ended - timedelta(days=length)
    decision = "ship" if lift > 1.6 * error else "rollback" if lift < -1.6 * error else "inconclusive"
    experiment = Experiment(
        key=key,
        name=f"{_IDEAS[place % len(_IDEAS)]} {place + 1}",
        hypothesis="If the goal is in sight, then more shoppers order, because they know what is left to do.",
        surface=surface,
        placement=where,
        hash_attribute="id",
        traffic=1.0,
        audience={},
        roles={"primary": ["conversion"], "secondary": ["revenue"], "guardrails": ["refunds"]},
        plan={"method": "sequential", "alpha": 0.05, "power": 0.8, "mde": 0.02},
        segments=[],
        status="archived" if place % 7 == 6 else "stopped",
        owner=(ADMIN, MARKETER, ANALYST)[place % 3],
        started_at=begun,
        stopped_at=ended,
        decision=decision,
        decision_variant="bar" if decision == "ship" else None,
        decision_note=f"Lesson {place + 1}: shoppers act when they see how far they are.",
    )
    session.add(experiment)
    session.flush()
    for position, variant in enumerate(("control", "bar")):
        session.add(
            Variant(
                experiment_id=experiment.id or 0,
                position=position,
                key=variant,
                name=samples.NAMES[variant],
                weight=0.5,
                payload={"show": position > 0},
            )
        )
    session.flush()
    for number in range(reports):
        save_report(session, report_of(key, lift, error, begun, ended - timedelta(days=reports - 1 - number)))


def report_of(key: str, lift: float, error: float, begun: datetime, as_of: datetime) -> dict[str, Any]:
    """A report whose conversion and revenue both differ by `lift`, each with this standard error."""
    half = 1.96 * error * 1.6
    metrics = [
        samples.metric(
            "conversion", "primary", CONTROL[0], [samples.comparison(CONTROL[0], lift, half)], UNITS
        ),
        samples.metric(
            "revenue", "secondary", CONTROL[1], [samples.comparison(CONTROL[1], lift, half)], UNITS
        ),
    ]
    for metric in metrics:
        for comparison in metric["comparisons"]:
            comparison["variance_reduction"] = 0.0
        control = metric["variants"][0]["mean"]
        for arm in metric["variants"]:
            arm["std"] = error * control * (UNITS / 2) ** 0.5
    document = samples.report(metrics, "keep_running")
    health = {**document["health"], "assignment": {"status": "ok", "code": "as_assigned", "traffic": 1.0}}
    changed = {
        "id": f"{key}-{as_of:%Y%m%d}",
        "experiment": key,
        "started_at": begun.isoformat(),
        "as_of": as_of.isoformat(),
        "health": health,
    }
    found: dict[str, Any] = json.loads(json.dumps({**document, **changed}))
    return found
