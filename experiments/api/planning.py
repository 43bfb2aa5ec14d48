"""The sample-size calculator over HTTP."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from experiments.api.management import Management, read_document
from experiments.requests import PlanRequest
from experiments.service.planning import plan_document
from experiments.validation import parse

PATH = "/api/v1/plan"


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the view."""

    @blueprint.post(PATH)
    def plan() -> ResponseReturnValue:
        request = parse(PlanRequest, read_document())
        with management.database.reading() as session:
            return plan_document(session, request)
