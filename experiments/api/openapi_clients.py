"""The doors of OpenFeature and GrowthBook clients: paths, and what they answer, as schemas."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_parts import answer, body, header_parameter, operation, path_parameter, reference
from experiments.api.openapi_types import FLAG, NUMBER, OBJECT, TEXT, WHOLE, objects

REMOTE_ERRORS = (400, 401, 403, 413, 415, 422, 503)
_OPEN: dict[str, Any] = {"security": []}
_REASONS = {"enum": ["SPLIT", "TARGETING_MATCH", "DISABLED", "STATIC"]}
_KEY = path_parameter("client_key", "A client key.")
_LAST_EVENT = header_parameter("Last-Event-ID", "`id` of the event received last.", TEXT)
_OFREP_ERRORS = {
    400: "The evaluation failed; `errorCode` says why.",
    413: "The body is too large.",
    415: "The body has an unsupported media type.",
    503: "No rules are loaded yet.",
}


def client_paths() -> dict[str, Any]:
    """Every path that clients of OpenFeature and GrowthBook use."""
    return {**_ofrep(), **_growthbook()}


def client_schemas() -> dict[str, Any]:
    """What they answer."""
    return {**_ofrep_schemas(), **_growthbook_schemas()}


def _ofrep() -> dict[str, Any]:
    request = body(objects({"context": reference("Context")}))
    expose = header_parameter(
        "X-Proefwerk-Expose", "`true` logs the exposure too.", {"type": "string", "enum": ["true", "false"]}
    )
    force = header_parameter(
        "X-Proefwerk-Force", "`experiment=variant, ...`: shown, and never counted.", TEXT
    )
    known = header_parameter("If-None-Match", "ETag of the answer that the client has.", TEXT)
    failed = {str(status): answer(words, reference("OfrepError")) for status, words in _OFREP_ERRORS.items()}
    missing = answer("There is no such flag.", reference("OfrepError"))
    return {
        "/ofrep/v1/evaluate/flags/{key}": {
            "parameters": [path_parameter("key", "The flag: an experiment's key."), expose, force],
            "post": operation(
                "evaluateFlag",
                "delivery",
                "OpenFeature Remote Evaluation of one flag.",
                {"200": answer("The evaluation.", reference("EvaluatedFlag")), "404": missing, **failed},
                401,
                403,
                requestBody=request,
            ),
        },
        "/ofrep/v1/evaluate/flags": {
            "parameters": [
                known,
                force,
                _query("flagConfigEtag", "`etag` of the message that led to this request."),
                _query("flagConfigLastModified", "`lastModified` of that message."),
            ],
            "post": operation(
                "evaluateFlags",
                "delivery",
                "OpenFeature Remote Evaluation of all flags; never logs exposures. A client key is also told"
                " where it hears of changes (`eventStreams`).",
                {
                    "200": answer("The evaluations.", reference("EvaluatedFlags")),
                    "304": answer("Unchanged."),
                    **failed,
                },
                401,
                403,
                requestBody=request,
            ),
        },
        "/ofrep/v1/stream/{client_key}": _stream(
            "listenForFlags",
            "Server-sent events: a `refetchEvaluation` message whenever flags must be evaluated again.",
            "OFREP messages.",
        ),
    }


def _query(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": TEXT}


def _stream(ident: str, summary: str, events: str) -> dict[str, Any]:
    found = {"200": answer(events, TEXT, "text/event-stream")}
    described = operation(ident, "delivery", summary, found, 401, 403, 404, 503, **_OPEN)
    return {"parameters": [_KEY, _LAST_EVENT], "get": described}


def _growthbook() -> dict[str, Any]:
    known = header_parameter("If-None-Match", "ETag of the payload that the client has.", TEXT)
    payload = answer("The payload.", reference("FeaturesPayload"))
    pairs = {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2}, "maxItems": 1000}
    user = objects(
        {},
        {
            "attributes": {**OBJECT, "maxProperties": 1000},
            "forcedVariations": {
                **OBJECT,
                "maxProperties": 1000,
                "additionalProperties": {"type": "integer"},
            },
            "forcedFeatures": pairs,
            "url": TEXT,
        },
    )
    return {
        "/api/features/{client_key}": {
            "parameters": [_KEY, known],
            "get": operation(
                "features",
                "delivery",
                "The payload for GrowthBook SDKs.",
                {"200": payload, "304": answer("Unchanged.")},
                401,
                403,
                503,
                **_OPEN,
            ),
        },
        "/sub/{client_key}": _stream(
            "listen",
            "Server-sent events: the payload for GrowthBook SDKs at once and whenever it changes.",
            "Events called `features`.",
        ),
        "/api/eval/{client_key}": {
            "parameters": [_KEY],
            "post": operation(
                "evaluateFeatures",
                "delivery",
                "GrowthBook remote evaluation.",
                {"200": answer("The payload, evaluated for one unit.", reference("FeaturesPayload"))},
                *REMOTE_ERRORS,
                requestBody=body(user),
                **_OPEN,
            ),
        },
    }


def _ofrep_schemas() -> dict[str, Any]:
    unit = {**TEXT, "description": "The value that was split: the unit of its exposures."}
    metadata = objects(
        {
            "flagSetId": TEXT,
            "version": TEXT,
            "experiment": TEXT,
            "inExperiment": FLAG,
            "hashAttribute": TEXT,
            "contextId": TEXT,
            "unit": unit,
        },
        {"holdout": TEXT, "role": {"const": "holdout"}},
    )
    flag = {"key": TEXT, "reason": _REASONS, "variant": TEXT, "value": OBJECT, "metadata": metadata}
    endpoint = objects({"type": {"const": "sse"}, "endpoint": objects({"requestUri": TEXT})})
    codes = ["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "FLAG_NOT_FOUND", "GENERAL"]
    every = objects({"flagSetId": TEXT, "version": TEXT, "contextId": TEXT})
    return {
        "EvaluatedFlag": objects(flag),
        "EvaluatedFlags": objects(
            {"flags": {"type": "array", "items": reference("EvaluatedFlag")}, "metadata": every},
            {"eventStreams": {"type": "array", "items": endpoint}},
        ),
        "OfrepError": objects({"errorCode": {"enum": codes}, "errorDetails": TEXT}, {"key": TEXT}),
    }


def _growthbook_schemas() -> dict[str, Any]:
    bounds = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
    ranges = {"type": "array", "items": bounds}
    split = objects(
        {"attribute": TEXT, "seed": TEXT, "hashVersion": {"const": 2}, "ranges": ranges},
    )
    shown = objects({"key": TEXT}, {"name": TEXT})
    rule = objects(
        {},
        {
            "id": TEXT,
            "key": TEXT,
            "name": TEXT,
            "phase": TEXT,
            "seed": TEXT,
            "hashAttribute": TEXT,
            "fallbackAttribute": TEXT,
            "hashVersion": {"const": 2},
            "coverage": NUMBER,
            "weights": {"type": "array", "items": NUMBER},
            "ranges": ranges,
            "variations": {"type": "array", "items": OBJECT},
            "meta": {"type": "array", "items": shown},
            "condition": OBJECT,
            "filters": {"type": "array", "items": split},
            "force": OBJECT,
            "tracks": {"type": "array", "items": objects({"experiment": OBJECT, "result": OBJECT})},
            "disableStickyBucketing": FLAG,
            "bucketVersion": WHOLE,
            "minBucketVersion": WHOLE,
        },
    )
    feature = objects({"defaultValue": OBJECT}, {"rules": {"type": "array", "items": rule}})
    return {
        "FeaturesPayload": objects(
            {"status": {"const": 200}, "features": {"type": "object", "additionalProperties": feature}},
            {"dateUpdated": TEXT},
        )
    }
