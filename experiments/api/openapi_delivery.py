"""Paths of the delivery side: assignment, events and operation."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_pages import page_paths
from experiments.api.openapi_parts import (
    BY_ANY_KEY,
    answer,
    body,
    header_parameter,
    operation,
    path_parameter,
    reference,
)
from experiments.api.openapi_types import OBJECT, TEXT, objects

_BODY = (400, 401, 403, 413, 415, 422, 503)
_OPEN: dict[str, Any] = {"security": []}


def delivery_paths() -> dict[str, Any]:
    """Every path that storefronts and operators use."""
    return {**_native(), **page_paths(), **_ofrep(), **_growthbook(), **_operation()}


def _native() -> dict[str, Any]:
    request = objects(
        {"context": reference("Context")},
        {
            "experiments": {"type": "array", "items": TEXT, "maxItems": 1000},
            "expose": {"type": "boolean", "default": False},
            "forced": {
                "type": "object",
                "description": "Variants by experiment, for a look at them: shown, and never counted.",
                "additionalProperties": TEXT,
                "maxProperties": 100,
            },
        },
    )
    many = {"type": "array", "items": reference("Event"), "maxItems": 5000}
    events = {
        "required": True,
        "content": {
            "application/json": {"schema": {"anyOf": [objects({"events": many}), many]}},
            "application/x-ndjson": {"schema": TEXT},
        },
    }
    counted = reference("EventAnswer")
    sent = operation(
        "sendEvents",
        "events",
        "Log events; a 200 means that the accepted ones are on disk.",
        {"200": answer("How many were taken.", counted)},
        *_BODY,
        requestBody=events,
        security=BY_ANY_KEY,
    )
    sent["responses"]["422"]["content"]["application/json"] = {"schema": counted}
    return {
        "/api/v1/assign": {
            "post": operation(
                "assign",
                "delivery",
                "Which variants a unit gets; of all running experiments unless some are named.",
                {"200": answer("The variants.", reference("Assignments"))},
                *_BODY,
                404,
                requestBody=body(request),
                security=BY_ANY_KEY,
            )
        },
        "/api/v1/events": {"post": sent},
        "/api/v1/openapi.json": {
            "get": operation(
                "describe", "operation", "This description.", {"200": answer("OpenAPI 3.1.", OBJECT)}, **_OPEN
            )
        },
    }


def _ofrep() -> dict[str, Any]:
    request = body(objects({"context": reference("Context")}))
    expose = header_parameter(
        "X-Proefwerk-Expose", "`true` logs the exposure too.", {"type": "string", "enum": ["true", "false"]}
    )
    known = header_parameter("If-None-Match", "ETag of the answer that the client has.", TEXT)
    failed = {str(status): answer(words, OBJECT) for status, words in _OFREP_ERRORS.items()}
    return {
        "/ofrep/v1/evaluate/flags/{key}": {
            "parameters": [path_parameter("key", "The flag: an experiment's key."), expose],
            "post": operation(
                "evaluateFlag",
                "delivery",
                "OpenFeature Remote Evaluation of one flag.",
                {"200": answer("The evaluation.", OBJECT), **failed, "404": answer("No such flag.", OBJECT)},
                requestBody=request,
            ),
        },
        "/ofrep/v1/evaluate/flags": {
            "parameters": [
                known,
                _query("flagConfigEtag", "`etag` of the message that led to this request."),
                _query("flagConfigLastModified", "`lastModified` of that message."),
            ],
            "post": operation(
                "evaluateFlags",
                "delivery",
                "OpenFeature Remote Evaluation of all flags; never logs exposures. A client key is also told"
                " where it hears of changes (`eventStreams`).",
                {"200": answer("The evaluations.", OBJECT), "304": answer("Unchanged."), **failed},
                requestBody=request,
            ),
        },
        "/ofrep/v1/stream/{client_key}": {
            "parameters": [path_parameter("client_key", "A client key."), _LAST_EVENT],
            "get": operation(
                "listenForFlags",
                "delivery",
                "Server-sent events: a `refetchEvaluation` message whenever flags must be evaluated again.",
                {"200": answer("OFREP messages.", TEXT, "text/event-stream")},
                401,
                403,
                404,
                503,
                **_OPEN,
            ),
        },
    }


def _query(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": TEXT}


_LAST_EVENT = header_parameter("Last-Event-ID", "`id` of the event received last.", TEXT)
_OFREP_ERRORS = {
    400: "The evaluation failed; `errorCode` says why.",
    401: "The key is missing or unknown.",
    403: "A key of this kind may not do this.",
    413: "The body is too large.",
    415: "The body has an unsupported media type.",
    503: "No rules are loaded yet.",
}


def _growthbook() -> dict[str, Any]:
    key = path_parameter("client_key", "A client key.")
    known = header_parameter("If-None-Match", "ETag of the payload that the client has.", TEXT)
    return {
        "/api/features/{client_key}": {
            "parameters": [key, known],
            "get": operation(
                "features",
                "delivery",
                "The payload for GrowthBook SDKs.",
                {"200": answer("The payload.", OBJECT), "304": answer("Unchanged.")},
                401,
                403,
                503,
                **_OPEN,
            ),
        },
        "/sub/{client_key}": {
            "parameters": [key, _LAST_EVENT],
            "get": operation(
                "listen",
                "delivery",
                "Server-sent events: the payload for GrowthBook SDKs at once and whenever it changes.",
                {"200": answer("Events called `features`.", TEXT, "text/event-stream")},
                401,
                403,
                404,
                503,
                **_OPEN,
            ),
        },
        "/api/eval/{client_key}": {
            "parameters": [key],
            "post": operation(
                "evaluateFeatures",
                "delivery",
                "GrowthBook remote evaluation.",
                {"200": answer("The payload, evaluated for one unit.", OBJECT)},
                *_BODY,
                requestBody=body(objects({}, {"attributes": OBJECT})),
                **_OPEN,
            ),
        },
    }


def _operation() -> dict[str, Any]:
    return {
        "/healthz": {
            "get": operation(
                "live",
                "operation",
                "Whether the process lives.",
                {"200": answer("It does.", OBJECT)},
                **_OPEN,
            )
        },
        "/readyz": {
            "get": operation(
                "ready",
                "operation",
                "Whether rules are loaded and the log can be written.",
                {"200": answer("Ready.", OBJECT), "503": answer("Not ready; it says why.", OBJECT)},
                **_OPEN,
            )
        },
        "/metrics": {
            "get": operation(
                "metrics",
                "operation",
                "Figures for Prometheus.",
                {"200": answer("The figures.", TEXT, "text/plain")},
                **_OPEN,
            )
        },
    }
