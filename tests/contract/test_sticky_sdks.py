"""Official SDKs with their own sticky buckets follow a person as our server does, from its payload alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import growthbook
import pytest

from tests.assignment.examples import experiment, variants
from tests.assignment.sticky_shop import STICKY, Shop
from tests.contract.test_javascript_clients import asked_of_javascript

PEOPLE = 60
KEYS = ("bar", "later", "plain")
EXPERIMENTS = (
    STICKY,
    experiment(
        "later", fallback_attribute="anonymousId", version=3, seed="x", variants=variants(0.2, 0.3, 0.5)
    ),
    experiment("plain"),
)
Attributes = dict[str, Any]
Steps = list[Attributes]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path, EXPERIMENTS)
    opened.open()
    yield opened
    opened.doors.sink.close()  # type: ignore[attr-defined]


def journey(number: int) -> Steps:
    """Where the protocol says what a person gets: before login, after it, elsewhere, with a second device."""
    visitor, account, other = f"a{number}", f"c{number}", f"b{number}"
    return [
        {"anonymousId": visitor},
        {"anonymousId": visitor, "id": account},
        {"id": account},
        {"anonymousId": other, "id": account},
        {"anonymousId": visitor},
        {"anonymousId": visitor, "id": account},
    ]


def decided(shop: Shop, attributes: Attributes, key: str) -> str:
    """What our remote evaluation gives; of the plain experiment whoever has no id gets the control."""
    return shop.remote(attributes.get("id", ""), key, **{k: v for k, v in attributes.items() if k != "id"})


def of_python(shop: Shop, steps: Steps) -> list[list[str]]:
    service = growthbook.InMemoryStickyBucketService()
    found = []
    for attributes in steps:
        client = growthbook.GrowthBook(
            attributes=dict(attributes), features=shop.features(), sticky_bucket_service=service
        )
        client.refresh_sticky_buckets(force=True)
        values: list[Any] = [client.eval_feature(key).value for key in KEYS]
        found.append([str(value["variant"]) for value in values])
        client.destroy()
    return found


def test_the_python_sdk_follows_a_person_as_our_server_does(shop: Shop) -> None:
    for number in range(PEOPLE):
        steps = journey(number)
        ours = [[decided(shop, step, key) for key in KEYS] for step in steps]
        assert of_python(shop, steps) == ours
        assert len({variant for variant, *_ in ours}) == 1


def test_the_javascript_sdk_follows_a_person_as_our_server_does(shop: Shop, node: str) -> None:
    stores: list[dict[str, Any]] = [{} for _ in range(PEOPLE)]
    features = shop.features()
    for step in range(len(journey(0))):
        asked = [(number, key) for number in range(PEOPLE) for key in KEYS]
        cases = [
            {
                "ctx": {"attributes": journey(number)[step], "features": features},
                "key": key,
                "documents": list(stores[number].values()),
            }
            for number, key in asked
        ]
        for (number, key), (result, stored) in zip(asked, asked_of_javascript(node, cases), strict=True):
            theirs = result["key"] if result and result["inExperiment"] else "control"
            assert theirs == decided(shop, journey(number)[step], key), (number, step, key)
            _merge(stores[number], stored)


def test_an_sdk_leaves_out_who_took_part_in_an_earlier_phase_as_our_server_does(
    shop: Shop,
) -> None:
    first = journey(0)[0]
    assert decided(shop, first, "bar") == of_python(shop, [first])[0][0]
    service = growthbook.InMemoryStickyBucketService()
    for attributes, version in ((first, 2), (journey(0)[1], 3)):
        shop.publish(
            experiment("bar", fallback_attribute="anonymousId", version=version, seed=f"s:{version}")
        )
        client = growthbook.GrowthBook(
            attributes=dict(attributes), features=shop.features(), sticky_bucket_service=service
        )
        client.refresh_sticky_buckets(force=True)
        local = client.eval_feature("bar")
        remote = decided(shop, attributes, "bar")
        client.destroy()
    assert local.source == "defaultValue"
    assert remote == "control"


def _merge(known: dict[str, Any], stored: dict[str, Any]) -> None:
    for key, document in stored.items():
        before = known.get(key, {"assignments": {}})
        known[key] = {**document, "assignments": {**before["assignments"], **document["assignments"]}}
