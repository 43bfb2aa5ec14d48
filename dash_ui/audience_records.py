"""What screens show of saved audiences."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AudienceUse:
    """An experiment that started from an audience.

    Attributes:
        key: Of the experiment.
        name: Of the experiment.
        same: Whether it has the audience as it is now.
    """

    key: str
    name: str
    status: str
    same: bool


@dataclass(frozen=True, slots=True)
class SavedAudience:
    """A condition on shoppers under a name.

    Attributes:
        owner: Name, or else the address, of who made it.
        updated_at: When it last changed.
        used_by: Experiments that have its condition, or one that it had before.
    """

    key: str
    name: str
    description: str
    condition: dict[str, Any]
    archived: bool
    owner: str
    updated_at: datetime
    used_by: tuple[AudienceUse, ...] = field(default=())
