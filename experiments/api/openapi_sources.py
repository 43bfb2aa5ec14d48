"""What the API's description says of sources."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_parts import answer, body, operation, path_parameter, reference
from experiments.api.openapi_types import FLAG, MOMENT, OBJECT, TEXT, WHOLE, nullable, objects

_ACCESS = (401, 403, 503)
_BODY = (400, 413, 415, 422)


def source_paths() -> dict[str, Any]:
    """The paths."""
    one, form = reference("Source"), body(reference("SourceForm"))
    key = [path_parameter("key", "The source's key.", {"type": "string"})]
    return {
        "/api/v1/sources": {
            "get": operation(
                "listSources",
                "events",
                "List the tables that events are pulled from, and how their pulls went.",
                {"200": answer("All of them.", objects({"sources": {"type": "array", "items": one}}))},
                *_ACCESS,
            ),
            "post": operation(
                "createSource",
                "events",
                "Declare a table that you already have; the scheduler pulls it soon.",
                {"201": answer("Declared; `Location` names it.", one)},
                *_ACCESS,
                *_BODY,
                409,
                requestBody=form,
            ),
        },
        "/api/v1/sources/{key}": {
            "parameters": key,
            "get": operation(
                "getSource", "events", "Show a source.", {"200": answer("It.", one)}, *_ACCESS, 404
            ),
            "put": operation(
                "updateSource",
                "events",
                "Declare a source anew; where its rows may mean something else now, all are read again.",
                {"200": answer("As it is now.", one)},
                *_ACCESS,
                *_BODY,
                404,
                409,
                requestBody=form,
            ),
            "delete": operation(
                "deleteSource",
                "events",
                "End a source; what was pulled from it stays.",
                {"204": answer("Ended.")},
                *_ACCESS,
                404,
            ),
        },
        "/api/v1/sources/{key}/check": {
            "parameters": key,
            "post": operation(
                "checkSource",
                "events",
                "Read the first five rows of a source, with what they mean or why they would be refused.",
                {"200": answer("The rows.", reference("SourceCheck"))},
                *_ACCESS,
                *_BODY,
                404,
            ),
        },
        "/api/v1/sources/{key}/pull": {
            "parameters": key,
            "post": operation(
                "pullSource",
                "events",
                "Have the scheduler pull a source within seconds.",
                {"202": answer("Asked for; `state.pulled_at` tells when it was done.", one)},
                *_ACCESS,
                *_BODY,
                404,
            ),
        },
    }


def source_schemas(form: dict[str, Any]) -> dict[str, Any]:
    """The schemas.

    Args:
        form: Schema of a source as it is declared.
    """
    names = ("rows", "orders", "refunds", "changes", "unchanged", "before", "refused", "events")
    counts = nullable(objects(dict.fromkeys(names, WHOLE)))
    refusal = objects(
        {"part": TEXT, "id": TEXT, "reason": TEXT, "count": WHOLE, "first_at": MOMENT, "last_at": MOMENT}
    )
    moments = dict.fromkeys(("requested_at", "started_at", "pulled_at", "failed_at"), nullable(MOMENT))
    state = objects(
        {
            "status": {"enum": ["new", "ok", "failed"]},
            **moments,
            "error": nullable(TEXT),
            "last": counts,
            "total": counts,
            "refused": {**WHOLE, "description": "Rows that could not be taken so far."},
            "refusals": {"type": "array", "items": refusal},
        }
    )
    row = objects({"row": OBJECT, "reads": nullable(OBJECT), "refused": nullable(TEXT), "skipped": FLAG})
    part = objects({"columns": {"type": "array", "items": TEXT}, "rows": {"type": "array", "items": row}})
    return {
        "Source": {**form, "properties": {**form["properties"], "state": state}},
        "SourceCheck": objects({"orders": part}, {"refunds": part}),
    }
