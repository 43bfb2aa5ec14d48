"""Paths of the delivery side: assignment, events and operation."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_clients import client_paths
from experiments.api.openapi_pages import page_paths
from experiments.api.openapi_parts import (
    BY_ANY_KEY,
    answer,
    body,
    operation,
    reference,
)
from experiments.api.openapi_types import OBJECT, TEXT, objects

_BODY = (400, 401, 403, 413, 415, 422, 503)
_OPEN: dict[str, Any] = {"security": []}


def delivery_paths() -> dict[str, Any]:
    """Every path that storefronts and operators use."""
    return {**_native(), **page_paths(), **client_paths(), **_operation()}


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
