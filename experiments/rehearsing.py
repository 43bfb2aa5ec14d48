"""Rehearses readings on experiments' own units, for the command line and for whoever waits."""

from __future__ import annotations

import json
from typing import Any

from experiments.analysis.rehearsal import rehearsed
from experiments.db import utc_now
from experiments.models import Rehearsal
from experiments.service.analysis import check_analysable
from experiments.service.definitions import definition_of
from experiments.waiting import answer_waiting
from experiments.workplace import Workplace, compact


def rehearse_now(place: Workplace, key: str) -> dict[str, Any]:
    """Rehearse an experiment's reading on all events acknowledged until now, and keep what came of it.

    Raises:
        ProefwerkError: 404; 409 before the start.
    """
    document = _rehearsed(place, key)
    with place.database.session() as session:
        now = utc_now()
        session.add(Rehearsal(experiment_key=key, started_at=now, finished_at=now, body=_text(document)))
    return document


def rehearse_requested(place: Workplace) -> int:
    """Do every rehearsal that somebody waits for, each leaving its result or reason; how many there were."""
    return answer_waiting(
        place.database, Rehearsal, "rehearsal", lambda _, key: {"body": _text(_rehearsed(place, key))}
    )


def _rehearsed(place: Workplace, key: str) -> dict[str, Any]:
    with place.database.reading() as session:
        check_analysable(session, key)
        definition = definition_of(session, key)
    as_of = utc_now()
    compact(place)
    return place.lake.read(lambda view: rehearsed(definition, view, as_of))


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, allow_nan=False, separators=(",", ":"))
