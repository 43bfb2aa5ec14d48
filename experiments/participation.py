"""What an experiment says of who may take part beside its audience: other experiments and the holdout."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from experiments.documents import shown
from experiments.form import FieldValueError, Form

if TYPE_CHECKING:
    from experiments.forms import ExperimentForm

KEY_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
Key = Annotated[str, Field(pattern=KEY_PATTERN.pattern, description="Lower-case letters, digits, - and _.")]


class ExperimentRole(StrEnum):
    """Whether it tests a change, or holds shoppers out of all tests to measure what testing brings."""

    EXPERIMENT = "experiment"
    HOLDOUT = "holdout"


class PrerequisiteForm(Form):
    """Only who takes part in another experiment with one of these variants takes part."""

    experiment: Key
    variants: Annotated[list[Key], Field(min_length=1, max_length=20)]

    @field_validator("variants")
    @classmethod
    def _check_once(cls, variants: list[str]) -> list[str]:
        for index, key in enumerate(variants):
            if key in variants[:index]:
                raise FieldValueError((index,), f"variant '{key}' is named twice")
        return variants


def _as_holdout(value: Any) -> Any:
    if value is None or value is False or (isinstance(value, str) and KEY_PATTERN.fullmatch(value)):
        return value
    raise ValueError(
        f"{shown(value)} is neither the key of a holdout, nor null for the one that runs, nor false for none"
    )


Holdout = Annotated[
    str | Literal[False] | None,
    BeforeValidator(_as_holdout),
    Field(description="Key of the holdout it belongs to; null: the one that runs at the start; false: none."),
]


def check_prerequisites(key: str | None, prerequisites: list[PrerequisiteForm]) -> list[PrerequisiteForm]:
    """The list, when no experiment is named twice or builds on itself.

    Raises:
        FieldValueError: Naming the place in the list.
    """
    named: set[str] = set()
    for index, item in enumerate(prerequisites):
        if item.experiment in named:
            message = f"'{item.experiment}' is named twice; put its variants in one list"
            raise FieldValueError((index, "experiment"), message)
        if item.experiment == key:
            raise FieldValueError((index, "experiment"), f"'{key}' is the experiment itself; name another")
        named.add(item.experiment)
    return prerequisites


def check_fallback(form: ExperimentForm) -> None:
    """Refuses a fallback attribute beside a slice of a layer, which only the hash attribute can be in.

    Raises:
        FieldValueError: Naming the field.
    """
    if form.fallback_attribute is not None and form.layer is not None:
        message = f"a layer keeps out who lacks '{form.hash_attribute}', so a fallback would let nobody in"
        raise FieldValueError(("fallback_attribute",), message)


def check_role(form: ExperimentForm) -> None:
    """Refuses a holdout that is not a plain split of the whole shop.

    Every experiment gets the holdout as one gate on the hash; an audience, a layer or less traffic would
    make shoppers neither held out nor let in.

    Raises:
        FieldValueError: Naming the field.
    """
    if form.role is not ExperimentRole.HOLDOUT:
        return
    if len(form.variants) != 2:
        found = f"{len(form.variants)} variants; a holdout has two: who is held out, and everyone else"
        raise FieldValueError(("variants",), found)
    for field, given, rule in (
        ("fallback_attribute", form.fallback_attribute is not None, "null, for nobody may change sides"),
        ("traffic", form.traffic < 1, "1, for all shoppers are held out or not"),
        ("audience", bool(form.audience), "empty, for it holds out of every experiment alike"),
        ("layer", form.layer is not None, "null, for it must not exclude experiments"),
        ("prerequisites", bool(form.prerequisites), "empty, for it builds on nothing"),
        ("holdout", isinstance(form.holdout, str), "null or false, for it is a holdout itself"),
    ):
        if given:
            raise FieldValueError((field,), f"of a holdout must be {rule}")
