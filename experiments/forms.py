"""What people may define, validated alike for the API and the screens."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from assignment.targeting import check_condition
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

KEY_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
Key = Annotated[str, Field(pattern=KEY_PATTERN.pattern, description="Lower-case letters, digits, - and _.")]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Form(BaseModel):
    """Refuses unknown fields and loose types, so that a typing error never goes unnoticed."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, str_strip_whitespace=True)


class Surface(StrEnum):
    """What the experiment changes."""

    OFFER = "offer"
    LAYOUT = "layout"
    RECOMMENDATION = "recommendation"


class Method(StrEnum):
    """How the plan reads its evidence."""

    SEQUENTIAL = "sequential"
    GROUP_SEQUENTIAL = "group_sequential"
    FIXED = "fixed"
    BAYESIAN = "bayesian"


class VariantForm(Form):
    """One variant, with the payload that the storefront receives."""

    key: Key
    name: Annotated[str, Field(max_length=200)] = ""
    weight: Share
    payload: dict[str, Any] = Field(default_factory=dict)


class LayerForm(Form):
    """A slice `[from, to)` of a layer; disjoint slices exclude one another."""

    name: Key
    start: Share = Field(alias="from")
    end: Share = Field(alias="to")

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if not self.start < self.end:
            raise ValueError(f"'from' {self.start} must be below 'to' {self.end}")
        return self


class RolesForm(Form):
    """Which metrics decide, which inform, which must not get worse."""

    primary: list[Key] = Field(default_factory=list)
    secondary: list[Key] = Field(default_factory=list)
    guardrails: list[Key] = Field(default_factory=list)

    @model_validator(mode="after")
    def _check_once(self) -> Self:
        named = self.primary + self.secondary + self.guardrails
        for key in named:
            if named.count(key) > 1:
                raise ValueError(f"metric '{key}' has more than one place; each metric has one role")
        return self


class PlanForm(Form):
    """How the evidence will be read; frozen at the start."""

    method: Method = Method.SEQUENTIAL
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    power: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    mde: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    cuped: bool = True
    looks: Annotated[int, Field(ge=1, le=50)] | None = None
    planned_units: Annotated[int, Field(ge=2)] | None = None


class ExperimentForm(Form):
    """A whole experiment as people define it."""

    key: Key
    name: Annotated[str, Field(min_length=1, max_length=200)]
    hypothesis: Annotated[str, Field(max_length=4000)] = ""
    surface: Surface = Surface.LAYOUT
    placement: Annotated[str, Field(max_length=200)] = ""
    hash_attribute: Annotated[str, Field(min_length=1, max_length=100)] = "id"
    variants: Annotated[list[VariantForm], Field(min_length=2, max_length=20)]
    traffic: Share = 1.0
    audience: dict[str, Any] = Field(default_factory=dict)
    layer: LayerForm | None = None
    metrics: RolesForm = Field(default_factory=RolesForm)
    plan: PlanForm = Field(default_factory=PlanForm)
    segments: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=20)] = (
        Field(default_factory=list)
    )
    parent: Key | None = None
    start_at: AwareDatetime | None = None
    end_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        keys = [variant.key for variant in self.variants]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"variant key '{key}' is used {keys.count(key)} times; keys must differ")
        total = sum(variant.weight for variant in self.variants)
        if abs(total - 1) > 1e-6:
            raise ValueError(f"variant weights sum to {total:g}; they must sum to 1")
        if self.start_at and self.end_at and self.end_at <= self.start_at:
            raise ValueError("end_at must be after start_at")
        check_condition(self.audience)
        return self


class MetricKind(StrEnum):
    """What a metric computes per exposed unit, or over all of them."""

    PROPORTION = "proportion"
    COUNT = "count"
    MEAN = "mean"
    RATIO = "ratio"
    QUANTILE = "quantile"
    RETENTION = "retention"


class TermForm(Form):
    """Numerator or denominator of a ratio: the sum of `field` over `event`, or its count."""

    event: Annotated[str, Field(min_length=1, max_length=100)]
    field: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class CapForm(Form):
    """Winsorising, registered beforehand: by a value or by a quantile of all units."""

    value: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    quantile: Annotated[float, Field(gt=0.5, lt=1)] | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.value is None) == (self.quantile is None):
            raise ValueError("give either 'value' or 'quantile'")
        return self


class MetricForm(Form):
    """A metric as people define it."""

    key: Key
    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: MetricKind
    event: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    field: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    numerator: TermForm | None = None
    denominator: TermForm | None = None
    quantile: Annotated[float, Field(gt=0, lt=1)] | None = None
    from_hours: Annotated[float, Field(ge=0)] | None = None
    to_hours: Annotated[float, Field(gt=0)] | None = None
    direction: Literal["increase", "decrease"] = "increase"
    unit: Annotated[str, Field(max_length=20)] | None = None
    window_hours: Annotated[float, Field(gt=0, le=24 * 730)] | None = None
    cap: CapForm | None = None
    non_inferiority_margin: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
