"""Erases people everywhere: lake, log, quarantine and control database, with an entry in the audit log."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from assignment.errors import ProefwerkError
from experiments.analysis.erasure import Person, erase, person_of
from experiments.analysis.rows import microseconds
from experiments.analysis.scrubbing import scrub_files, scrub_log
from experiments.auth import Actor, Role
from experiments.db import utc_now
from experiments.erasure_models import Erasure
from experiments.reconciling import forget_orders
from experiments.service.audit import record
from experiments.service.erasures import forget_seen, forget_units, pseudonym
from experiments.workplace import Workplace, compact, forget_removed, taken_over

Document = dict[str, Any]
log = logging.getLogger(__name__)


def person(place: Workplace, ids: Sequence[str], *, alone: bool = False) -> Person:
    """All ids that are the same person's, by every link that was acknowledged until now.

    Raises:
        ProefwerkError: 409, the links tie together more ids than a person has.
    """
    compact(place)
    return person_of(place.lake.local_view(), ids, alone=alone)


def erase_now(place: Workplace, ids: Sequence[str], actor: Actor, *, alone: bool = False) -> Document:
    """Erase a person; what was erased, without any id.

    It may be done again after any failure. Reports that were made before keep their numbers.

    Args:
        place: Where.
        ids: Of one person.
        actor: Who asked for it.
        alone: Leave ids that links tie to them alone.

    Raises:
        ProefwerkError: 409, the links tie together more ids than a person has.
    """
    found = person(place, ids, alone=alone)
    names = {each: pseudonym(place.secret, each) for each in found.ids}
    # The links go last: they are how the other ids are found where this is cut short.
    with place.database.session() as session:
        rows = forget_units(session, names)
    quarantined = scrub_files(place.lake.store.quarantine, found.ids)
    erased = erase(place.lake, found.ids, microseconds(utc_now()), alone=True)
    forget_removed(place, place.lake.view())
    blanked = scrub_log(place.log_folder, taken_over(place), found.ids)
    forget_orders(place, timedelta())
    place.watched = None
    result = {
        "subjects": sorted(names.values()),
        "rows": {**erased.removed.rows, **rows},
        "files": erased.removed.files,
        "log_records": blanked,
        "quarantined": quarantined,
    }
    with place.database.session() as session:
        # Whoever looked at the events before they went may have written down since whom they saw.
        forget_seen(session, found.ids)
        record(session, actor, "erase", "person", pseudonym(place.secret, ids[0]), None, result)
    place.database.purge()
    return result


def erase_requested(place: Workplace) -> int:
    """Erase everyone whom somebody asked to; how many requests there were."""
    waiting = select(Erasure).where(col(Erasure.finished_at).is_(None)).order_by(col(Erasure.id))
    with place.database.reading() as session:
        requests = session.exec(waiting).all()
    for request in requests:
        if request.ids is not None:
            _answer(place, request)
        # Done is what is also out of the database's file.
        place.database.purge()
        with place.database.session() as session:
            row = session.get_one(Erasure, request.id)
            row.finished_at = utc_now()
            session.add(row)
        log.info("Erasure %s is done", request.id)
    return len(requests)


def _answer(place: Workplace, request: Erasure) -> None:
    """Erase whom a request names, and put what came of it in place of the ids."""
    actor = Actor(request.actor_kind, request.actor, Role.ADMIN)
    result, error = None, None
    try:
        result = erase_now(place, request.ids or [], actor, alone=request.alone)
    except ProefwerkError as refusal:
        if refusal.status == 503:
            raise
        error = refusal.detail
    with place.database.session() as session:
        row = session.get_one(Erasure, request.id)
        row.ids, row.result, row.error = None, result, error
        session.add(row)
