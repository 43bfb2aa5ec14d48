"""The shapes of what storefronts report."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Identifier = Annotated[str, Meta(min_length=1, max_length=100)]
UnitId = Annotated[str, Meta(min_length=1, max_length=200)]
Moment = Annotated[datetime, Meta(tz=True)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Scalar = str | int | float | bool | None


class Exposure(msgspec.Struct, frozen=True, tag_field="type", tag="exposure"):
    """A unit met a variant of an experiment."""

    id: Identifier
    unit: UnitId
    experiment: Identifier
    variant: Identifier
    time: Moment | None = None
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)


class Conversion(msgspec.Struct, frozen=True, tag_field="type", tag="conversion"):
    """A unit did something that metrics may count; `value` is in `currency` where that is given."""

    id: Identifier
    unit: UnitId
    name: Identifier
    time: Moment | None = None
    value: float = 1.0
    currency: Currency | None = None
    properties: dict[str, Scalar] = msgspec.field(default_factory=dict)


Event = Exposure | Conversion
