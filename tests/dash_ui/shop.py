"""A shop's control database with people and experiments in every state, for the screens' tests."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from experiments.auth import hash_password
from experiments.db import Database, migrate
from experiments.models import Experiment, Metric, Report, User, Variant
from tests.dash_ui.sights import add_sights

PASSWORD = "proefwerk-2026"
ADMIN, MARKETER, ANALYST = "sanne@shop.example", "mark@shop.example", "aylin@shop.example"
NAMES = {ADMIN: "Sanne Adema", MARKETER: "Mark de Wit", ANALYST: "Aylin Kaya"}

# name, surface, status, units, lift, half width, healthy, days, owner
Row = tuple[str, str, str, int, float, float, bool, int, str]
EXPERIMENTS: tuple[Row, ...] = (
    ("Free-shipping threshold €35", "offer", "running", 73_025, 0.097, 0.03, True, 28, ADMIN),
    ("Basket upsell carousel", "recommendation", "running", 145_024, -0.062, 0.02, True, 8, MARKETER),
    ("Two-column checkout", "layout", "running", 20_566, -0.002, 0.02, True, 4, ADMIN),
    ("Loyalty banner on home", "offer", "running", 88_313, 0.009, 0.018, True, 22, MARKETER),
    ("Recommendation: also bought", "recommendation", "draft", 0, 0, 0, True, 0, ADMIN),
    ("Sticky add-to-basket", "layout", "running", 133_285, 0.008, 0.016, False, 25, MARKETER),
    ("Autumn bundle offer", "offer", "stopped", 72_856, 0.115, 0.02, True, 17, ADMIN),
    ("Gift-wrap option", "recommendation", "stopped", 79_790, 0.004, 0.018, True, 16, MARKETER),
    ("Search results density", "layout", "running", 133_859, -0.005, 0.018, True, 8, ADMIN),
    ("Product-page trust badges", "offer", "draft", 0, 0, 0, True, 0, MARKETER),
    ("Newsletter pop-up delay", "recommendation", "paused", 54_019, 0.003, 0.02, True, 28, ADMIN),
)
METRICS: tuple[dict[str, Any], ...] = (
    {"key": "conversion", "name": "Orders", "kind": "proportion", "event": "order", "direction": "increase"},
    {
        "key": "revenue",
        "name": "Revenue per shopper",
        "kind": "mean",
        "event": "order",
        "field": "value",
        "direction": "increase",
        "unit": "EUR",
        "window_hours": 336,
    },
    {
        "key": "refunds",
        "name": "Refunds",
        "kind": "proportion",
        "event": "refund",
        "direction": "decrease",
        "non_inferiority_margin": 0.05,
    },
)


def open_shop(folder: Path, now: datetime | None = None) -> Database:
    """A database in `folder` with all of the above."""
    database = Database(f"sqlite:///{folder / 'proefwerk.db'}")
    migrate(database)
    moment = now or datetime.now(UTC)
    with database.session() as session:
        for email, role in ((ADMIN, "admin"), (MARKETER, "marketer"), (ANALYST, "analyst")):
            session.add(
                User(email=email, name=NAMES[email], role=role, password_hash=hash_password(PASSWORD))
            )
        for definition in METRICS:
            session.add(Metric(key=definition["key"], definition=definition))
        for row in EXPERIMENTS:
            _add(session, row, moment)
        add_sights(session, moment)
    return database


def key_of(name: str) -> str:
    """The key that goes with a name."""
    kept = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name.lower())
    return "-".join(part for part in kept.split("-") if part)


def _add(session: Session, row: Row, now: datetime) -> None:
    name, surface, status, units, lift, half, healthy, days, owner = row
    key = key_of(name)
    started = None if status == "draft" else now - timedelta(days=days, hours=3)
    stopped = now - timedelta(hours=2) if status == "stopped" else None
    experiment = Experiment(
        key=key,
        name=name,
        hypothesis="If we show it earlier, then more people order, because they know what to expect.",
        surface=surface,
        placement="cart.banner",
        hash_attribute="id",
        traffic=1.0,
        audience={},
        roles={"primary": ["conversion"], "secondary": ["revenue"], "guardrails": ["refunds"]},
        plan={"method": "sequential", "alpha": 0.05, "power": 0.8, "mde": 0.02, "cuped": True},
        segments=["device"],
        status=status,
        owner=owner,
        started_at=started,
        stopped_at=stopped,
    )
    session.add(experiment)
    session.flush()
    for place, (variant, title) in enumerate((("control", "Control"), ("b", "Variant B"))):
        session.add(
            Variant(
                experiment_id=experiment.id or 0,
                position=place,
                key=variant,
                name=title,
                weight=0.5,
                payload={"kind": "none"},
            )
        )
    if units:
        session.add(_report(key, units, lift, half, healthy, now))


def _report(key: str, units: int, lift: float, half: float, healthy: bool, now: datetime) -> Report:
    sure = abs(lift) > half
    verdict = ("ship" if lift > 0 else "rollback") if sure else "keep_running"
    body = {
        "id": f"r-{key}",
        "experiment": key,
        "status": "running",
        "as_of": now.isoformat(),
        "alpha": 0.05,
        "method": "sequential",
        "variants": [
            {"key": "control", "units": units // 2, "share": 0.5},
            {"key": "b", "units": units - units // 2, "share": 0.5},
        ],
        "health": {
            "srm": {"status": "ok" if healthy else "failed", "p_value": 0.4 if healthy else 0.00002},
            "multiple_exposure": {"status": "ok", "units": 3},
        },
        "metrics": [
            {
                "metric": "conversion",
                "role": "primary",
                "kind": "proportion",
                "direction": "increase",
                "variants": [
                    {"variant": "control", "units": units // 2, "mean": 0.1077, "std": 0.31, "sum": 3910.0},
                    {"variant": "b", "units": units // 2, "mean": 0.1181, "std": 0.32, "sum": 4336.0},
                ],
                "comparisons": [
                    {
                        "variant": "b",
                        "control": "control",
                        "absolute": {"estimate": lift / 10, "lower": None, "upper": None},
                        "relative": {"estimate": lift, "lower": lift - half, "upper": lift + half},
                        "p_value": 0.01 if sure else 0.5,
                        "significant": sure,
                        "method": "sequential",
                        "adjustment": "none",
                        "variance_reduction": 0.0,
                        "covariates": [],
                        "undetermined": None,
                    }
                ],
            }
        ],
        "segments": [],
        "decision": {"verdict": verdict if healthy else "unhealthy", "variant": None, "reasons": []},
    }
    text = json.dumps(body)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Report(id=f"r-{key}", experiment_key=key, as_of=now, body=text, data_hash=digest)
