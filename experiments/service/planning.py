"""How long a plan takes and what it can show, from what the shop knows of its metrics and traffic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from assignment.errors import FieldError
from experiments.documents import shown
from experiments.forms import ExperimentForm, MetricForm
from experiments.outcomes import window_hours
from experiments.plan import Method
from experiments.requests import PlanRequest
from experiments.service.baselines import REPORT, Known, at_hand, known_of
from experiments.service.lookup import find_metric
from experiments.service.reach import daily_reach
from experiments.service.records import metric_form
from experiments.validation import invalid
from stats.outlook import Outcome
from stats.power import Question, SizePlan, detectable_effect, expect, plan_size, power_curve

Document = dict[str, Any]
DEFAULT = "the default, as "
DEFAULT_UNITS = 20_000
MOST_UNITS = 10**9
MOST_WEEKS = 26
"""A plan that takes longer is called too small to test: the shop changes more than its variants do."""
SHOWN_WEEKS = (2, 4, 8)
CURVE = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Effects of the power curve, as shares of the planned one."""
NEARER = 3


def plan_document(session: Session, request: PlanRequest) -> Document:
    """Sizes, duration, detectable effects, expected end and power of a plan, or what would be needed.

    Raises:
        ProefwerkError: 404 for a metric that does not exist; 422 naming what cannot be planned with.
    """
    form = metric_form(find_metric(session, request.metric)) if request.metric is not None else None
    known = known_of(session, form) if form is not None else None
    question = _question(request, form, known)
    reached = None if request.reach is None else daily_reach(session, request.reach)
    daily = request.daily or reached or (known.daily if known is not None else None)
    document: Document = {
        "metric": request.metric,
        "kind": question.outcome.kind,
        "mean": question.outcome.mean,
        "std": question.outcome.std or None,
        "variance_left": question.variance_left,
        "baseline": None if known is None else known.document(),
        "method": question.method,
        "alpha": question.alpha,
        "power": question.power,
        "looks": question.looks,
        "shares": list(question.weights),
        "comparisons": question.comparisons,
        "effect": request.effect,
        "daily": daily,
        "window_hours": None if form is None else window_hours(form),
        "size": None,
        "detectable": _detectable(question, daily),
        "power_curve": [],
        "too_small": None,
    }
    if request.effect is not None:
        size = _size(question, request.effect)
        document["size"] = _size_document(size, daily)
        document["power_curve"] = _curve(question, size)
        document["too_small"] = _too_small(session, request, question, size, daily)
    return document


def planned_units(
    session: Session, form: ExperimentForm, metrics: Mapping[str, MetricForm]
) -> tuple[int | None, str]:
    """Units over all variants, and why so many, as the end of a sentence.

    With a smallest effect worth detecting, and a history or report that shows what the primary metrics are
    like, it is the number that finds that effect on each of them. Otherwise it is the default for a plan that
    cannot be read without a size, and nothing for one that can: a size that nobody decided upon would cost
    power at every other.
    """
    default = None if form.plan.method is Method.SEQUENTIAL else DEFAULT_UNITS
    said = "" if default is None else DEFAULT
    if form.plan.mde is None:
        return default, f"{said}the plan names no smallest effect"
    sizes = []
    for key in form.metrics.primary:
        known = known_of(session, metrics[key])
        if known is not None:
            try:
                size = plan_size(_question_of(form, known), wanted(metrics[key], form.plan.mde))
            except ValueError:
                continue
            sizes.append((size.units, key, known))
    if not sizes:
        first = shown(form.metrics.primary[0])
        return default, f"{said}neither events nor reports show what metric {first} is like"
    units, key, known = max(sizes, key=lambda each: each[0])
    why = f"what an effect of {form.plan.mde:.4g} on {shown(key)} needs by {_origin(known)}"
    return max(2, min(units, MOST_UNITS)), why


def family_size(form: ExperimentForm) -> int:
    """Comparisons that share alpha: primary metrics times treatments."""
    return max(len(form.metrics.primary), 1) * (len(form.variants) - 1)


def wanted(metric: MetricForm, mde: float) -> float:
    """The smallest effect worth detecting with its sign: downwards for a metric of which less is better."""
    return -mde if metric.direction == "decrease" and mde < 1 else mde


def _origin(known: Known) -> str:
    if known.source == REPORT:
        return f"the control of {shown(known.experiment)}"
    return f"{known.units} units of the shop up to {known.until.date().isoformat()}"


def _question_of(form: ExperimentForm, known: Known) -> Question:
    plan = form.plan
    return Question(
        outcome=known.outcome if plan.cuped else replace(known.outcome, left=1.0),
        shares=tuple(variant.weight for variant in form.variants),
        method=plan.method.value,
        alpha=plan.alpha,
        power=plan.power,
        looks=plan.looks,
        comparisons=family_size(form),
        spending=plan.spent_by,
        futility=plan.futility.value if plan.futility else None,
        exact=plan.exact,
    )


