"""The description of the API: valid, complete, and true to what is answered."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from flask import Flask
from openapi_spec_validator import validate

from experiments.api.openapi import openapi_document
from tests.experiments.api.conftest import Api
from tests.experiments.examples import BAR

DELIVERY = {
    "/api/v1/assign",
    "/api/v1/events",
    "/ofrep/v1/evaluate/flags",
    "/ofrep/v1/evaluate/flags/{key}",
    "/api/features/{client_key}",
    "/sub/{client_key}",
    "/ofrep/v1/stream/{client_key}",
    "/api/eval/{client_key}",
    "/api/v1/unit",
    "/e/{client_key}/{name}",
    "/r/{client_key}/{name}",
    "/proefwerk.js",
    "/healthz",
    "/readyz",
    "/metrics",
}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return openapi_document()


def check(described: dict[str, Any], schema: str, value: object) -> None:
    jsonschema.validate(
        value,
        {"$ref": f"#/components/schemas/{schema}", "components": described["components"]},
        cls=jsonschema.Draft202012Validator,
    )


def test_it_is_valid_openapi_3_1(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    validate(described)


def test_it_is_served_without_a_key(api: Api, described: dict[str, Any]) -> None:
    answer = api.send("GET", "/openapi.json", key=None)
    assert answer.status_code == 200
    assert answer.json == described


def test_it_describes_every_management_view_and_no_other(api: Api, described: dict[str, Any]) -> None:
    application: Flask = api.client.application
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).replace("{ident}", "{id}"), method.lower())
        for rule in application.url_map.iter_rules()
        if rule.endpoint.startswith(("management.", "description."))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    told = {
        (path, method)
        for path, item in described["paths"].items()
        if path not in DELIVERY
        for method in item
        if method != "parameters"
    }
    assert served == told


def test_it_describes_the_doors(described: dict[str, Any]) -> None:
    assert set(described["paths"]) >= DELIVERY


def test_answers_are_as_described(api: Api, described: dict[str, Any]) -> None:
    layered = {**BAR, "layer": {"name": "checkout", "from": 0.2, "to": 0.5}}
    check(described, "Experiment", api.send("POST", "/experiments", layered).json)
    (layer,) = (api.send("GET", "/layers").json or {})["layers"]
    check(described, "Layer", layer)
    check(described, "ExperimentForm", BAR)
    check(described, "Experiment", api.send("POST", "/experiments/bar/start").json)
    check(described, "Experiment", api.send("POST", "/experiments/bar/stop", {"decision": "ship"}).json)
    check(described, "ExperimentList", api.send("GET", "/experiments").json)
    check(described, "MetricList", api.send("GET", "/metrics").json)
    check(described, "MetricForm", api.send("GET", "/metrics/revenue").json)
    check(described, "Problem", api.send("POST", "/experiments/bar/stop", {"decision": "x"}).json)
    check(described, "Problem", api.send("POST", "/experiments/bar/start").json)
    for entry in (api.send("GET", "/audit").json or {})["audit"]:
        check(described, "AuditEntry", entry)
    for entry in (api.send("GET", "/experiments/bar/journal").json or {})["journal"]:
        check(described, "JournalEntry", entry)


def test_every_operation_has_its_own_name_and_a_summary(described: dict[str, Any]) -> None:
    operations = [
        operation
        for item in described["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation["summary"].endswith(".") for operation in operations)
