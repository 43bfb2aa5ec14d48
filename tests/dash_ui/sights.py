"""What the scheduler of the tests' shop has seen: visitors with their properties, and bots."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from experiments.service.observations import BOTS, DAYS, observe
from experiments.service.reach import observation_of

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
UNITS = 40_000
"""Visitors in four weeks, every hundredth in the sample; half are Dutch, a quarter comes each week."""


def add_sights(session: Session, now: datetime) -> None:
    """Keep both."""
    observe(session, observation_of("id"), visitors(now), now)
    observe(session, BOTS, bots(now), now)
    observe(session, DAYS, days(now), now)


def visitors(now: datetime) -> dict[str, Any]:
    """As `experiments.analysis.visitors` gives them."""
    sample = [
        [f"u{unit}", 0b1111 if unit % 4 == 0 else 1 << unit % 16 // 4, 1.0,
         {"country": ("NL", "BE")[unit // 4 % 2], "visits": unit % 5, "code": "42"}]
        for unit in range(UNITS // 100)
    ]  # fmt: skip
    return {
        "since": (now - timedelta(days=28)).isoformat(),
        "until": now.isoformat(),
        "weeks": 4,
        "units": UNITS,
        "weekly": [UNITS // 4] * 4,
        "experiments": ["checkout-short"],
        "attributes": [
            {"name": "country", "share": 1.0,
             "values": [{"value": "NL", "share": 0.5}, {"value": "BE", "share": 0.5}]},
            {"name": "visits", "share": 1.0, "values": [{"value": 3, "share": 0.2}]},
            {"name": "code", "share": 1.0, "values": [{"value": "42", "share": 1.0}]},
        ],
        "sample": sample,
    }  # fmt: skip


def days(now: datetime) -> dict[str, Any]:
    """As `experiments.analysis.daily` gives them."""

    def period(units: int) -> dict[str, Any]:
        orders = {"units": units // 32, "events": units // 30, "fields": {"value": units * 1.9}}
        refunds = {"units": units // 500, "events": units // 490, "fields": {"value": units * 0.1}}
        visits = {"units": units, "events": units * 2, "fields": {}}
        return {"units": units, "events": {"visit": visits, "order": orders, "refund": refunds}}

    return {
        "until": now.isoformat(),
        "week": {"days": 7, **period(41_000)},
        "days": [
            {"until": (now - timedelta(days=age)).isoformat(), **period(6_000 + 97 * (age % 7))}
            for age in range(27, -1, -1)
        ],
    }


def bots(now: datetime) -> dict[str, Any]:
    """As `experiments.analysis.sightings` gives them."""
    seen = now.isoformat()
    units = [
        {"unit": f"crawl-{number}", "rule": "Googlebot", "source": "agent", "agent": CRAWLER, "seen_at": seen}
        for number in range(60)
    ]
    flagged = {"rule": "(flagged by the shop)", "source": "flag", "agent": None, "seen_at": seen}
    busy = {"rule": "(too many events)", "source": "behaviour", "agent": None, "seen_at": seen}
    return {
        "rules": [
            {"rule": "Googlebot", "source": "agent", "units": 60, "seen_at": seen, "list": "1.67.0"},
            {**{key: flagged[key] for key in ("rule", "source", "seen_at")}, "units": 1, "list": None},
            {**{key: busy[key] for key in ("rule", "source", "seen_at")}, "units": 1, "list": None},
        ],
        "units": [*units, {"unit": "tester-1", **flagged}, {"unit": "scraper-1", **busy}],
    }
