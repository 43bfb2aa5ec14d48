"""Adds the management views to an app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, jsonify
from flask.json.provider import DefaultJSONProvider

from experiments.api import (
    audiences,
    bots,
    calendar,
    erasures,
    experiments,
    layers,
    metrics,
    planning,
    rates,
    reconciling,
    reports,
    sources,
)
from experiments.api.management import Management
from experiments.api.openapi import openapi_document
from experiments.db import Database
from experiments.order_uploads import OrderUploads


def register(
    app: Flask,
    database: Database,
    *,
    analyse: Callable[[str], dict[str, Any]],
    published: Callable[[], None],
    uploads: OrderUploads | None = None,
) -> tuple[Blueprint, ...]:
    """Adds the management views and the API's description; errors are left to the app's handlers.

    Args:
        app: The application.
        database: The control database.
        analyse: Runs the analysis of an experiment now and returns its report.
        published: Called after every change that the doors must know at once.
        uploads: Where files of orders are kept; without it they are refused.

    Returns:
        The blueprints, so that protection meant for forms can be lifted from them: here a key stands in
        for a session.
    """
    management = Management(database, analyse, published, uploads)
    views = Blueprint("management", __name__)
    views.before_request(management.let_in)
    views.after_request(_uncached)
    for part in (
        metrics,
        experiments,
        layers,
        reports,
        planning,
        audiences,
        bots,
        calendar,
        rates,
        erasures,
        reconciling,
        sources,
    ):
        part.register(views, management)
    description = Blueprint("description", __name__)
    document = openapi_document()

    @description.get("/api/v1/openapi.json")
    def openapi() -> Response:
        return jsonify(document)

    if isinstance(app.json, DefaultJSONProvider):
        # Definitions are shown in the order in which people know them.
        app.json.sort_keys = False
    app.register_blueprint(views)
    app.register_blueprint(description)
    return views, description


def _uncached(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    return response
