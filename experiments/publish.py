"""From rows to the immutable snapshot that every web worker decides by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sqlmodel import Session, col, delete, select

from assignment import snapshot
from experiments.db import Database
from experiments.flatten import Relations, flatten
from experiments.lifecycle import Status
from experiments.models import ApiKey, Experiment, PublishedSnapshot
from experiments.phases import slots_from

KEPT = 100
"""How many published snapshots are kept."""

_STATUS = {
    Status.DRAFT: snapshot.Status.DRAFT,
    Status.SCHEDULED: snapshot.Status.DRAFT,
    Status.RUNNING: snapshot.Status.RUNNING,
    Status.PAUSED: snapshot.Status.PAUSED,
    Status.STOPPED: snapshot.Status.STOPPED,
    Status.ARCHIVED: snapshot.Status.STOPPED,
}


def compile_snapshot(session: Session) -> snapshot.Snapshot:
    """The rules of every experiment that is not archived, with every key that is not revoked."""
    experiments = session.exec(select(Experiment).where(Experiment.status != Status.ARCHIVED.value)).all()
    rows = _with_parents(session, experiments)
    rules = flatten(
        {key: rule_of(row) for key, row in rows.items()}, {key: _relations(row) for key, row in rows.items()}
    )
    keys = session.exec(select(ApiKey).where(col(ApiKey.revoked_at).is_(None)))
    return snapshot.build(
        tuple(rules[experiment.key] for experiment in experiments),
        tuple(snapshot.Key(key.digest, key.kind) for key in keys),
    )


def publish(session: Session) -> str:
    """Publishes the rules as they are in this transaction; the revision, new or not."""
    session.flush()
    compiled = compile_snapshot(session)
    newest = session.exec(
        select(PublishedSnapshot.id, PublishedSnapshot.revision).order_by(col(PublishedSnapshot.id).desc())
    ).first()
    if newest is not None and newest[1] == compiled.revision:
        return compiled.revision
    row = PublishedSnapshot(revision=compiled.revision, document=snapshot.encode(compiled).decode())
    session.add(row)
    session.flush()
    session.exec(delete(PublishedSnapshot).where(col(PublishedSnapshot.id) <= (row.id or 0) - KEPT))
    return compiled.revision


def fetch_published(database: Database) -> Callable[[str | None], bytes | None]:
    """A function that gives the newest snapshot, or nothing when the caller knows its revision already.

    It raises whatever the database raises; the caller keeps its last good snapshot.
    """

    def fetch(known_revision: str | None) -> bytes | None:
        newest = col(PublishedSnapshot.id).desc()
        with database.reading() as session:
            revision = session.exec(select(PublishedSnapshot.revision).order_by(newest).limit(1)).first()
            if revision is None or revision == known_revision:
                return None
            document = session.exec(select(PublishedSnapshot.document).order_by(newest).limit(1)).one()
        return document.encode()

    return fetch


def _with_parents(session: Session, experiments: Sequence[Experiment]) -> dict[str, Experiment]:
    """The experiments by key, with those that they build on, archived ones too."""
    rows = {experiment.key: experiment for experiment in experiments}
    asked: set[str] = set()
    while missing := _named_by(rows.values()) - rows.keys() - asked:
        asked |= missing
        found = session.exec(select(Experiment).where(col(Experiment.key).in_(missing)))
        rows |= {experiment.key: experiment for experiment in found}
    return rows


def _named_by(experiments: Iterable[Experiment]) -> set[str]:
    return {parent for experiment in experiments for parent, _ in _relations(experiment).prerequisites}


def _relations(experiment: Experiment) -> Relations:
    return Relations(
        tuple((item["experiment"], frozenset(item["variants"])) for item in experiment.prerequisites or ()),
        experiment.holdout or None,
    )


def rule_of(experiment: Experiment) -> snapshot.Experiment:
    """The experiment's own rule, without what others ask of it."""
    layer = None
    if experiment.layer_name is not None:
        layer = snapshot.LayerSlice(
            experiment.layer_name, experiment.layer_from or 0.0, experiment.layer_to or 0.0
        )
    return snapshot.Experiment(
        key=experiment.key,
        version=experiment.version,
        status=_STATUS[Status(experiment.status)],
        seed=f"{experiment.key}:{experiment.version}",
        hash_attribute=experiment.hash_attribute,
        fallback_attribute=experiment.fallback_attribute,
        variants=tuple(
            snapshot.Variant(variant.key, variant.name, variant.weight, variant.payload)
            for variant in experiment.variants
        ),
        coverage=experiment.traffic,
        condition=experiment.audience,
        layer=layer,
        shipped=experiment.decision_variant if experiment.decision == "ship" else None,
        name=experiment.name,
        surface=experiment.surface,
        placement=experiment.placement,
        role=experiment.role,
        slots=slots_from(experiment.slots),
    )
