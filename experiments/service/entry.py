"""What lies between an audience and taking part: traffic, layers, the holdout, and other experiments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, select

from assignment.errors import FieldError
from experiments.lifecycle import LIVE
from experiments.models import Experiment
from experiments.participation import PrerequisiteForm
from experiments.requests import ReachRequest
from experiments.service.relations import running_holdout
from experiments.validation import invalid

Document = dict[str, Any]
_LIVE = tuple(status.value for status in LIVE)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who of an audience an experiment would let in.

    Attributes:
        traffic: Share of the audience that the experiment takes.
        layer: Width of its own slice; 1 without one.
        holdout: Share that the holdout leaves.
        prerequisites: Share that has a variant that is asked for, and a place in the layers of all, among
            those in the experiment's own slice and in every parent's audience.
        audiences: Of the experiments that it builds on.
    """

    traffic: float
    layer: float
    holdout: float
    prerequisites: float
    audiences: tuple[Document, ...]

    @property
    def all(self) -> float:
        """Share that all of them leave."""
        return self.traffic * self.layer * self.holdout * self.prerequisites


def entry_of(session: Session, request: ReachRequest) -> Entry:
    """What stands before an experiment, by the expected share of the hash that each leaves.

    Hashes under different seeds are independent, so shares multiply; in one layer a unit has one place, so
    slices of one layer intersect.

    Raises:
        ProefwerkError: 422 for a prerequisite that is not there.
    """
    parents = tuple(_parents(session, request.prerequisites))
    slices: dict[tuple[str, str], tuple[float, float]] = {}
    own = 1.0
    if request.layer is not None:
        own = request.layer.end - request.layer.start
        slices[request.hash_attribute, request.layer.name] = (request.layer.start, request.layer.end)
    share = 1.0
    for parent, variants in parents:
        share *= _share(parent, variants)
        if parent.layer_name is not None and parent.status in _LIVE:
            place = (parent.hash_attribute, parent.layer_name)
            start, end = slices.get(place, (0.0, 1.0))
            slices[place] = (max(start, parent.layer_from or 0.0), min(end, parent.layer_to or 0.0))
    widths = math.prod(max(end - start, 0.0) for start, end in slices.values())
    return Entry(
        traffic=request.traffic,
        layer=own,
        holdout=_left_by_holdout(session, request, [parent for parent, _ in parents]),
        prerequisites=share * (widths / own if own > 0 else 0.0),
        audiences=tuple(
            parent.audience for parent, _ in parents if parent.audience and parent.status in _LIVE
        ),
    )


def _parents(
    session: Session, asked: Sequence[PrerequisiteForm], place: str = "prerequisites"
) -> Iterator[tuple[Experiment, Sequence[str]]]:
    """The experiments that are built on, and those that these build on; cycles are refused elsewhere."""
    seen: set[str] = set()
    waiting = [
        (f"{place}.{index}.experiment", item.experiment, item.variants) for index, item in enumerate(asked)
    ]
    while waiting:
        field, key, variants = waiting.pop()
        parent = session.exec(select(Experiment).where(Experiment.key == key)).first()
        if parent is None:
            raise invalid(FieldError(field, f"there is no experiment '{key}'"))
        yield parent, variants
        if key not in seen and parent.status in _LIVE:
            waiting += [(field, each["experiment"], each["variants"]) for each in parent.prerequisites or ()]
        seen.add(key)


def _share(parent: Experiment, variants: Sequence[str]) -> float:
    """Share of those whom a parent divides that has one of these variants; all, once it shipped one."""
    if parent.status not in _LIVE:
        return 1.0 if parent.decision == "ship" and parent.decision_variant in variants else 0.0
    weights = {variant.key: variant.weight for variant in parent.variants}
    total = sum(weights.values())
    return parent.traffic * sum(weights.get(key, 0.0) for key in variants) / total if total else 0.0


def _left_by_holdout(session: Session, request: ReachRequest, parents: Sequence[Experiment]) -> float:
    """Share whom no holdout holds out, this experiment's or one of those that it builds on."""
    holdout = running_holdout(session, request.hash_attribute)
    if holdout is None:
        return 1.0
    belongs = request.holdout in (None, holdout.key)
    if not belongs and not any(parent.holdout == holdout.key for parent in parents):
        return 1.0
    weights = [variant.weight for variant in holdout.variants]
    return 1 - holdout.traffic * weights[0] / sum(weights)
