"""An experiment with everything that its analysis needs, detached from tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from experiments.bots import Verdict
from experiments.documents import canonical
from experiments.forms import ExperimentForm, MetricForm
from experiments.phases import Period, Split
from experiments.rates import Rate

CHANGEABLE = frozenset({"hypothesis", "traffic", "end_at"})
"""What people may change after the start, each change with an entry in the journal."""
_NOT_PLANNED = ("name", "parent", "preview_url", "start_at")
LATER: dict[str, Any] = {
    "prerequisites": [],
    "role": "experiment",
    "holdout": None,
    "fallback_attribute": None,
    "trigger": None,
}
"""Fields that came later are left out where they say nothing, so that plans keep the seal they always had."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A time in which an experiment belonged to a holdout: from `since`, until `until` if it is over."""

    experiment: str
    since: datetime
    until: datetime | None


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
        planned_end: End date as it was when the plan was frozen; `None` without one.
        bots: Everything that was ever said of bots; `None` where nobody is left out for one.
        members: When which experiments belonged to it, if it is a holdout.
        phases: The phases until this one, this one last; empty where none was kept.
        splits: How this phase divided shoppers, from each moment on; the weights of the form are the first.
        rates: Every exchange rate that was ever entered; `None` where other currencies are left out.
    """

    form: ExperimentForm
    metrics: dict[str, MetricForm]
    status: str
    version: int
    plan_hash: str | None
    started_at: datetime | None
    stopped_at: datetime | None
    planned_end: datetime | None = None
    bots: tuple[Verdict, ...] | None = ()
    members: tuple[Membership, ...] | None = None
    phases: tuple[Period, ...] = ()
    splits: tuple[Split, ...] = ()
    rates: tuple[Rate, ...] | None = ()

    @property
    def since(self) -> datetime | None:
        """When this phase began, in UTC; `None` in the first one, whose exposures all count."""
        return self.phases[-1].started_at if len(self.phases) > 1 else None

    def at(self, moment: datetime) -> Definition:
        """The same with what was known at a moment of how shoppers are divided."""
        known = tuple(split for split in self.splits if split.at <= moment) or self.splits[:1]
        if len(known) == len(self.splits):
            return self
        form = self.form.model_copy(update={"traffic": known[-1].traffic})
        return replace(self, form=form, splits=known)


def plan_document(form: ExperimentForm, metrics: Mapping[str, MetricForm], version: int) -> dict[str, Any]:
    """What is registered at the start: the experiment but for its name, with whole metric definitions."""
    experiment = form.model_dump(mode="json", by_alias=True)
    planned = {
        name: value
        for name, value in experiment.items()
        if name not in _NOT_PLANNED and not (name in LATER and value == LATER[name])
    }
    return {
        "experiment": planned,
        "metrics": {key: metrics[key].model_dump(mode="json") for _, _, key in form.metrics.places()},
        "version": version,
    }


def freeze(plan: dict[str, Any]) -> tuple[str, str]:
    """The canonical text of a plan and its SHA-256, the `plan_hash`."""
    text = canonical(plan)
    return text, hash_of_plan(text)


def hash_of_plan(text: str) -> str:
    """The SHA-256 of a frozen plan's text, as hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()
