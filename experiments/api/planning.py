"""The sample-size calculator and the reach of audiences over HTTP."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from experiments.api.management import Management, read_document
from experiments.requests import PlanRequest, ReachRequest
from experiments.service.planning import plan_document
from experiments.service.reach import reach_document
from experiments.validation import parse

PATH = "/api/v1/plan"
REACH = "/api/v1/reach"


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the views."""

    @blueprint.post(PATH)
    def plan() -> ResponseReturnValue:
        request = parse(PlanRequest, read_document())
        with management.database.reading() as session:
            return plan_document(session, request)

    @blueprint.post(REACH)
    def reach() -> ResponseReturnValue:
        request = parse(ReachRequest, read_document())
        with management.database.reading() as session:
            return reach_document(session, request)
