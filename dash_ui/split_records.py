"""What a change of a running split would do, as screens show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SplitPreview:
    """Another split, before it is made.

    Attributes:
        traffic: Share of the eligible shoppers that would take part.
        version: The phase that runs now.
        changed: Whether anything would differ.
        moves: Whether shoppers would get another variant, so that a new phase must begin.
        seen: Shoppers in the newest report.
        coming: By the name of a variant, the share of the eligible shoppers that comes to it.
    """

    traffic: float
    version: int
    changed: bool
    moves: bool
    seen: int
    coming: dict[str, float]

    @property
    def uneven(self) -> bool:
        """Whether shoppers come to some variants only, so that nobody compares them."""
        shares = [round(share, 4) for share in self.coming.values()]
        return any(shares) and not all(shares)
