"""The shop's calendar over HTTP: described, strict, and safe for a release tool that tries again."""

from __future__ import annotations

from experiments.api.openapi import openapi_document
from tests.experiments.api.conftest import Api
from tests.experiments.api.test_openapi import check

RELEASE = {"kind": "release", "name": "Shop 9.1", "starts_on": "2026-11-20"}


def test_a_release_tool_that_tries_again_leaves_one_mark(api: Api) -> None:
    made = api.send("POST", "/calendar", RELEASE)
    again = api.send("POST", "/calendar", RELEASE)
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json is not None
    check(openapi_document(), "CalendarEntry", made.json)
    assert again.json == made.json
    assert made.json["ends_on"] == "2026-11-20"
    assert made.headers["Location"] == f"/api/v1/calendar/{made.json['id']}"
    assert api.published == []


def test_entries_are_listed_by_day_changed_and_taken_out(api: Api) -> None:
    made = api.send("POST", "/calendar", RELEASE).json
    assert made is not None
    path = f"/calendar/{made['id']}"
    changed = api.send("PUT", path, {**RELEASE, "ends_on": "2026-11-22", "factor": 1.2}).json
    assert changed is not None
    assert api.send("GET", path).json == changed
    listed = {
        query: [each["id"] for each in (api.send("GET", f"/calendar{query}").json or {})["calendar"]]
        for query in ("", "?since=2026-11-22", "?since=2026-11-23", "?until=2026-11-19", "?experiment=bar")
    }
    assert [len(found) for found in listed.values()] == [1, 1, 0, 0, 1]
    assert api.send("DELETE", path).status_code == 204
    assert [api.send(method, path, RELEASE).status_code for method in ("GET", "PUT", "DELETE")] == [404] * 3


def test_a_wrong_day_or_field_is_named(api: Api) -> None:
    for answer, field in (
        (api.send("GET", "/calendar?since=soon"), "since"),
        (api.send("POST", "/calendar", {**RELEASE, "ends_on": "2026-11-01"}), "ends_on"),
        (api.send("POST", "/calendar", {**RELEASE, "experiment": "nobody"}), "experiment"),
        (api.send("POST", "/calendar", {**RELEASE, "colour": "red"}), "colour"),
    ):
        assert answer.status_code == 422
        assert answer.json is not None
        assert answer.json["errors"][0]["field"] == field
    assert api.send("POST", "/calendar", RELEASE, key="server").status_code == 403
    assert api.send("GET", f"/calendar/{2**63}").status_code == 404
