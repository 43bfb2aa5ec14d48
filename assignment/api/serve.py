"""Runs a door's handler: measures it, and turns what it raises into an answer."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from assignment.api import native, ofrep, reports, unit
from assignment.api.answer import Answer
from assignment.api.doors import Doors
from assignment.api.problems import problem, unexpected
from assignment.api.reading import Environ
from assignment.errors import ProefwerkError

Handler = Callable[[Doors, Environ], Answer]

POSTED: dict[str, tuple[str, Handler]] = {
    "/api/v1/assign": ("assign", native.assign),
    "/api/v1/events": ("events", reports.accept),
    "/api/v1/unit": ("unit", unit.keep),
    ofrep.BULK_PATH: ("ofrep", ofrep.evaluate_all),
}
ONE_FLAG: tuple[str, Handler] = ("ofrep", ofrep.evaluate_one)


def serve(door: str, handler: Handler, doors: Doors, environ: Environ) -> Answer:
    """The handler's answer, or the problem it raised."""
    start = perf_counter()
    try:
        answer = handler(doors, environ)
    except ProefwerkError as error:
        answer = problem(error)
    except Exception as error:  # noqa: BLE001 - logged by `unexpected`
        answer = problem(unexpected(error))
    doors.meters.answered(door, answer.status, perf_counter() - start)
    return answer
