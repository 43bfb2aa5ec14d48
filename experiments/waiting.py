"""Does what people wait for, one request after the other, each of which gets its result or a reason."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sqlmodel import col, update

from assignment.errors import ProefwerkError
from experiments.db import Database, utc_now
from experiments.service.analysis import Request, take_oldest

log = logging.getLogger(__name__)


def answer_waiting(
    database: Database,
    table: type[Request],
    what: str,
    answer: Callable[[int, str], dict[str, Any]],
) -> int:
    """Do every request that nobody has begun; how many there were.

    One that fails leaves its reason with its request and does not keep the others from running.

    Args:
        database: Where they wait.
        table: Of the requests.
        what: The kind of work, as it is called in a sentence.
        answer: Does the request of a number, for an experiment; its columns that hold what came of it.
    """
    done = 0
    while (taken := take_oldest(database, table)) is not None:
        ident, key = taken
        result: dict[str, Any] = {}
        error = None
        try:
            result = answer(ident, key)
        except ProefwerkError as refusal:
            error = refusal.detail
        except Exception:
            log.exception("The %s of '%s' failed", what, key)
            error = f"The {what} of '{key}' failed; the scheduler's log says why."
        with database.session() as session:
            finished = {"finished_at": utc_now(), "error": error, **result}
            session.exec(update(table).where(col(table.id) == ident).values(**finished))
        done += 1
    return done
