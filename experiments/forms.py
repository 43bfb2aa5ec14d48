"""What people may define, validated alike for the API and the screens."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from assignment.conditions import JAVASCRIPT_WORDS, ConditionError
from assignment.targeting import check_condition
from experiments.form import FieldValueError, Form
from experiments.participation import (
    KEY_PATTERN,
    ExperimentRole,
    Holdout,
    Key,
    PrerequisiteForm,
    check_fallback,
    check_prerequisites,
    check_role,
)
from experiments.plan import PlanForm
from experiments.trigger import Trigger, check_trigger

__all__ = ["KEY_PATTERN", "ExperimentForm", "Key", "MetricForm"]

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Named = Annotated[str, Field(min_length=1, max_length=100)]
Title = Annotated[str, Field(min_length=1, max_length=200)]
WEIGHT_TOLERANCE = 1e-6
_YEARS = (2000, 2200)


def _in_reach(moment: datetime) -> datetime:
    if not _YEARS[0] <= moment.year < _YEARS[1]:
        raise ValueError(f"the year {moment.year} is out of reach; it must be {_YEARS[0]} to {_YEARS[1] - 1}")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]


def _as_page(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"'{address:.60}' is not the address of a page; it starts with https:// and a host")
    return address


PageAddress = Annotated[str, Field(max_length=2000), AfterValidator(_as_page)]


def checked_audience(audience: dict[str, Any]) -> dict[str, Any]:
    """The condition, when every door can decide by it.

    Raises:
        FieldValueError: It cannot be decided by; names the part.
    """
    try:
        check_condition(audience)
    except ConditionError as error:
        raise FieldValueError(tuple(error.path.split(".")) if error.path else (), error.message) from error
    return audience


class Surface(StrEnum):
    """What the experiment changes."""

    OFFER = "offer"
    LAYOUT = "layout"
    RECOMMENDATION = "recommendation"


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
            raise ValueError(f"'from' is {self.start:g}; it must be below 'to', {self.end:g}")
        return self


class RolesForm(Form):
    """Which metrics decide, which inform, which must not get worse."""

    primary: Annotated[list[Key], Field(max_length=50)] = Field(default_factory=list)
    secondary: Annotated[list[Key], Field(max_length=100)] = Field(default_factory=list)
    guardrails: Annotated[list[Key], Field(max_length=50)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _check_once(self) -> Self:
        seen: set[str] = set()
        for role, index, key in self.places():
            if key in seen:
                raise FieldValueError(
                    (role, index), f"metric '{key}' has more than one place; each metric has one role"
                )
            seen.add(key)
        return self

    def places(self) -> list[tuple[str, int, str]]:
        """Role, index in its list and key of every metric named."""
        lists = {"primary": self.primary, "secondary": self.secondary, "guardrails": self.guardrails}
        return [(role, index, key) for role, keys in lists.items() for index, key in enumerate(keys)]


class ExperimentForm(Form):
    """A whole experiment as people define it."""

    key: Key
    name: Title
    hypothesis: Annotated[str, Field(max_length=4000)] = ""
    surface: Surface = Surface.LAYOUT
    placement: Annotated[str, Field(max_length=200)] = ""
    hash_attribute: Named = "id"
    fallback_attribute: Annotated[
        Named | None,
        Field(description="Whose value is a person's id before login; they keep its variant."),
    ] = None
    variants: Annotated[list[VariantForm], Field(min_length=2, max_length=20)]
    traffic: Share = 1.0
    audience: dict[str, Any] = Field(default_factory=dict)
    layer: LayerForm | None = None
    prerequisites: Annotated[list[PrerequisiteForm], Field(max_length=10)] = Field(default_factory=list)
    role: ExperimentRole = ExperimentRole.EXPERIMENT
    holdout: Holdout = None
    metrics: RolesForm = Field(default_factory=RolesForm)
    plan: PlanForm = Field(default_factory=PlanForm)
    trigger: Trigger = None
    segments: Annotated[list[Named], Field(max_length=20)] = Field(default_factory=list)
    parent: Key | None = None
    preview_url: PageAddress | None = None
    start_at: Moment | None = None
    end_at: Moment | None = None

    @field_validator("key", "hash_attribute", "fallback_attribute")
    @classmethod
    def _check_name(cls, name: str | None) -> str | None:
        if name in JAVASCRIPT_WORDS:
            raise ValueError(f"'{name}' is a word that JavaScript has in every object; use another name")
        return name

    @field_validator("fallback_attribute")
    @classmethod
    def _check_fallback(cls, fallback: str | None, info: ValidationInfo) -> str | None:
        if fallback is not None and fallback == info.data.get("hash_attribute"):
            raise ValueError(f"'{fallback}' is the hash_attribute itself; the fallback must be another one")
        return fallback

    @field_validator("variants")
    @classmethod
    def _check_variants(cls, variants: list[VariantForm]) -> list[VariantForm]:
        keys = [variant.key for variant in variants]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"variant key '{key}' is used {keys.count(key)} times; keys must differ")
        total = sum(variant.weight for variant in variants)
        if abs(total - 1) > WEIGHT_TOLERANCE:
            raise ValueError(f"variant weights sum to {total:g}; they must sum to 1")
        return variants

    @field_validator("audience")
    @classmethod
    def _check_audience(cls, audience: dict[str, Any]) -> dict[str, Any]:
        return checked_audience(audience)

    @field_validator("prerequisites")
    @classmethod
    def _check_prerequisites(
        cls, prerequisites: list[PrerequisiteForm], info: ValidationInfo
    ) -> list[PrerequisiteForm]:
        return check_prerequisites(info.data.get("key"), prerequisites)

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        check_role(self)
        check_fallback(self)
        check_trigger(self)
        return self

    @field_validator("segments")
    @classmethod
    def _check_segments(cls, segments: list[str]) -> list[str]:
        for index, name in enumerate(segments):
            if name in segments[:index]:
                raise FieldValueError((index,), f"segment '{name}' is named twice")
        return segments

    @field_validator("parent")
    @classmethod
    def _check_parent(cls, parent: str | None, info: ValidationInfo) -> str | None:
        if parent is not None and parent == info.data.get("key"):
            raise ValueError(f"'{parent}' is the experiment itself; its parent must be another")
        return parent

    @field_validator("end_at")
    @classmethod
    def _check_end(cls, end_at: datetime | None, info: ValidationInfo) -> datetime | None:
        start_at = info.data.get("start_at")
        if end_at is not None and start_at is not None and end_at <= start_at:
            raise ValueError(f"{end_at.isoformat()} must be after start_at, {start_at.isoformat()}")
        return end_at


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

    event: Named
    field: Named | None = None


class CapForm(Form):
    """Winsorising, registered beforehand: by a value or by a quantile of all units."""

    value: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    quantile: Annotated[float, Field(gt=0.5, lt=1)] | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.value is None) == (self.quantile is None):
            raise ValueError("a cap is either 'value' or 'quantile'; give one of them")
        return self


Hours = Annotated[float, Field(le=24 * 730, allow_inf_nan=False)]
_FIELDS_OF_KIND: dict[MetricKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    MetricKind.PROPORTION: (("event",), ()),
    MetricKind.COUNT: (("event",), ("cap",)),
    MetricKind.MEAN: (("event", "field"), ("cap",)),
    MetricKind.RATIO: (("numerator", "denominator"), ("cap",)),
    MetricKind.QUANTILE: (("event", "field", "quantile"), ()),
    MetricKind.RETENTION: (("event", "from_hours", "to_hours"), ()),
}
_KIND_FIELDS = ("event", "field", "numerator", "denominator", "quantile", "from_hours", "to_hours", "cap")


class MetricForm(Form):
    """A metric as people define it; each kind has its own fields and refuses those of the others."""

    key: Key
    name: Title
    kind: MetricKind
    event: Named | None = None
    field: Named | None = None
    numerator: TermForm | None = None
    denominator: TermForm | None = None
    quantile: Annotated[float, Field(gt=0, lt=1)] | None = None
    from_hours: Annotated[Hours, Field(ge=0)] | None = None
    to_hours: Annotated[Hours, Field(gt=0)] | None = None
    direction: Literal["increase", "decrease"] = "increase"
    unit: Annotated[str, Field(max_length=20)] | None = None
    window_hours: Annotated[Hours, Field(gt=0)] | None = None
    cap: CapForm | None = None
    non_inferiority_margin: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.field is None and self.kind in (MetricKind.MEAN, MetricKind.QUANTILE):
            self.field = "value"
        needed, allowed = _FIELDS_OF_KIND[self.kind]
        for name in _KIND_FIELDS:
            given = getattr(self, name) is not None
            if name in needed and not given:
                raise FieldValueError((name,), f"a metric of kind '{self.kind.value}' needs '{name}'")
            if given and name not in needed and name not in allowed:
                raise FieldValueError((name,), f"a metric of kind '{self.kind.value}' has no '{name}'")
        return self

    @model_validator(mode="after")
    def _check_hours(self) -> Self:
        if self.from_hours is None or self.to_hours is None:
            return self
        if not self.from_hours < self.to_hours:
            raise FieldValueError(
                ("to_hours",), f"{self.to_hours:g} must be above from_hours, {self.from_hours:g}"
            )
        if self.window_hours is not None and self.window_hours < self.to_hours:
            raise FieldValueError(
                ("window_hours",), f"{self.window_hours:g} must not be below to_hours, {self.to_hours:g}"
            )
        return self
