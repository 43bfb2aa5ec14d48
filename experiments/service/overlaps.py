"""Which running experiments an experiment would meet, and how many shoppers would be in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from experiments.lifecycle import Status
from experiments.models import Experiment
from experiments.participation import ExperimentRole
from experiments.requests import ReachRequest
from experiments.service.entry import Entry, entry_of
from experiments.service.reach import weekly_of_all
from experiments.validation import parse

Document = dict[str, Any]
_MEET = (Status.RUNNING.value, Status.PAUSED.value, Status.SCHEDULED.value)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another experiment that shoppers of this one would meet.

    Attributes:
        same_placement: Whether both change the same place of the shop, where they hide one another's effect.
        layer: Layer that the other is in; `None` where it cannot be kept apart any more.
        units: Shoppers a week who would be in both; `None` where that cannot be told.
        share: Of this experiment's shoppers, the part that would be in the other too; likewise.
    """

    key: str
    name: str
    status: str
    placement: str
    same_placement: bool
    layer: str | None
    units: int | None
    share: float | None


def overlaps(session: Session, document: Document) -> tuple[Overlap, ...]:
    """The experiments that run, pause or are scheduled and that shoppers of this draft would meet.

    Left out are those whose slice of one layer is another, whom it builds on, and whom nobody would meet; the
    same place comes first, then the most shoppers.

    Args:
        document: The contract's fields of the draft.

    Raises:
        ProefwerkError: 422 for a draft of which no reach can be asked.
    """
    builds_on = {item["experiment"] for item in document.get("prerequisites") or ()}
    rows = session.exec(
        select(Experiment)
        .where(
            col(Experiment.status).in_(_MEET),
            Experiment.role == ExperimentRole.EXPERIMENT.value,
            Experiment.key != document["key"],
        )
        .order_by(Experiment.name)
    ).all()
    own = _asked(document)
    entry = entry_of(session, own)
    mine = _Mine(
        document, own, entry, weekly_of_all(session, own.hash_attribute, (own.audience, *entry.audiences))
    )
    found = [_overlap(session, mine, row) for row in rows if row.key not in builds_on]
    met = [each for each in found if each is not None]
    return tuple(sorted(met, key=lambda each: (not each.same_placement, -(each.units or 0))))


@dataclass(frozen=True, slots=True)
class _Mine:
    """The draft, with who of its audience enters, and how many fit that a week."""

    document: Document
    asked: ReachRequest
    entry: Entry
    weekly: float | None


def _overlap(session: Session, mine: _Mine, other: Experiment) -> Overlap | None:
    own, theirs = mine.asked, _asked_of(other)
    entry = entry_of(session, theirs)
    comparable = own.hash_attribute == theirs.hash_attribute
    meeting = _meeting(own, mine.entry, theirs, entry)
    units = share = None
    if comparable and meeting > 0 and mine.weekly is not None:
        conditions = (own.audience, *mine.entry.audiences, theirs.audience, *entry.audiences)
        both = weekly_of_all(session, own.hash_attribute, conditions)
        if both is not None:
            alone = mine.weekly * mine.entry.all
            units, share = round(both * meeting), both * meeting / alone if alone else 0.0
    if meeting == 0 or units == 0:
        return None
    place = (mine.document.get("placement") or "").strip().casefold()
    return Overlap(
        other.key,
        other.name,
        other.status,
        other.placement,
        bool(place) and other.placement.strip().casefold() == place,
        other.layer_name if comparable else None,
        units,
        share,
    )


def _meeting(own: ReachRequest, mine: Entry, theirs: ReachRequest, entry: Entry) -> float:
    """Share of those who fit both audiences that would be in both, by independent hashes.

    Slices of one layer are disjoint, so that nobody is in two; and the holdout that both belong to leaves
    them one share.
    """
    together = mine.all * entry.all
    if together == 0 or own.hash_attribute != theirs.hash_attribute:
        return together
    if own.layer is not None and theirs.layer is not None and own.layer.name == theirs.layer.name:
        return 0.0
    return together / entry.holdout if mine.holdout < 1 and entry.holdout < 1 else together


def _asked(document: Document) -> ReachRequest:
    names = ("audience", "hash_attribute", "layer", "traffic", "holdout", "prerequisites")
    return parse(ReachRequest, {name: document[name] for name in names if document.get(name) is not None})


def _asked_of(row: Experiment) -> ReachRequest:
    layer = None
    if row.layer_name is not None:
        layer = {"name": row.layer_name, "from": row.layer_from, "to": row.layer_to}
    return _asked(
        {
            "audience": row.audience,
            "hash_attribute": row.hash_attribute,
            "layer": layer,
            "traffic": row.traffic,
            "holdout": row.holdout if row.holdout is not None else False,
            "prerequisites": row.prerequisites or [],
        }
    )