def _question(request: PlanRequest, form: MetricForm | None, known: Known | None) -> Question:
    shares = tuple(request.shares)
    try:
        return Question(
            outcome=_outcome(request, form, known),
            shares=shares,
            method=request.method.value,
            alpha=request.alpha,
            power=request.power,
            looks=request.looks,
            comparisons=request.comparisons or len(shares) - 1,
            spending=request.spent_by,
            futility=request.futility.value if request.futility else None,
            exact=request.exact,
        )
    except ValueError as error:
        raise invalid(FieldError(str(error).split(" ", 1)[0], str(error))) from error


def _outcome(request: PlanRequest, form: MetricForm | None, known: Known | None) -> Outcome:
    """What the shop knows of the metric, with what the request says in its place."""
    if known is None:
        kind = form.kind if form is not None else request.kind
        assert kind is not None
        if request.mean is None:
            rule = f"missing; neither events nor reports show what metric {shown(request.metric)} is like"
            raise invalid(FieldError("mean", rule))
        return Outcome(kind.value, request.mean, request.std or 0.0)
    outcome = known.outcome if request.cuped else replace(known.outcome, left=1.0)
    if request.mean is not None:
        outcome = replace(outcome, mean=request.mean)
    return outcome if request.std is None else replace(outcome, std=request.std)


def _size(question: Question, effect: float) -> SizePlan:
    try:
        return plan_size(question, effect)
    except ValueError as error:
        raise invalid(FieldError("effect", str(error))) from error


def _size_document(size: SizePlan, daily: float | None) -> Document:
    return {
        "units": size.units,
        "per_variant": list(size.per_variant),
        "fixed_units": size.fixed_units,
        "days": _days(size.units, daily),
        "weeks": _weeks(size.units, daily),
        "expected_units": size.expected_units,
        "expected_days": _days(size.expected_units, daily),
        "expected_units_without_effect": size.expected_units_without,
        "expected_days_without_effect": _days(size.expected_units_without, daily),
        "absolute_effect": size.absolute_effect,
        "approximate": size.rough,
    }


def _detectable(question: Question, daily: float | None) -> list[Document]:
    if daily is None:
        return []
    return [{"weeks": weeks, **_found(question, daily * 7 * weeks)} for weeks in SHOWN_WEEKS]


def _found(question: Question, units: float) -> Document:
    """The smallest lift and drop that so many units show; `None` where they show none."""
    whole = max(units, 1.0)
    lift, drop = (detectable_effect(question, whole, direction) for direction in (1, -1))
    return {
        "units": math.floor(whole),
        "increase": lift if math.isfinite(lift) else None,
        "decrease": drop if math.isfinite(drop) else None,
    }


def _curve(question: Question, size: SizePlan) -> list[Document]:
    effects = [size.relative_effect * share for share in CURVE]
    if question.outcome.kind in ("proportion", "retention"):
        effects = [effect for effect in effects if 0 <= question.outcome.mean * (1 + effect) <= 1]
    powers = power_curve(question, size.units, effects)
    return [{"effect": effect, "power": power} for effect, power in zip(effects, powers, strict=True)]


def _too_small(
    session: Session, request: PlanRequest, question: Question, size: SizePlan, daily: float | None
) -> Document | None:
    """What would be needed, where the plan takes more than `MOST_WEEKS`; `None` where it does not."""
    weeks = _weeks(size.units, daily)
    if daily is None or weeks is None or weeks <= MOST_WEEKS:
        return None
    most = daily * 7 * MOST_WEEKS
    return {
        "most_weeks": MOST_WEEKS,
        **_found(question, most),
        "daily_needed": math.ceil(size.units / (7 * MOST_WEEKS)),
        "methods": _other_methods(question, size.relative_effect, daily, most),
        "metrics": _other_metrics(session, request, question, size.relative_effect, daily, most),
        "power": expect(question, most, size.relative_effect).power,
    }


def _other_methods(question: Question, effect: float, daily: float, most: float) -> list[Document]:
    """Methods that would end in time, shortest first; a posterior is no answer to the same question."""
    found = []
    for method in (Method.GROUP_SEQUENTIAL, Method.FIXED):
        units = plan_size(replace(question, method=method.value, looks=None), effect).units
        if method.value != question.method and units <= most:
            found.append({"method": method.value, "units": units, "weeks": _weeks(units, daily)})
    return sorted(found, key=lambda each: each["units"])


def _other_metrics(
    session: Session, request: PlanRequest, question: Question, effect: float, daily: float, most: float
) -> list[Document]:
    """Metrics of the shop that would show as large a relative effect in time, shortest first."""
    found: list[Document] = []
    for form, known in at_hand(session):
        outcome = known.outcome if request.cuped else replace(known.outcome, left=1.0)
        own = wanted(form, abs(effect))
        try:
            other = replace(question, outcome=outcome)
            if form.key == request.metric or expect(other, most, own).power < question.power:
                continue
            units = plan_size(other, own).units
        except ValueError:
            continue
        weeks = _weeks(units, daily)
        found.append({"metric": form.key, "name": form.name, "units": units, "weeks": weeks})
    return sorted(found, key=lambda each: each["units"])[:NEARER]


def _days(units: float, daily: float | None) -> int | None:
    return None if daily is None else math.ceil(units / daily)


def _weeks(units: float, daily: float | None) -> int | None:
    return None if daily is None else math.ceil(units / daily / 7)
