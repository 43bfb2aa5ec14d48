"""The payload that GrowthBook SDKs load."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from assignment.api import Doors
from tests.assignment.examples import ADMIN_KEY, CLIENT_KEY, SERVER_KEY

PATH = f"/api/features/{CLIENT_KEY}"


def test_a_running_experiment_is_a_rule_that_splits_as_our_engine_does(plain: Client) -> None:
    features = plain.get(PATH).get_json()["features"]
    (rule,) = features["left"]["rules"]
    assert rule == {
        "id": "left-1",
        "key": "left",
        "name": "left",
        "phase": "1",
        "seed": "left:1",
        "hashAttribute": "id",
        "hashVersion": 2,
        "coverage": 1.0,
        "weights": [0.5, 0.5],
        "variations": [{"variant": "control", "threshold": 0}, {"variant": "treatment-1", "threshold": 10}],
        "meta": [{"key": "control", "name": "Control"}, {"key": "treatment-1", "name": "Treatment-1"}],
        "filters": [{"attribute": "id", "seed": "checkout", "hashVersion": 2, "ranges": [[0.0, 0.5]]}],
    }
    assert features["left"]["defaultValue"] == {"variant": "control", "threshold": 0}
    assert features["dutch"]["rules"][0]["condition"] == {"country": "NL", "visits": {"$gte": 2}}


def test_what_is_paused_shipped_or_unpublished_is_told_apart(plain: Client) -> None:
    features = plain.get(PATH).get_json()["features"]
    assert set(features) == {"bar", "by-company", "dutch", "left", "paused", "right", "shipped"}
    assert "rules" not in features["paused"]
    assert features["shipped"]["rules"] == [
        {"id": "shipped-shipped", "force": {"variant": "treatment-1", "threshold": 10}}
    ]


def test_the_payload_may_be_cached_and_says_when_it_changed(plain: Client, doors: Doors) -> None:
    answer = plain.get(PATH)
    assert answer.content_type == "application/json"
    assert answer.get_json()["dateUpdated"] == doors.source.current().snapshot.published_at
    assert answer.headers["Cache-Control"].startswith("public, max-age=30, stale-while-revalidate")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = plain.get(PATH, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == answer.headers["ETag"]
    assert plain.get(PATH, headers={"If-None-Match": '"old"'}).status_code == 200


@pytest.mark.parametrize(("key", "status"), [("unknown", 401), (ADMIN_KEY, 403), (SERVER_KEY, 403)])
def test_only_a_client_key_opens_the_payload(plain: Client, key: str, status: int) -> None:
    answer = plain.get(f"/api/features/{key}")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


def test_browsers_may_ask_first(plain: Client) -> None:
    assert plain.options(PATH).status_code == 204
