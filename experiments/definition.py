"""An experiment with everything that its analysis needs, detached from tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from experiments.forms import ExperimentForm, MetricForm


@dataclass(frozen=True, slots=True)
class Definition:
    """What was planned, frozen.

    Attributes:
        form: The experiment as defined.
        metrics: Every metric that the form names, by key, as it was when the plan was frozen.
        status: `draft`, `scheduled`, `running`, `paused`, `stopped` or `archived`.
        version: Phase of the randomisation, from 1.
        plan_hash: SHA-256 of the frozen plan; `None` before the start.
        started_at: When it first ran, in UTC.
        stopped_at: When it stopped, in UTC.
    """

    form: ExperimentForm
    metrics: dict[str, MetricForm]
    status: str
    version: int
    plan_hash: str | None
    started_at: datetime | None
    stopped_at: datetime | None
