"""How experiments share the shoppers, as the screens know it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a key that people know by a name."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class FreePart:
    """A part of a layer that nobody holds, from 0 to 1."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class HeldSlice:
    """The part of a layer that an experiment holds, from 0 to 1."""

    experiment: Named
    status: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class LayerPicture:
    """A layer: who holds which part, in order, and what is free."""

    name: str
    held: tuple[HeldSlice, ...]
    free: tuple[FreePart, ...]


@dataclass(frozen=True, slots=True)
class Holdout:
    """A share of the shoppers whom the experiments inside leave alone.

    Attributes:
        share: Of the shoppers that is held out, 0 to 1.
        inside: Experiments that belong to it.
        outside: Started experiments that touch the held-out too.
    """

    key: str
    name: str
    status: str
    hash_attribute: str
    share: float
    inside: tuple[Named, ...]
    outside: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Parent:
    """An experiment that another may build on, with its variants."""

    key: str
    name: str
    status: str
    variants: tuple[Named, ...]
