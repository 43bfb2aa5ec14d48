"""From rows to the immutable snapshot that every web worker decides by."""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session, col, delete, select

from assignment import snapshot
from experiments.db import Database
from experiments.lifecycle import Status
from experiments.models import ApiKey, Experiment, PublishedSnapshot

KEPT = 100
"""How many published snapshots are kept."""

_STATUS = {
    Status.DRAFT: snapshot.Status.DRAFT,
    Status.SCHEDULED: snapshot.Status.DRAFT,
    Status.RUNNING: snapshot.Status.RUNNING,
    Status.PAUSED: snapshot.Status.PAUSED,
    Status.STOPPED: snapshot.Status.STOPPED,
}


def compile_snapshot(session: Session) -> snapshot.Snapshot:
    """The rules of every experiment that is not archived, with every key that is not revoked."""
    experiments = session.exec(select(Experiment).where(Experiment.status != Status.ARCHIVED.value))
    keys = session.exec(select(ApiKey).where(col(ApiKey.revoked_at).is_(None)))
    return snapshot.build(
        tuple(_rule(experiment) for experiment in experiments),
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


def _rule(experiment: Experiment) -> snapshot.Experiment:
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
    )
