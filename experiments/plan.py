"""The form of a plan: how the evidence of an experiment will be read."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from experiments.form import FieldValueError, Form

if TYPE_CHECKING:
    from stats.spending import Spending


class Method(StrEnum):
    """How the plan reads its evidence."""

    SEQUENTIAL = "sequential"
    GROUP_SEQUENTIAL = "group_sequential"
    FIXED = "fixed"
    BAYESIAN = "bayesian"


class SpendingFunction(StrEnum):
    """How planned looks spend the false-alarm rate."""

    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"
    KIM_DEMETS = "kim_demets"
    HWANG_SHIH_DECANI = "hwang_shih_decani"


class Futility(StrEnum):
    """Whether planned looks may stop because too little of the benefit shows, and whether they then must."""

    NON_BINDING = "non_binding"
    BINDING = "binding"


class CarryOver(StrEnum):
    """What becomes, in a new phase, of units that met an earlier one.

    Kept they are by default: they are divided anew whatever they saw, so it cannot make a difference where
    there is none; but it may blur one. Left out, the effect is that on newcomers alone.
    """

    KEEP = "keep"
    EXCLUDE = "exclude"


class LooksForm(Form):
    """How evidence is read, and by what looks where those are planned."""

    method: Method = Method.SEQUENTIAL
    looks: Annotated[int, Field(ge=1, le=50)] | None = None
    spending: SpendingFunction = SpendingFunction.OBRIEN_FLEMING
    spending_gamma: Annotated[float, Field(ge=-20, le=20, allow_inf_nan=False)] | None = None
    futility: Futility | None = None

    @model_validator(mode="after")
    def _check_looks(self) -> Self:
        if self.looks is not None and self.method is not Method.GROUP_SEQUENTIAL:
            raise FieldValueError(
                ("looks",), f"{self.looks} looks are planned, but only 'group_sequential' plans its looks"
            )
        if self.looks is None and self.spending is not SpendingFunction.OBRIEN_FLEMING:
            raise FieldValueError(
                ("spending",),
                f"'{self.spending.value}' spends alpha at planned looks; say how many in 'looks'",
            )
        if self.looks is None and self.futility is not None:
            raise FieldValueError(
                ("futility",), f"'{self.futility.value}' stops at planned looks; say how many in 'looks'"
            )
        return self

    @model_validator(mode="after")
    def _check_gamma(self) -> Self:
        gamma, spending = self.spending_gamma, self.spending
        has_gamma = spending in (SpendingFunction.KIM_DEMETS, SpendingFunction.HWANG_SHIH_DECANI)
        if gamma is not None and not has_gamma:
            raise FieldValueError(("spending_gamma",), f"'{spending.value}' has no gamma; leave it out")
        if gamma is None and has_gamma:
            raise FieldValueError(("spending_gamma",), f"'{spending.value}' needs its gamma")
        if spending is SpendingFunction.KIM_DEMETS and gamma is not None and gamma <= 0:
            raise FieldValueError(("spending_gamma",), f"{gamma:g} must be above 0 for '{spending.value}'")
        return self

    @property
    def spent_by(self) -> Spending:
        """The spending function of the looks."""
        # Whoever starts a server need not wait for the statistics.
        from stats.spending import Spending

        return Spending(self.spending.value, 1.0 if self.spending_gamma is None else self.spending_gamma)


class PlanForm(LooksForm):
    """How the evidence will be read; frozen at the start."""

    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    power: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    mde: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = None
    cuped: bool = True
    planned_units: Annotated[int, Field(ge=2, le=10**12)] | None = None
    exact: bool = False
    carry_over: CarryOver = CarryOver.KEEP

    @model_serializer(mode="wrap")
    def _leave_out(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What came later is left out where it says nothing, so that plans keep the seal they always had."""
        plan: dict[str, Any] = write(self)
        for name in ("exact", "spending", "spending_gamma", "futility", "carry_over"):
            if getattr(self, name) == type(self).model_fields[name].default:
                plan.pop(name, None)
        return plan

    @model_validator(mode="after")
    def _check_exact(self) -> Self:
        if self.exact and self.method is not Method.SEQUENTIAL:
            raise FieldValueError(("exact",), f"true, but a '{self.method}' plan has no exact reading")
        return self
