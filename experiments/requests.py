"""What people send along with an action."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from experiments.bots import Says
from experiments.calendar_models import CalendarKind
from experiments.form import FieldValueError, Form
from experiments.forms import Key, LayerForm, MetricKind, Named, Share, Title, checked_audience
from experiments.participation import Holdout, PrerequisiteForm
from experiments.plan import CarryOver, LooksForm, Method
from experiments.rates import CURRENCY


class Decision(StrEnum):
    """What becomes of an experiment that stops."""

    SHIP = "ship"
    ROLLBACK = "rollback"
    INCONCLUSIVE = "inconclusive"


class StopForm(Form):
    """How an experiment ends; `variant` is what everyone gets from then on, when it ships."""

    decision: Decision
    variant: Key | None = None
    note: Annotated[str, Field(max_length=4000)] = ""


class PhaseForm(Form):
    """Whether a change may open a new phase, in which all shoppers are divided anew, and why."""

    new_phase: bool = False
    phase_reason: Annotated[str, Field(max_length=4000)] = ""
    carry_over: CarryOver | None = None


class CommentForm(Form):
    """Words for an experiment's journal."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]


class ReachRequest(Form):
    """Whom an experiment would let in, as an experiment says it."""

    audience: dict[str, Any] = Field(default_factory=dict)
    hash_attribute: Named = "id"
    layer: LayerForm | None = None
    traffic: Share = 1.0
    holdout: Holdout = None
    prerequisites: Annotated[list[PrerequisiteForm], Field(max_length=20)] = Field(default_factory=list)

    @field_validator("audience")
    @classmethod
    def _check_audience(cls, audience: dict[str, Any]) -> dict[str, Any]:
        return checked_audience(audience)


Positive = Annotated[float, Field(gt=0, le=1e15, allow_inf_nan=False)]
Finite = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]


class PlanRequest(LooksForm):
    """What is to be planned: a metric of the shop, or one described by its moments."""

    metric: Key | None = None
    kind: MetricKind | None = None
    mean: Finite | None = None
    std: Positive | None = None
    effect: Annotated[float, Field(gt=-1, le=100, allow_inf_nan=False)] | None = None
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    power: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    shares: Annotated[list[Positive], Field(min_length=2, max_length=20)] = Field(
        default_factory=lambda: [0.5, 0.5]
    )
    comparisons: Annotated[int, Field(ge=1, le=1000)] | None = None
    daily: Positive | None = None
    cuped: bool = True
    exact: bool = False
    reach: ReachRequest | None = None

    @model_validator(mode="after")
    def _check_metric(self) -> Self:
        if self.metric is None and self.kind is None:
            raise FieldValueError(("metric",), "missing; name a metric, or give 'kind' and 'mean'")
        if self.metric is not None and self.kind is not None:
            raise FieldValueError(("kind",), f"the metric '{self.metric}' has its own kind; give one of them")
        if self.exact and self.method is not Method.SEQUENTIAL:
            raise FieldValueError(("exact",), f"true, but a '{self.method}' plan has no exact reading")
        shares = self.kind in (MetricKind.PROPORTION, MetricKind.RETENTION)
        for name, value in (("mean", self.mean), ("std", self.std)):
            if self.kind is not None and value is None and not (name == "std" and shares):
                raise FieldValueError((name,), f"missing; the kind '{self.kind.value}' is planned by it")
        return self

    @field_validator("effect")
    @classmethod
    def _check_effect(cls, effect: float | None) -> float | None:
        if effect == 0:
            raise ValueError("0 cannot be found; it must be above or below 0")
        return effect


class BotForm(Form):
    """What somebody says of a unit or of a rule: that it is a bot, or that it is none."""

    unit: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    rule: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    says: Says = Says.BOT
    note: Annotated[str, Field(max_length=4000)] = ""

    @model_validator(mode="after")
    def _check_subject(self) -> Self:
        if (self.unit is None) == (self.rule is None):
            raise FieldValueError(("unit",), "name either a 'unit' or a 'rule'")
        if self.rule is not None and self.says is not Says.SHOPPER:
            raise FieldValueError(("says",), "of a rule it can only be said that its bots are 'shopper'")
        return self


