"""Experiments of every story, each with the reports that led there, in a shop's control database."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from experiments.db import Database
from experiments.models import Experiment, JournalEntry, Metric, Report, Variant
from tests.dash_ui import sample_looks, sample_over_time
from tests.dash_ui import sample_reports as samples
from tests.dash_ui.shop import ADMIN, MARKETER, open_shop

Document = dict[str, Any]
STORIES: dict[str, Callable[[], Document]] = {
    "conclusive": samples.conclusive,
    "unclear": samples.unclear,
    "harmful": samples.harmful,
    "no-difference": samples.no_difference,
    "unhealthy": samples.unhealthy,
    "broken-segment": samples.broken_segment,
    "undecidable": samples.undecidable,
    "too-early": samples.too_early,
    "undetermined": samples.undetermined_guardrail,
    "three-arms": samples.three_arms,
    "segments": samples.with_segments,
    "trigger": sample_over_time.with_trigger,
    "between-looks": sample_looks.between_looks,
    "better-at-a-look": sample_looks.better_at_a_look,
    "futile": sample_looks.futile_at_a_look,
    "before-looks": sample_looks.windows_before_the_first_look,
}
EMPTY = "waiting"


def open_result_shop(folder: Path, now: datetime | None = None) -> Database:
    """A shop with one running experiment per story, and one that still waits for its first shopper."""
    moment = now or datetime.now(UTC)
    database = open_shop(folder, moment)
    with database.session() as session:
        for key, (name, kind, direction, unit) in samples.METRICS.items():
            if key not in ("conversion", "revenue", "refunds"):
                session.add(Metric(key=key, definition=_metric(key, name, kind, direction, unit)))
        for key, story in STORIES.items():
            _add(session, key, story(), moment)
        _add(session, EMPTY, None, moment)
    return database


def _metric(key: str, name: str, kind: str, direction: str, unit: str | None) -> Document:
    document: Document = {"key": key, "name": name, "kind": kind, "direction": direction, "unit": unit}
    if kind == "ratio":
        return {
            **document,
            "numerator": {"event": "order", "field": "items"},
            "denominator": {"event": "order"},
        }
    return {**document, "event": "page", "field": "milliseconds"}


def _add(session: Session, key: str, document: Document | None, now: datetime) -> None:
    shift = now - (samples.START + timedelta(days=28))
    arms = (document or samples.conclusive())["variants"]
    experiment = Experiment(
        key=key,
        name=f"Free-shipping bar ({key})",
        hypothesis="If we show how far the basket is from free shipping, then more shoppers check out, "
        "because the goal is in sight.",
        surface="offer",
        placement="cart.banner",
        hash_attribute="id",
        traffic=1.0,
        audience={"country": "NL"},
        roles={
            "primary": ["conversion"],
            "secondary": ["revenue", "items"],
            "guardrails": ["refunds", "page_time"],
        },
        plan={"method": "sequential", "alpha": 0.05, "power": 0.8, "mde": 0.02, "planned_units": 80000},
        segments=["device", "visitor"],
        status="running",
        owner=ADMIN,
        started_at=samples.START + shift,
        plan_hash="9f" * 32,
    )
    session.add(experiment)
    session.flush()
    for place, arm in enumerate(arms):
        session.add(
            Variant(
                experiment_id=experiment.id or 0,
                position=place,
                key=arm["key"],
                name=samples.NAMES[arm["key"]],
                weight=arm["share"],
                payload={"show": place > 0, "threshold": 50},
            )
        )
    for kind, text, actor in (
        ("start", "Started; the plan is frozen.", ADMIN),
        ("comment", "Sinterklaas campaign starts on Monday.", MARKETER),
    ):
        at = samples.START + shift
        session.add(JournalEntry(experiment_key=key, at=at, actor=actor, kind=kind, text=text))
    if document is not None:
        _reports(session, key, document, shift)


def _reports(session: Session, key: str, document: Document, shift: timedelta) -> None:
    """One report a day on the way to the last one."""
    for day in range(1, 29):
        body = _on_day(document, day) if day < 28 else document
        moment = samples.START + timedelta(days=day) + shift
        body = {**body, "experiment": key, "id": f"{key}-{day}", "as_of": moment.isoformat()}
        body["series"] = {
            "exposures": [
                {**point, "time": (datetime.fromisoformat(point["time"]) + shift).isoformat()}
                for point in body["series"]["exposures"]
            ]
        }
        row = Report(
            id=body["id"], experiment_key=key, as_of=moment, body=json.dumps(body), data_hash="3c" * 32
        )
        session.add(row)


def _on_day(document: Document, day: int) -> Document:
    copy: Document = json.loads(json.dumps(document))
    for metric in copy["metrics"]:
        for comparison in metric["comparisons"]:
            relative = comparison["relative"]
            if relative["estimate"] is None:
                continue
            half = relative["upper"] - relative["estimate"]
            point = samples.evidence(relative["estimate"], half)[day - 1]
            comparison["relative"] = point["relative"]
            comparison["significant"] = point["significant"]
    return copy
