"""Erasures over HTTP: described, strict, for admin keys only, and without any id in what is told."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.api.openapi import openapi_document
from experiments.db import Database
from experiments.erasure_models import Erasure
from tests.experiments.api.conftest import Api
from tests.experiments.api.test_openapi import check


def test_answers_are_as_described_and_tell_no_id(api: Api, database: Database) -> None:
    described = openapi_document()
    asked = api.send("POST", "/erasures", {"ids": ["anna", "cookie-1"]})
    assert asked.status_code == 202
    assert asked.json is not None
    check(described, "Erasure", asked.json)
    assert asked.json["status"] == "waiting"
    found = api.client.get(asked.headers["Location"], headers={"X-API-Key": api.keys["admin"]})
    assert found.json == asked.json
    assert "anna" not in found.text
    with database.session() as session:
        row = session.get_one(Erasure, asked.json["id"])
        row.result = {
            "subjects": ["a"],
            "rows": {"exposures": 2},
            "files": 1,
            "log_records": 0,
            "quarantined": 0,
        }
        session.add(row)
    check(described, "Erasure", api.send("GET", f"/erasures/{asked.json['id']}").json)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "ids"),
        ({"ids": []}, "ids"),
        ({"ids": "anna"}, "ids"),
        ({"ids": [""]}, "ids.0"),
        ({"ids": ["x" * 201]}, "ids.0"),
        ({"ids": ["anna"], "alone": "yes"}, "alone"),
        ({"ids": ["anna"], "why": "asked"}, "why"),
    ],
)
def test_what_names_no_person_is_refused_with_its_field(api: Api, document: Any, field: str) -> None:
    refused = api.send("POST", "/erasures", document)
    assert refused.status_code == 422
    assert refused.json is not None
    assert [each["field"] for each in refused.json["errors"]] == [field]


def test_other_keys_and_unknown_numbers_are_refused(api: Api) -> None:
    assert api.send("POST", "/erasures", {"ids": ["anna"]}, key="server").status_code == 403
    assert api.send("POST", "/erasures", {"ids": ["anna"]}, key=None).status_code == 401
    assert api.send("GET", "/erasures/99").status_code == 404
    assert api.send("GET", f"/erasures/{2**40}").status_code == 404
