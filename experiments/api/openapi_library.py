"""What the API's description says of saved audiences and of the marks of metrics."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_parts import answer, body, operation, path_parameter, reference
from experiments.api.openapi_types import FLAG, MOMENT, OBJECT, TEXT, nullable, objects

_SENT = (400, 401, 403, 413, 415, 422, 503)


def library_paths() -> dict[str, Any]:
    """The paths."""
    one, form = reference("Audience"), body(reference("AudienceForm"))
    found = objects({"audiences": {"type": "array", "items": one}})
    marks = answer("What is said of the metric.", reference("MetricMarks"))
    return {
        "/api/v1/audiences": {
            "get": operation(
                "listAudiences",
                "experiments",
                "List saved audiences, archived ones too.",
                {"200": answer("Every audience, by key.", found)},
                401,
                403,
                503,
            ),
            "post": operation(
                "createAudience",
                "experiments",
                "Save an audience to start experiments from; they take a copy of its condition.",
                {"201": answer("Saved; `Location` names it.", one)},
                *_SENT,
                409,
                requestBody=form,
            ),
        },
        "/api/v1/audiences/{key}": {
            "parameters": [path_parameter("key", "The audience's key.")],
            "get": operation(
                "getAudience",
                "experiments",
                "Show an audience.",
                {"200": answer("The audience.", one)},
                401,
                403,
                404,
                503,
            ),
            "put": operation(
                "replaceAudience",
                "experiments",
                "Change or archive an audience; experiments that started from it keep what they have.",
                {"200": answer("The audience.", one)},
                *_SENT,
                404,
                requestBody=form,
            ),
        },
        "/api/v1/metrics/{key}/marks": {
            "parameters": [path_parameter("key", "The metric's key.")],
            "get": operation(
                "getMetricMarks",
                "experiments",
                "Show who stands for a metric and whether it is archived.",
                {"200": marks},
                401,
                403,
                404,
                503,
            ),
            "put": operation(
                "replaceMetricMarks",
                "experiments",
                "Certify or archive a metric; its definition stays as it is.",
                {"200": marks},
                *_SENT,
                404,
                requestBody=body(reference("MetricMarksForm")),
            ),
        },
    }


def library_schemas() -> dict[str, Any]:
    """The schemas."""
    audience = {
        "key": TEXT,
        "name": TEXT,
        "description": TEXT,
        "condition": {**OBJECT, "description": "As the audience of an experiment."},
        "archived": FLAG,
        "owner": TEXT,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "used_by": {
            "type": "array",
            "items": TEXT,
            "description": "Experiments that have its condition, or one that it had before.",
        },
    }
    marks = {
        "certified": FLAG,
        "certified_by": {**nullable(TEXT), "description": "Who stands for the definition."},
        "archived": FLAG,
        "archived_at": nullable(MOMENT),
    }
    return {"Audience": objects(audience), "MetricMarks": objects(marks)}
