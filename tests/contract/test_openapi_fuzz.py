"""Whatever the description of the API allows is answered as it says, and never with a failure of ours."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi import checks

import wsgi
from experiments.cli.context import prepare
from experiments.settings import Settings
from tests.assignment.api.test_fuzz import FUZZ_SCALE
from tests.experiments.examples import BAR
from tests.serving import ADMIN_KEY, CLIENT_KEY, SERVER_KEY

CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
METRICS = [{"key": key, "name": key, "kind": "count", "event": "order"} for key in ("conversion", "revenue")]
DELIVERY = ("/api/v1/assign", "/api/v1/events", "/api/v1/unit", "/ofrep/")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The whole product in this process, with an experiment that runs."""
    made = Settings.from_environment(
        {
            "PROEFWERK_HOME": str(tmp_path_factory.mktemp("fuzzed")),
            "PROEFWERK_BOOTSTRAP_ADMIN_KEY": ADMIN_KEY,
            "PROEFWERK_BOOTSTRAP_SERVER_KEY": SERVER_KEY,
            "PROEFWERK_BOOTSTRAP_CLIENT_KEY": CLIENT_KEY,
            "PROEFWERK_STREAMS": "0",
        }
    )
    prepare(made)
    application = wsgi.create_app(made)
    client, headers = application.test_client(), {"X-API-Key": ADMIN_KEY}
    for metric in METRICS:
        client.post("/api/v1/metrics", json=metric, headers=headers)
    rule = {**BAR, "metrics": {"primary": ["conversion"]}}
    assert client.post("/api/v1/experiments", json=rule, headers=headers).status_code == 201
    assert client.post("/api/v1/experiments/bar/start", headers=headers).status_code == 200
    return application


def fuzz(operation: Any) -> list[int]:
    """Try one operation; the statuses that it was answered with."""
    headers = {"X-API-Key": SERVER_KEY if operation.path.startswith(DELIVERY) else ADMIN_KEY}
    statuses: list[int] = []

    @settings(
        max_examples=4 * FUZZ_SCALE,
        deadline=None,
        database=None,
        derandomize=FUZZ_SCALE == 1,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def try_one(case: Any) -> None:
        # Most of what is generated should get past the key, and meet something that is there.
        if len(statuses) % 4:
            case.path_parameters = {**(case.path_parameters or {}), **_known(case.path_parameters)}
            (case.headers or {}).pop("Authorization", None)
        answer = case.call(headers=headers)
        statuses.append(answer.status_code)
        # 503 is no failure: nobody analyses here.
        failed = answer.status_code >= 500 and answer.status_code != 503
        assert not failed, f"{operation.label} {case.path_parameters} {case.query} {case.body!r:.2000}"
        case.validate_response(answer, checks=CHECKS)

    try_one()
    return statuses


def _known(parameters: dict[str, Any] | None) -> dict[str, str]:
    known = {"client_key": CLIENT_KEY, "key": "bar", "name": "bar"}
    return {name: value for name, value in known.items() if name in (parameters or {})}


@pytest.mark.filterwarnings("ignore")
def test_every_operation_answers_as_described(app: Flask) -> None:
    schema: Any = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    statuses = [status for found in schema.get_all_operations() for status in fuzz(found.ok())]
    print(f"{len(statuses):,} requests, answered with {sorted(set(statuses))}")
    assert len(statuses) > 100
    assert {200, 404, 422} <= set(statuses)
