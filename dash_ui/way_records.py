"""What a way of reading takes for granted, and what holds over all experiments, as plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumption:
    """What the deciding way takes for granted, held against the data."""

    code: str
    met: bool
    value: float | None
    needed: float


@dataclass(frozen=True, slots=True)
class Together:
    """All running experiments under one correction.

    Attributes:
        experiments: How many there are.
        results: Their primary results.
        holding: How many of those hold.
        alpha: Largest expected share of false alarms among them.
        own: Which of this experiment hold, as metric and variant.
    """

    experiments: int
    results: int
    holding: int
    alpha: float
    own: tuple[tuple[str, str], ...]
