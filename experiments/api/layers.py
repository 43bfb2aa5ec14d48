"""Layers over HTTP: who holds which slice, and what is free."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from experiments.api.management import Management
from experiments.service.layers import layer_document, layers

PATH = "/api/v1/layers"


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the view."""

    @blueprint.get(PATH)
    def layers_list() -> ResponseReturnValue:
        with management.database.reading() as session:
            return {"layers": [layer_document(layer) for layer in layers(session)]}
