"""Bots over HTTP: described, paged, strict, and for admin keys only."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.api.openapi import openapi_document
from experiments.db import utc_now
from experiments.service.observations import BOTS, observe
from tests.experiments.api.conftest import Api
from tests.experiments.api.test_openapi import check

SEEN = {
    "rules": [
        {"rule": "Googlebot", "source": "agent", "units": 2, "seen_at": None, "list": "1"}
    ],
    "units": [
        {"unit": f"g{number}", "rule": "Googlebot", "source": "agent", "agent": "Googlebot/2.1",
         "seen_at": "2026-11-01T12:00:00+00:00"}
        for number in range(2)
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def seen(database: Any) -> None:
    with database.session() as session:
        observe(session, BOTS, SEEN, utc_now())


def test_answers_are_as_described(api: Api) -> None:
    described = openapi_document()
    made = api.send("POST", "/bots", {"unit": "u-1", "note": "A scraper of prices"})
    assert made.status_code == 201
    check(described, "BotVerdict", made.json)
    check(described, "BotVerdict", api.send("PUT", "/bots/limit", {"events_per_hour": 2000}).json)
    found = api.send("GET", "/bots").json
    check(described, "Bots", found)
    assert found is not None
    assert [each["unit"] for each in found["units"]] == ["u-1", "g0", "g1"]
    assert found["events_per_hour"] == 2000


def test_a_verdict_can_be_taken_back_once(api: Api) -> None:
    made = api.send("POST", "/bots", {"rule": "Googlebot", "says": "shopper"}).json
    assert made is not None
    assert api.send("DELETE", f"/bots/{made['id']}").status_code == 204
    assert api.send("DELETE", f"/bots/{made['id']}").status_code == 404


@pytest.mark.parametrize("ident", [2**31, 2**63, 10**40, "9" * 5_000])
def test_a_number_beyond_those_of_databases_is_the_number_of_no_verdict(api: Api, ident: object) -> None:
    assert api.send("DELETE", f"/bots/{ident}").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "unit"),
        ({"unit": "u", "rule": "r"}, "unit"),
        ({"rule": "Googlebot"}, "says"),
        ({"unit": ""}, "unit"),
        ({"unit": "u" * 201}, "unit"),
        ({"unit": "u", "says": "human"}, "says"),
        ({"unit": "u", "why": "?"}, "why"),
    ],
)
def test_a_verdict_that_says_nothing_sound_is_refused_by_field(
    api: Api, body: dict[str, Any], field: str
) -> None:
    answer = api.send("POST", "/bots", body)
    assert answer.status_code == 422
    assert answer.json is not None
    assert [each["field"] for each in answer.json["errors"]] == [field]


@pytest.mark.parametrize("limit", [0, 9, 1.5, "many", 10_000_000])
def test_a_limit_that_shoppers_reach_is_refused(api: Api, limit: Any) -> None:
    assert api.send("PUT", "/bots/limit", {"events_per_hour": limit}).status_code == 422


@pytest.mark.parametrize("key", ["client", "server"])
def test_other_keys_neither_see_nor_judge(api: Api, key: str) -> None:
    assert api.send("GET", "/bots", key=key).status_code == 403
    assert api.send("POST", "/bots", {"unit": "u"}, key=key).status_code == 403
    assert api.send("DELETE", "/bots/1", key=key).status_code == 403
