"""How much information units carry while outcomes still come in: time is information, not units."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LATENESS = 4
"""Power of the matured share that tells the plan's time where units stand still."""
AHEAD = 2.0
"""How far the plan's clock may run ahead of the matured share while units keep coming."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Shares of a unit's information that count; numbers or arrays of one shape.

    Attributes:
        share: For a boundary that holds for ever.
        plan: For a boundary that ends at the planned size. A clock that runs ahead of the information makes
            that boundary too low.
    """

    share: ArrayLike = 1.0
    plan: ArrayLike = 1.0

    @classmethod
    def steady(cls, matured: ArrayLike) -> Clock:
        """While units keep coming, their number tells the time; the plan's waits for half of the windows.

        Args:
            matured: Mean share of the units' windows that has passed.
        """
        return cls(1.0, np.minimum(np.asarray(matured, dtype=np.float64) * AHEAD, 1.0))

    @classmethod
    def still(cls, matured: ArrayLike) -> Clock:
        """Where all units are there and outcomes come, nobody knows how much is still to come.

        The plan's time is a high power of the share that has passed. It ends at the same moment.

        Args:
            matured: As above; above 1 where there is no window and more time has passed than an ordinary one.
        """
        share = np.maximum(np.asarray(matured, dtype=np.float64), 1e-9)
        return cls(share, share**LATENESS)

    def __post_init__(self) -> None:
        """Refuse shares that mean nothing."""
        for name, value in (("share", self.share), ("plan", self.plan)):
            numbers = np.asarray(value, dtype=np.float64)
            if not ((numbers >= 0) & (numbers < math.inf)).all():
                raise ValueError(f"{name} of the clock must be finite and at least 0, got {value}")

    @property
    def numbers(self) -> tuple[float, float]:
        """Both shares of a single clock, as numbers."""
        return float(np.asarray(self.share)), float(np.asarray(self.plan))

    def time(self, units: ArrayLike, planned_units: float) -> Floats:
        """The clock of a boundary that holds for ever, in planned sizes."""
        now = np.asarray(units, dtype=np.float64) * np.asarray(self.share, dtype=np.float64)
        return np.asarray(now / planned_units, dtype=np.float64)

    def rate(self, units: ArrayLike, planned_units: float) -> Floats:
        """Information now over information planned."""
        now = np.asarray(units, dtype=np.float64) * np.asarray(self.plan, dtype=np.float64)
        return np.asarray(now / planned_units, dtype=np.float64)


FINAL = Clock()
"""Every outcome is final when its unit comes."""
