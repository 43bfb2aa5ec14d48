"""The payload that GrowthBook SDKs load."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from assignment.api import Doors
from assignment.engine import decide_all
from assignment.growthbook.payload import features_of
from assignment.snapshot import Slot, build
from tests.assignment.examples import (
    ADMIN_KEY,
    CLIENT_KEY,
    SERVER_KEY,
    experiment,
    live_keys,
    shopper,
    variants,
)

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
        "disableStickyBucketing": True,
        "filters": [{"attribute": "id", "seed": "checkout", "hashVersion": 2, "ranges": [[0.0, 0.5]]}],
    }
    assert features["left"]["defaultValue"] == {"variant": "control", "threshold": 0}
    assert features["dutch"]["rules"][0]["condition"] == {"country": "NL", "visits": {"$gte": 2}}


def test_what_is_paused_shipped_or_unpublished_is_told_apart(plain: Client) -> None:
    features = plain.get(PATH).get_json()["features"]
    assert list(features) == live_keys()
    assert "rules" not in features["paused"]
    assert features["shipped"]["rules"] == [
        {"id": "shipped-shipped", "force": {"variant": "treatment-1", "threshold": 10}}
    ]


def test_a_variant_keeps_its_place_among_the_variations_however_the_split_has_grown() -> None:
    slots = (Slot(0, 0.0, 0.1), Slot(2, 0.1, 0.3), Slot(0, 0.3, 0.4), Slot(1, 0.5, 0.6))
    rule = experiment("grown", variants=variants(0.4, 0.2, 0.2, 0.2), slots=slots)
    published = features_of(build((rule,), ()))["grown"]["rules"][0]
    keys = [variation["key"] for variation in published["meta"]]
    assert keys == ["control", "treatment-1", "treatment-2", "treatment-3", "control"]
    assert published["ranges"] == [[0.0, 0.1], [0.5, 0.6], [0.1, 0.3], [0.0, 0.0], [0.3, 0.4]]


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


REMOTE = f"/api/eval/{CLIENT_KEY}"


def test_remote_evaluation_gives_values_and_exposures_but_no_rules(plain: Client, doors: Doors) -> None:
    for number in range(40):
        attributes = shopper(f"s-{number}", country="NL", visits=2, company="acme")
        answer = plain.post(REMOTE, json={"attributes": attributes})
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        for decision in decide_all(doors.source.current(), attributes):
            feature = answer.get_json()["features"][decision.experiment]
            if not decision.in_experiment:
                assert feature == {"defaultValue": decision.payload}
                continue
            (rule,) = feature["rules"]
            assert rule["force"] == decision.payload
            (track,) = rule["tracks"]
            assert track["result"]["key"] == decision.variant
            assert track["experiment"]["key"] == decision.experiment
            assert [value for value in track["experiment"]["variations"] if value] == [decision.payload]
            assert not {"condition", "filters"} & set(track["experiment"])


def test_remote_evaluation_forces_what_the_client_forces_without_an_exposure(plain: Client) -> None:
    attributes = {"attributes": {"id": "s-1"}}
    forced = plain.post(REMOTE, json={**attributes, "forcedVariations": {"bar": 1}}).get_json()["features"]
    assert forced["bar"]["rules"] == [{"force": {"variant": "treatment-1", "threshold": 10}}]
    linked = plain.post(REMOTE, json={**attributes, "url": "https://shop.example/?bar=1"}).get_json()[
        "features"
    ]
    assert linked["bar"] == forced["bar"]
    overridden = plain.post(REMOTE, json={**attributes, "forcedFeatures": [["bar", {"x": 1}]]}).get_json()
    assert overridden["features"]["bar"] == {"defaultValue": {"x": 1}}


def test_remote_evaluation_of_nobody_gives_the_controls(plain: Client) -> None:
    features = plain.post(REMOTE, json={}).get_json()["features"]
    assert features["bar"] == {"defaultValue": {"variant": "control", "threshold": 0}}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"attributes": []}, 422),
        ({"forcedVariations": {"bar": "1"}}, 422),
        ({"forcedVariations": {"bar": True}}, 422),
        ({"forcedVariations": {"bar": -7}}, 200),
        ({"forcedFeatures": [["bar"]]}, 422),
        ({"forcedFeatures": [[1, 2]]}, 422),
        ({"forcedFeatures": "bar"}, 422),
        ({"url": 7}, 422),
        ({"attributes": {f"a{number}": number for number in range(1001)}}, 400),
        ({"forcedFeatures": [["bar", 1]] * 1001}, 400),
        ([], 400),
    ],
)
def test_remote_evaluation_refuses_in_words(plain: Client, body: object, status: int) -> None:
    answer = plain.post(REMOTE, json=body)
    assert answer.status_code == status
    if status != 200:
        assert answer.content_type == "application/problem+json"
    assert plain.post("/api/eval/nobody", json=body).status_code == 401
    assert plain.post(f"/api/eval/{SERVER_KEY}", json=body).status_code == 403


def test_a_rule_with_a_fallback_attribute_lets_sdks_with_sticky_buckets_keep_people() -> None:
    rule = experiment("bar", fallback_attribute="anonymousId", version=3)
    [told] = features_of(build((rule,), ()))["bar"]["rules"]
    asked = ("fallbackAttribute", "bucketVersion", "minBucketVersion", "disableStickyBucketing")
    assert [told.get(name) for name in asked] == ["anonymousId", 3, 3, None]
