"""Exchange rates over HTTP: described, strict, locked, and for admin keys only."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.api.openapi import openapi_document
from tests.experiments.api.conftest import Api
from tests.experiments.api.test_openapi import check

USD = {"base": "EUR", "currency": "USD", "day": "2026-11-01", "rate": "1.0842"}


def test_answers_are_as_described(api: Api) -> None:
    described = openapi_document()
    made = api.send("PUT", "/rates", {"rates": [USD, {**USD, "currency": "GBP", "rate": "0.88"}]})
    assert made.status_code == 200
    assert made.json == {"added": 2, "unchanged": 0, "changed": 0, "corrected": 0}
    check(described, "RatesKept", made.json)
    found = api.send("GET", "/rates?currency=USD&since=2026-11-01&until=2026-11-01").json
    check(described, "RateList", found)
    assert found is not None
    assert (found["total"], found["rates"][0]["rate"], found["rates"][0]["locked"]) == (1, "1.0842", True)


def test_a_locked_rate_is_changed_only_as_a_correction(api: Api) -> None:
    api.send("PUT", "/rates", {"rates": [USD]})
    changed = {**USD, "rate": "1.1"}
    refused = api.send("PUT", "/rates", {"rates": [changed]})
    assert refused.status_code == 409
    assert refused.json is not None
    assert [each["field"] for each in refused.json["errors"]] == ["rates.0.rate"]
    answer = api.send("PUT", "/rates", {"rates": [changed], "correction": "A typing error"})
    assert answer.json is not None
    assert answer.json["corrected"] == 1
    entries = api.send("GET", "/audit").json
    assert entries is not None
    told = [each["action"] for each in entries["audit"] if each["object"]["kind"] == "rate"]
    assert told == ["correct", "create"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rate": 1.1}, "rates.0.rate"), ({"rate": "0"}, "rates.0.rate"), ({"rate": "1,1"}, "rates.0.rate"),
        ({"currency": "usd"}, "rates.0.currency"), ({"currency": "EUR"}, "rates.0.currency"),
        ({"day": "yesterday"}, "rates.0.day"), ({"day": "0001-01-01"}, "rates.0.day"),
        ({"more": 1}, "rates.0.more"),
    ],
)  # fmt: skip
def test_what_is_no_rate_is_refused_by_field(api: Api, change: dict[str, Any], field: str) -> None:
    answer = api.send("PUT", "/rates", {"rates": [{**USD, **change}]})
    assert answer.status_code == 422
    assert answer.json is not None
    assert [each["field"] for each in answer.json["errors"]] == [field]


@pytest.mark.parametrize("key", ["client", "server"])
def test_other_keys_neither_see_nor_enter_rates(api: Api, key: str) -> None:
    assert api.send("GET", "/rates", key=key).status_code == 403
    assert api.send("PUT", "/rates", {"rates": [USD]}, key=key).status_code == 403
