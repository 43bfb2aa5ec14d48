"""A memory of people's variants for tests of the doors, which may go away or be beaten by another process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from assignment.errors import ProefwerkError
from assignment.stays import Kept, Stay


class Memory:
    """Keeps what it is told in a dictionary, by the rules of `assignment.api.doors.StickyStore`.

    Attributes:
        kept: By unit: variant keys by `Stay.name`.
        is_away: Whether it cannot be reached.
        before_keeping: Done first when something is to be kept, as another process may.
        asked: How often it was asked anything.
    """

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {}
        self.is_away = False
        self.before_keeping: Callable[[], object] = lambda: None
        self.asked = 0

    def recall(self, units: Collection[str], names: Collection[str]) -> tuple[Kept, bool]:
        self.asked += 1
        return ({}, False) if self.is_away else (self._of(units), True)

    def keep(self, stays: Sequence[Stay]) -> Kept:
        self.asked += 1
        self.before_keeping()
        if self.is_away:
            raise ProefwerkError(503, "database_unavailable", "It is away.")
        for stay in stays:
            had = [self.kept.get(unit, {}).get(stay.name) for unit in stay.units]
            variant = next((each for each in had if each is not None), stay.variant)
            for unit in stay.units:
                self.kept.setdefault(unit, {}).setdefault(stay.name, variant)
        return self._of({unit for stay in stays for unit in stay.units})

    def _of(self, units: Collection[str]) -> dict[str, dict[str, str]]:
        return {unit: dict(self.kept.get(unit, {})) for unit in units}
