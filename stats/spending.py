"""Error-spending functions: how much of its error a plan may have used up by an information rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.special import ndtr, ndtri

OBRIEN_FLEMING = "obrien_fleming"
POCOCK = "pocock"
KIM_DEMETS = "kim_demets"
HWANG_SHIH_DECANI = "hwang_shih_decani"


@dataclass(frozen=True, slots=True)
class Spending:
    """A named error-spending function.

    Attributes:
        name: `obrien_fleming`, `pocock` (both Lan & DeMets 1983), `kim_demets` (Kim & DeMets 1987),
            `hwang_shih_decani` (Hwang, Shih & DeCani 1990) or `user`.
        gamma: Parameter of the last two.
        function: For `user`: share of the error spent at an information rate, rising from 0 to 1.
    """

    name: str = OBRIEN_FLEMING
    gamma: float = 1.0
    function: Callable[[float], float] | None = None

    def spent(self, rate: float, error: float, sides: int = 1) -> float:
        """Error spent by an information rate between 0 and 1, of a total `error`.

        Args:
            rate: Information now over information planned; above 1 counts as 1.
            error: Total to spend, both sides together.
            sides: 1 or 2; the O'Brien-Fleming form depends on it.

        Raises:
            ValueError: The name is not known, or a user's function leaves 0 to 1.
        """
        if rate >= 1:
            return error
        if rate <= 0:
            return 0.0
        if self.name == OBRIEN_FLEMING:
            quantile = -float(ndtri(error / (2 * sides)))
            return float(2 * sides * ndtr(-quantile / math.sqrt(rate)))
        return error * self._share(rate)

    def _share(self, rate: float) -> float:
        if self.name == POCOCK:
            return math.log1p((math.e - 1) * rate)
        if self.name == KIM_DEMETS:
            return float(rate**self.gamma)
        if self.name == HWANG_SHIH_DECANI:
            if self.gamma == 0:
                return rate
            return math.expm1(-self.gamma * rate) / math.expm1(-self.gamma)
        if self.function is None:
            raise ValueError(f"spending function {self.name!r} is not known")
        share = self.function(rate)
        if not 0 <= share <= 1:
            raise ValueError(f"the spending function must stay between 0 and 1, got {share} at {rate}")
        return share
