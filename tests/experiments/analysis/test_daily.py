"""What shoppers did lately, against the same counted from the raw events."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from assignment.events import Event
from experiments.analysis.daily import daily
from experiments.bots import BotRules
from tests.experiments.analysis.build import START, conversion, exposure, lake_of

HOUR = timedelta(hours=1)


def test_units_events_and_amounts_are_those_of_the_raw_events(tmp_path: Path) -> None:
    rng = np.random.default_rng(20261126)
    events: list[Event] = []
    raw: list[tuple[int, int, str, float, float]] = []
    for place in range(600):
        unit, hours = int(rng.integers(80)), int(rng.integers(40 * 24))
        value, margin = round(float(rng.gamma(2, 20)), 2), round(float(rng.normal(5, 3)), 2)
        name = ("order", "refund", "visit")[place % 3]
        more = {"properties": {"margin": margin, "colour": "red", "value": 1e9}} if name == "order" else {}
        events.append(conversion(f"u{unit}", value, START + hours * HOUR, name=name, **more))
        raw.append((unit, hours, name, value, margin))
    events.append(exposure("looker", at=START + 40 * 24 * HOUR))
    found = daily(lake_of(tmp_path, events).view(), BotRules())
    assert found is not None
    assert len(found["days"]) == 28
    for hours, period in ((7 * 24, found["week"]), (24, found["days"][-1])):
        inside = [row for row in raw if row[1] > 40 * 24 - hours]
        assert period["units"] == len({row[0] for row in inside}) + 1
        for name, told in period["events"].items():
            own = [row for row in inside if row[2] == name]
            assert (told["units"], told["events"]) == (len({row[0] for row in own}), len(own))
            assert told["fields"]["value"] == pytest.approx(sum(row[3] for row in own))
            assert set(told["fields"]) == ({"margin", "value"} if name == "order" else {"value"})
        orders = [row for row in inside if row[2] == "order"]
        margin = period["events"]["order"]["fields"]["margin"]
        assert margin == pytest.approx(sum(row[4] for row in orders))
    told = [day["events"].get("order", {"events": 0})["events"] for day in found["days"]]
    assert sum(told) == sum(row[2] == "order" and row[1] > 12 * 24 for row in raw)


def test_a_lake_without_events_tells_nothing(tmp_path: Path) -> None:
    assert daily(lake_of(tmp_path, []).view(), BotRules()) is None


def test_texts_that_a_cast_takes_for_endless_numbers_are_no_amounts(tmp_path: Path) -> None:
    sent = ("NaN", "Infinity", "-inf", "1e999", 3.5)
    events = [
        conversion(f"u{place}", 1.0, START, name="order", properties={"size": size})
        for place, size in enumerate(sent)
    ]
    found = daily(lake_of(tmp_path, events).view(), BotRules())
    assert found is not None
    assert found["week"]["events"]["order"]["fields"] == {"size": 3.5, "value": 5.0}
    json.dumps(found, allow_nan=False)
