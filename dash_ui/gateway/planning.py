"""How long a plan takes, from the shop's own numbers where there are any."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from dash_ui.gateway.base import Base
from dash_ui.records import Baseline, Detectable, Reach, Refused, SizeEstimate, TooSmall
from experiments.requests import PlanRequest, ReachRequest
from experiments.service.baselines import known_of
from experiments.service.lookup import find_metric
from experiments.service.planning import plan_document
from experiments.service.reach import daily_reach, reach_document
from experiments.service.records import metric_form
from experiments.validation import parse


class Planning(Base):
    """Sizes and baselines."""

    def size(self, request: dict[str, Any]) -> SizeEstimate:
        """Shoppers and days that a plan takes, or why that cannot be told.

        Args:
            request: As the API's `POST /api/v1/plan` takes it, with an effect.
        """
        try:
            with self._reading() as session:
                return _estimate(plan_document(session, parse(PlanRequest, request)))
        except Refused as refusal:
            problems = [f"{problem.field}: {problem.message}" for problem in refusal.fields]
            return SizeEstimate(None, reason="; ".join(problems) or refusal.detail)

    def reach(self, request: dict[str, Any]) -> Reach | None:
        """How many shoppers an audience has; `None` where the request cannot be asked yet.

        Args:
            request: As the API's `POST /api/v1/reach` takes it.
        """
        try:
            with self._reading() as session:
                return _reach(reach_document(session, parse(ReachRequest, request)))
        except Refused:
            return None

    def daily_reach(self, request: dict[str, Any]) -> float | None:
        """New shoppers a day of an audience; `None` where that cannot be told."""
        try:
            with self._reading() as session:
                return daily_reach(session, parse(ReachRequest, request))
        except Refused:
            return None

    def baseline(self, metric: str) -> Baseline | None:
        """What this metric was lately among the shop's shoppers, or in the newest report that has it."""
        try:
            with self._reading() as session:
                known = known_of(session, metric_form(find_metric(session, metric)))
        except Refused:
            return None
        if known is None:
            return None
        outcome = known.outcome
        return Baseline(
            outcome.mean, outcome.std, known.name, known.units, known.since, known.until, known.daily
        )


def _reach(document: dict[str, Any]) -> Reach:
    audience, undetermined = document["audience"], document["undetermined"]
    return Reach(
        units=audience["units"],
        lower=audience["lower"],
        upper=audience["upper"],
        share=audience["share"],
        part=document["units"],
        factor=document["factors"]["all"],
        sample=document["sample"]["units"],
        of=document["sample"]["of"],
        weeks=document["weeks"],
        until=datetime.fromisoformat(document["until"]) if document["until"] else None,
        code=undetermined and undetermined["code"],
        unseen=tuple(undetermined["attributes"]) if undetermined else (),
        seen={
            each["name"]: tuple(value["value"] for value in each["values"]) for each in document["attributes"]
        },
    )


def _estimate(document: dict[str, Any]) -> SizeEstimate:
    size, small = document["size"], document["too_small"]
    return SizeEstimate(
        units=size["units"],
        per_variant=tuple(size["per_variant"]),
        days=size["days"],
        expected_days=size["expected_days"],
        expected_days_without=size["expected_days_without_effect"],
        window_days=math.ceil((document["window_hours"] or 0) / 24),
        explained=1 - document["variance_left"],
        approximate=size["approximate"],
        detectable=tuple(_detectable(row["weeks"], row) for row in document["detectable"]),
        too_small=None if small is None else _too_small(small),
    )


def _too_small(small: dict[str, Any]) -> TooSmall:
    return TooSmall(
        most=_detectable(small["most_weeks"], small),
        daily_needed=small["daily_needed"],
        methods=tuple((other["method"], other["weeks"]) for other in small["methods"]),
        metrics=tuple((other["name"], other["weeks"]) for other in small["metrics"]),
    )


def _detectable(weeks: int, row: dict[str, Any]) -> Detectable:
    return Detectable(weeks, row["increase"], row["decrease"])