def _in_calendar(day: date) -> date:
    if not 2000 <= day.year < 2200:
        raise ValueError(f"{day.isoformat()} is out of reach; its year must be 2000 to 2199")
    return day


CalendarDay = Annotated[date, AfterValidator(_in_calendar)]


class AudienceForm(Form):
    """An audience under a name; experiments that start from it take a copy of its condition."""

    key: Key
    name: Title
    description: Annotated[str, Field(max_length=4000)] = ""
    condition: dict[str, Any] = Field(default_factory=dict)
    archived: bool = False

    @field_validator("condition")
    @classmethod
    def _check_condition(cls, condition: dict[str, Any]) -> dict[str, Any]:
        return checked_audience(condition)


class MetricMarksForm(Form):
    """What is said of a metric apart from its definition; `certified` is said by whoever sends it."""

    certified: bool = False
    archived: bool = False


class CalendarForm(Form):
    """Something in the shop's calendar; without `ends_on` of one day, without `experiment` of the whole shop.

    `factor` is the traffic expected on each of the days against an ordinary day.
    """

    kind: CalendarKind
    name: Annotated[str, Field(min_length=1, max_length=200)]
    starts_on: CalendarDay
    ends_on: CalendarDay | None = None
    experiment: Key | None = None
    factor: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = None

    @property
    def last(self) -> date:
        """The last day, inclusive."""
        return self.ends_on or self.starts_on

    @model_validator(mode="after")
    def _check_days(self) -> Self:
        if self.last < self.starts_on:
            message = f"{self.last.isoformat()} is before the first day, {self.starts_on.isoformat()}"
            raise FieldValueError(("ends_on",), message)
        return self


Unit = Annotated[str, Field(min_length=1, max_length=200)]


class ErasureForm(Form):
    """Whom to erase: ids of one person; with `alone`, not the ids that links tie to them."""

    ids: Annotated[list[Unit], Field(min_length=1, max_length=100)]
    alone: bool = False


class BotLimitForm(Form):
    """How many events an hour are too many for a shopper; null is no limit."""

    events_per_hour: Annotated[int, Field(ge=10, le=1_000_000)] | None


def _as_currency(code: str) -> str:
    if not CURRENCY.match(code):
        raise ValueError(f"'{code:.20}' is not a currency: three capital letters such as EUR")
    return code


def _as_rate(text: str) -> str:
    if not _DECIMAL.fullmatch(text) or not Decimal(text) > 0:
        raise ValueError(
            f"'{text:.40}' is not a rate: a decimal number above 0 such as 1.0842, as text, with at most "
            "15 digits on either side"
        )
    return text


CurrencyCode = Annotated[str, AfterValidator(_as_currency)]
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")


class RateForm(Form):
    """How many of `currency` make one of `base` on a UTC day, as decimal text."""

    base: CurrencyCode
    currency: CurrencyCode
    day: date
    rate: Annotated[str, AfterValidator(_as_rate)]

    @model_validator(mode="after")
    def _check_pair(self) -> Self:
        if self.base == self.currency:
            raise FieldValueError(("currency",), f"'{self.currency}' is the base itself; it must be another")
        if not 1990 <= self.day.year < 2200:
            message = f"{self.day.isoformat()} is out of reach; its year must be 1990 to 2199"
            raise FieldValueError(("day",), message)
        return self


class RatesForm(Form):
    """Rates to enter together; a reason makes changes of locked ones corrections."""

    rates: Annotated[list[RateForm], Field(min_length=1, max_length=5_000)]
    correction: Annotated[str, Field(min_length=1, max_length=4000)] | None = None


ColumnName = Annotated[str, Field(min_length=1, max_length=200)]


class ReconcileForm(Form):
    """How a file of orders is read, and what it is reconciled with; columns by what they hold."""

    metric: Key | None = None
    match: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    timezone: Annotated[str, Field(min_length=1, max_length=60)] = "UTC"
    order: ColumnName | None = None
    unit: ColumnName | None = None
    time: ColumnName | None = None
    value: ColumnName | None = None
    currency: ColumnName | None = None
    consent: ColumnName | None = None

    def columns(self) -> dict[str, str]:
        """Which columns were named."""
        names = ("order", "unit", "time", "value", "currency", "consent")
        return {name: said for name in names if (said := getattr(self, name)) is not None}
