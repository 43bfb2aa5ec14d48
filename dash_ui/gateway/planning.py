"""How long a plan takes, from the shop's own numbers where there are any."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from dash_ui.gateway.base import Base
from dash_ui.records import Baseline, SizeEstimate
from experiments.models import Experiment, Report
from stats.power import plan_size


class Planning(Base):
    """Sizes and baselines."""

    def size(
        self,
        *,
        kind: str,
        mean: float,
        std: float,
        effect: float,
        alpha: float,
        power: float,
        shares: Sequence[float],
        method: str,
        looks: int | None,
        daily: float | None,
    ) -> SizeEstimate:
        """Shoppers and days that a plan takes, or why that cannot be told."""
        try:
            plan = plan_size(kind, mean, std, effect, alpha, power, shares, method, looks)
        except (ValueError, OverflowError) as error:
            return SizeEstimate(None, (), None, str(error))
        days = math.ceil(plan.units / daily) if daily and daily > 0 else None
        return SizeEstimate(plan.units, plan.per_variant, days)

    def baseline(self, metric: str) -> Baseline | None:
        """What this metric was among the control's shoppers in the newest report that has it."""
        with self._reading() as session:
            for report, experiment in _recent(session):
                found = _baseline(json.loads(report.body), metric, experiment, report.as_of)
                if found is not None:
                    return found
        return None


def _recent(session: Session) -> Sequence[tuple[Report, Experiment]]:
    """The newest report of each of the experiments that were read last."""
    rows = session.exec(
        select(Report, Experiment)
        .join(Experiment, col(Experiment.key) == col(Report.experiment_key))
        .order_by(col(Report.as_of).desc())
        .limit(40)
    ).all()
    newest: dict[str, tuple[Report, Experiment]] = {}
    for report, experiment in rows:
        newest.setdefault(experiment.key, (report, experiment))
    return list(newest.values())


def _baseline(
    document: dict[str, Any], metric: str, experiment: Experiment, as_of: datetime
) -> Baseline | None:
    for item in document.get("metrics", []):
        if item.get("metric") != metric or not item.get("variants"):
            continue
        control = item["variants"][0]
        if not control.get("mean") or control.get("std") is None or (control.get("units") or 0) < 100:
            continue
        daily = None
        if experiment.started_at is not None:
            days = ((experiment.stopped_at or as_of) - experiment.started_at).total_seconds() / 86_400
            units = sum(variant.get("units") or 0 for variant in document.get("variants", []))
            daily = units / days if days >= 1 and units else None
        return Baseline(control["mean"], control["std"], experiment.name, daily)
    return None
