"""The shapes in which doors and their memory speak of the variants that people keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from assignment.growthbook.sticky import assignment_name


class Stay(NamedTuple):
    """A variant that is to be kept.

    Attributes:
        experiment: Key.
        version: Its phase.
        variant: Key; it holds for those of the units that have none in this phase.
        units: Ids of one person, the one that is hashed first.
    """

    experiment: str
    version: int
    variant: str
    units: tuple[str, ...]

    @property
    def name(self) -> str:
        """What sticky bucket documents call the experiment's phase."""
        return assignment_name(self.experiment, self.version)


Kept = Mapping[str, Mapping[str, str]]
"""By unit: variant keys by `Stay.name`."""
