"""What the API's description says of erasures."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_parts import answer, body, operation, path_parameter, reference
from experiments.api.openapi_types import MOMENT, TEXT, WHOLE, nullable, objects


def erasure_paths() -> dict[str, Any]:
    """The paths."""
    erasure = reference("Erasure")
    return {
        "/api/v1/erasures": {
            "post": operation(
                "erasePerson",
                "reports",
                "Ask for a person to be erased: all events of these ids and of those linked to them.",
                {"202": answer("It waits for the scheduler.", erasure)},
                400,
                401,
                403,
                413,
                415,
                422,
                503,
                requestBody=body(reference("ErasureForm")),
            )
        },
        "/api/v1/erasures/{id}": {
            "parameters": [path_parameter("id", "The erasure's number.", {"type": "integer"})],
            "get": operation(
                "getErasure",
                "reports",
                "Show what came of an erasure.",
                {"200": answer("The erasure, without any id of the person.", erasure)},
                401,
                403,
                404,
                503,
            ),
        },
    }


def erasure_schemas() -> dict[str, Any]:
    """The schemas."""
    result = objects(
        {
            "subjects": {"type": "array", "items": TEXT, "description": "Keyed hashes of the person's ids."},
            "rows": {
                "type": "object",
                "additionalProperties": WHOLE,
                "description": "Rows that were removed, by kind of event or table.",
            },
            "files": {**WHOLE, "description": "Event files that held the person."},
            "log_records": {**WHOLE, "description": "Records of the event log that were blanked."},
            "quarantined": {**WHOLE, "description": "Unreadable records that were removed."},
        }
    )
    erasure = objects(
        {
            "id": WHOLE,
            "status": {"enum": ["waiting", "done", "failed"]},
            "requested_at": MOMENT,
            "finished_at": nullable(MOMENT),
            "result": nullable(result),
            "error": nullable(TEXT),
        }
    )
    return {"Erasure": erasure}
