"""What every form has in common: it is strict, and its refusals name a field."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class FieldValueError(ValueError):
    """A refusal by a rule of the whole form that concerns the field at `place`, relative to the form."""

    def __init__(self, place: tuple[str | int, ...], message: str) -> None:
        super().__init__(message)
        self.place = place


class Form(BaseModel):
    """Refuses unknown fields and loose types, so that a typing error never goes unnoticed."""

    model_config = ConfigDict(
        extra="forbid", validate_by_name=True, validate_by_alias=True, str_strip_whitespace=True
    )
