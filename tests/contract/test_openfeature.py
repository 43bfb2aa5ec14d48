"""The official OpenFeature provider for OFREP, unmodified, against a live server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagEvaluationDetails

from assignment.engine import decide
from tests.assignment.examples import CLIENT_KEY
from tests.contract.conftest import Live


@pytest.fixture(params=["Authorization", "X-API-Key"])
def client(live: Live, request: pytest.FixtureRequest) -> Iterator[Any]:
    value = f"Bearer {CLIENT_KEY}" if request.param == "Authorization" else CLIENT_KEY
    api.set_provider(OFREPProvider(live.url, headers_factory=lambda: {request.param: value}))
    yield api.get_client()
    api.shutdown()


def evaluate(client: Any, key: str, unit: str | None, **attributes: Any) -> FlagEvaluationDetails[Any]:
    details: FlagEvaluationDetails[Any] = client.get_object_details(
        key, {"code": "default"}, EvaluationContext(unit, attributes)
    )
    return details


@pytest.mark.parametrize(
    "key", ["bar", "dutch", "left", "right", "paused", "draft", "shipped", "rolled-back"]
)
def test_the_provider_resolves_what_the_engine_decides(client: Any, live: Live, key: str) -> None:
    for number in range(25):
        attributes = {"country": "NL" if number % 2 else "BE", "visits": number % 4}
        details = evaluate(client, key, f"s-é-{number}", **attributes)
        decision = decide(live.compiled, key, {"id": f"s-é-{number}", **attributes})
        assert details.error_code is None
        assert details.value == decision.payload
        assert details.variant == decision.variant
        assert details.reason == decision.reason
        assert details.flag_metadata["contextId"] == f"s-é-{number}"
        assert details.flag_metadata["experiment"] == key
        assert details.flag_metadata["inExperiment"] is decision.in_experiment


@pytest.mark.parametrize(
    ("key", "unit", "code"),
    [
        ("unknown", "s-1", ErrorCode.FLAG_NOT_FOUND),
        ("bar", "", ErrorCode.TARGETING_KEY_MISSING),
        ("bar", "x" * 201, ErrorCode.INVALID_CONTEXT),
    ],
)
def test_the_provider_understands_our_errors(client: Any, key: str, unit: str, code: ErrorCode) -> None:
    details = evaluate(client, key, unit)
    assert (details.error_code, details.value) == (code, {"code": "default"})


def test_a_payload_read_as_another_type_is_the_providers_type_mismatch(client: Any) -> None:
    details = client.get_boolean_details("bar", False, EvaluationContext("s-1"))
    assert details.error_code is ErrorCode.TYPE_MISMATCH


def test_a_missing_key_is_an_error_and_the_code_default_stands(live: Live) -> None:
    api.set_provider(OFREPProvider(live.url))
    try:
        details = evaluate(api.get_client(), "bar", "s-1")
        assert details.error_code is ErrorCode.GENERAL
        assert details.value == {"code": "default"}
    finally:
        api.shutdown()
