"""What the API's description says of the shop's calendar."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_parts import answer, body, operation, path_parameter, query_parameter, reference
from experiments.api.openapi_types import MOMENT, NUMBER, TEXT, WHOLE, nullable, objects
from experiments.calendar_models import CalendarKind

_DAY = {"type": "string", "format": "date"}


def calendar_paths() -> dict[str, Any]:
    """The paths."""
    one, sent = reference("CalendarEntry"), (400, 401, 403, 413, 415, 422, 503)
    form = body(reference("CalendarForm"))
    found = objects({"calendar": {"type": "array", "items": one}})
    return {
        "/api/v1/calendar": {
            "get": operation(
                "listCalendar",
                "experiments",
                "List what happens in the shop: holidays, sales, promotions, releases, stock, notes.",
                {"200": answer("Every entry that touches these days, by first day.", found)},
                401,
                403,
                422,
                503,
                parameters=[
                    query_parameter("since", "Entries that last until this day at least.", _DAY),
                    query_parameter("until", "Entries that begin on this day at the latest.", _DAY),
                    query_parameter(
                        "experiment", "The whole shop's entries and this experiment's; else all.", TEXT
                    ),
                ],
            ),
            "post": operation(
                "addCalendarEntry",
                "experiments",
                "Write something down, such as a release; what stands there already stays one entry.",
                {"201": answer("Written down; `Location` names it.", one), "200": answer("As it was.", one)},
                *sent,
                requestBody=form,
            ),
        },
        "/api/v1/calendar/{id}": {
            "parameters": [path_parameter("id", "The entry's number.", {"type": "integer"})],
            "get": operation(
                "getCalendarEntry",
                "experiments",
                "Show an entry.",
                {"200": answer("The entry.", one)},
                401,
                403,
                404,
                503,
            ),
            "put": operation(
                "replaceCalendarEntry",
                "experiments",
                "Put something else in an entry's place.",
                {"200": answer("The entry.", one)},
                *sent,
                404,
                requestBody=form,
            ),
            "delete": operation(
                "removeCalendarEntry",
                "experiments",
                "Take an entry out.",
                {"204": answer("Taken out.")},
                401,
                403,
                404,
                503,
            ),
        },
    }


def calendar_schemas() -> dict[str, Any]:
    """The schemas."""
    entry = {
        "id": WHOLE,
        "kind": {"enum": list(CalendarKind)},
        "name": TEXT,
        "starts_on": _DAY,
        "ends_on": {**_DAY, "description": "The last day, inclusive."},
        "experiment": {**nullable(TEXT), "description": "Null for the whole shop."},
        "factor": {
            **nullable(NUMBER),
            "description": "Traffic expected on each of the days against an ordinary day; null for as usual.",
        },
        "actor": TEXT,
        "created_at": MOMENT,
    }
    return {"CalendarEntry": objects(entry)}
