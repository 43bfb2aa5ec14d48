"""The OpenAPI 3.1 description of the native API, management and delivery alike."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from experiments.api.openapi_delivery import delivery_paths
from experiments.api.openapi_management import management_paths
from experiments.api.openapi_schemas import component_schemas


def openapi_document() -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Proefwerk",
            "version": version("proefwerk"),
            "summary": "Experiments: definition, assignment, events and reports.",
            "description": (
                "Errors are RFC 9457 problems. Keys travel as `Authorization: Bearer` or `X-API-Key`: "
                "`admin` keys for management, `client` and `server` keys for delivery and events."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"header": []}],
        "tags": [
            {"name": "metrics", "description": "What is measured."},
            {"name": "experiments", "description": "What is tried, and its life."},
            {"name": "reports", "description": "What it means."},
            {"name": "delivery", "description": "Who sees what."},
            {"name": "events", "description": "What happened."},
            {"name": "operation", "description": "Whether it works."},
        ],
        "paths": {**management_paths(), **delivery_paths()},
        "components": {
            "schemas": component_schemas(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "address": {
                    "type": "apiKey",
                    "in": "query",
                    "name": "key",
                    "description": "For `client` keys: pages on other origins then need not ask first.",
                },
            },
        },
    }
