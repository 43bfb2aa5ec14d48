"""What screens show of the shop's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

KINDS: tuple[str, ...] = ("holiday", "sale", "promotion", "release", "stock", "note")


@dataclass(frozen=True, slots=True)
class CalendarMark:
    """Something that happens in the shop, or around it, on some days.

    Attributes:
        kind: One of `KINDS`.
        first: First day.
        last: Last day, inclusive.
        experiment: The one experiment that it concerns; `None` for the whole shop.
        factor: Traffic expected on each of the days against an ordinary day; `None` for as usual.
        actor: Who wrote it down.
    """

    id: int
    kind: str
    name: str
    first: date
    last: date
    experiment: str | None = None
    factor: float | None = None
    actor: str = ""

    @property
    def days(self) -> int:
        """How many days it lasts."""
        return (self.last - self.first).days + 1
