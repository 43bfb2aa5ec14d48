"""Who looked at which variant in the shop, as it is now."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from assignment.errors import ProefwerkError
from experiments.auth import Actor
from experiments.documents import canonical
from experiments.look_models import VariantLook
from experiments.service.lookup import find_experiment


@dataclass(frozen=True, slots=True)
class Look:
    """The newest look at a variant that still shows the same."""

    variant: str
    actor: str
    at: datetime


def look(session: Session, key: str, variant: str, actor: Actor) -> str | None:
    """Keeps that somebody looks at a variant; the page of the shop where it is, if there is one.

    Without a page there is nothing to look at, and nothing is kept.

    Raises:
        ProefwerkError: 404 for an unknown experiment or variant.
    """
    experiment = find_experiment(session, key)
    found = next((each for each in experiment.variants if each.key == variant), None)
    if found is None:
        raise ProefwerkError(404, "variant_not_found", f"'{key}' has no variant '{variant}'.")
    if experiment.preview_url is None or experiment.id is None:
        return None
    session.add(
        VariantLook(
            experiment_id=experiment.id,
            variant=variant,
            payload_hash=_hash(found.payload),
            actor=actor.name,
        )
    )
    return experiment.preview_url


def looks(session: Session, key: str) -> list[Look]:
    """The newest look at each variant; one whose payload changed since counts as not looked at.

    Raises:
        ProefwerkError: 404.
    """
    experiment = find_experiment(session, key)
    query = select(VariantLook).where(VariantLook.experiment_id == experiment.id)
    now = {each.key: _hash(each.payload) for each in experiment.variants}
    newest: dict[str, Look] = {}
    for row in session.exec(query.order_by(col(VariantLook.id))).all():
        if now.get(row.variant) == row.payload_hash:
            newest[row.variant] = Look(row.variant, row.actor, row.at)
    return list(newest.values())


def _hash(payload: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(payload).encode()).hexdigest()
