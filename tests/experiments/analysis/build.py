"""Small experiments and histories of events for the tests of the analysis."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from assignment.events import Conversion, Event, Exposure, Link, encode_payload
from assignment.log import EventLog
from experiments.analysis.lake import Lake
from experiments.analysis.rows import Rows, microseconds
from experiments.definition import Definition
from experiments.forms import ExperimentForm, MetricForm

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = START + timedelta(days=30)
HOUR = timedelta(hours=1)

CONVERSION = {"key": "conversion", "name": "Conversion", "kind": "proportion", "event": "order"}
ORDERS = {"key": "orders", "name": "Orders", "kind": "count", "event": "order"}
REVENUE = {"key": "revenue", "name": "Revenue", "kind": "mean", "event": "order", "field": "value"}


def metric(base: dict[str, Any], **changes: Any) -> MetricForm:
    """A metric like `base`."""
    return MetricForm.model_validate({**base, **changes})


def definition(*metrics: MetricForm, status: str = "running", **changes: Any) -> Definition:
    """A running experiment `k` on control and treatment; all metrics are primary unless told otherwise."""
    form = ExperimentForm.model_validate(
        {
            "key": "k",
            "name": "K",
            "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5}],
            "metrics": {"primary": [each.key for each in metrics]},
            **changes,
        }
    )
    return Definition(form, {each.key: each for each in metrics}, status, 1, "plan", START, None)


def exposure(unit: str, variant: str = "control", at: datetime = START, **more: Any) -> Event:
    """An exposure with an id of its own."""
    return Exposure(**{"id": _id(), "unit": unit, "experiment": "k", "variant": variant, "time": at, **more})


def conversion(unit: str, value: float = 1.0, at: datetime = START, **more: Any) -> Event:
    """A conversion with an id of its own; an order unless named otherwise."""
    return Conversion(**{"id": _id(), "unit": unit, "name": "order", "value": value, "time": at, **more})


def link(unit: str, person: str, at: datetime = START, **more: Any) -> Event:
    """A link of an id to a person."""
    return Link(**{"unit": unit, "person": person, "time": at, **more})


def lake_of(folder: Path, events: Iterable[Event], received: datetime = START) -> Lake:
    """A lake with these events."""
    lake = Lake(folder / "lake")
    add(lake, events, received)
    return lake


def add(lake: Lake, events: Iterable[Event], received: datetime = START) -> None:
    """Put events into a lake."""
    rows = Rows()
    rows.extend(list(events), microseconds(received))
    lake.add(rows)


def write_log(log: EventLog, events: Sequence[Event], received: datetime = START) -> None:
    """Append events to the log as a door would."""
    log.append(encode_payload(received, msgspec.json.encode(list(events))))


_ids = random.Random(20261101)


def _id() -> str:
    return f"{_ids.getrandbits(128):032x}"
