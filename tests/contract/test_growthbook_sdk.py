"""The official Python SDK of GrowthBook, unmodified, agrees with our server at every door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import growthbook
import pytest

from assignment.bulk import Units, assign
from assignment.engine import Decision, Reason, decide_all
from assignment.snapshot import Status
from tests.assignment.examples import CLIENT_KEY, several
from tests.contract.conftest import Live

UNITS = 3_000


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    growthbook.feature_repo.clear_cache()
    yield
    growthbook.feature_repo.clear_cache()


def attributes_of(number: int) -> dict[str, Any]:
    """Ids of every kind that shops use, with attributes that some rules target."""
    kinds = [
        "s-{}",
        "{:032x}",
        "klant-é-{}",
        "😀{}",
        "{}@shop.example",
        "{}",
        "买家{}",
        "Ω" * 150 + "{}",
        " {}\0",
    ]
    unit = kinds[number % len(kinds)].format(number)
    return {
        "id": unit,
        "country": ["NL", "BE", "DE"][number % 3],
        "visits": number % 5,
        "company": f"company-{number % 11}",
    }


def loaded(url: str, **options: Any) -> growthbook.GrowthBook:
    client = growthbook.GrowthBook(api_host=url, client_key=CLIENT_KEY, **options)
    client.load_features()
    return client


def test_the_sdk_decides_locally_what_every_door_of_ours_decides(live: Live) -> None:
    client = loaded(live.url)
    connection = HTTPConnection(live.url.removeprefix("http://"))

    def post(path: str, document: object) -> Any:
        headers = {"X-API-Key": CLIENT_KEY, "Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(document), headers)
        return json.loads(connection.getresponse().read())

    disagreements = []
    for number in range(UNITS):
        attributes = attributes_of(number)
        context = {"context": {"targetingKey": attributes["id"], **attributes}}
        native = post("/api/v1/assign", context)["assignments"]
        flags = post("/ofrep/v1/evaluate/flags", context)["flags"]
        remote = post(f"/api/eval/{CLIENT_KEY}", {"attributes": attributes})
        bulk = {flag["key"]: flag["value"] for flag in flags}
        client.set_attributes(attributes)
        for decision in decide_all(live.compiled, attributes):
            key = decision.experiment
            local = client.eval_feature(key)
            evaluated = remote["features"][key]
            rules = evaluated.get("rules")
            values = [
                native[key]["payload"],
                bulk[key],
                local.value,
                rules[0]["force"] if rules else evaluated["defaultValue"],
            ]
            took_part = local.source == "experiment"
            if any(value != decision.payload for value in values) or took_part != decision.in_experiment:
                disagreements.append((number, key, values))
            if local.experimentResult is not None and local.experimentResult.key != decision.variant:
                disagreements.append((number, key, [local.experimentResult.key]))
    connection.close()
    assert disagreements == []


def test_bulk_recomputation_gives_what_the_doors_gave(live: Live) -> None:
    people = [attributes_of(number) for number in range(UNITS)]
    units = {name: Units.of([str(person[name]) for person in people]) for name in ("id", "company")}
    decided: dict[str, list[Decision]] = {
        item.experiment: [] for item in decide_all(live.compiled, people[0])
    }
    for person in people:
        for item in decide_all(live.compiled, person):
            decided[item.experiment].append(item)
    running = [rule for rule in several() if rule.status is Status.RUNNING]
    for rule in running:
        for item, place in zip(decided[rule.key], assign(rule, units).tolist(), strict=True):
            # Bulk assignment leaves the audience to its caller.
            if item.reason is not Reason.TARGETING_MATCH:
                assert (item.in_experiment, item.variant) == (place >= 0, rule.variants[max(place, 0)].key)
    assert len(running) > 8


def test_the_sdk_keeps_its_features_on_a_304(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    client = loaded(live.url, cache_ttl=0)
    answers: list[int] = []
    pool: Any = growthbook.feature_repo.http
    original = pool.request

    def request(*arguments: Any, **options: Any) -> Any:
        answer = original(*arguments, **options)
        answers.append(answer.status)
        return answer

    monkeypatch.setattr(pool, "request", request)
    client.load_features()
    assert answers == [304]
    client.set_attributes(attributes_of(0))
    assert client.eval_feature("bar").source == "experiment"


def test_exposures_reach_the_callback_with_variant_keys(live: Live) -> None:
    seen: list[tuple[str, str]] = []

    def viewed(experiment: Any, result: Any, **_: Any) -> None:
        seen.append((experiment.key, result.key))

    client = loaded(live.url, on_experiment_viewed=viewed)
    client.set_attributes(attributes_of(0))
    client.eval_feature("bar")
    (decision,) = [item for item in decide_all(live.compiled, attributes_of(0)) if item.experiment == "bar"]
    assert seen == [("bar", decision.variant)]


def test_remote_evaluation_by_the_sdk_gives_the_same_values(live: Live) -> None:
    for number in range(20):
        growthbook.feature_repo.clear_cache()
        attributes = attributes_of(number)
        client = loaded(live.url, attributes=attributes, remote_eval=True)
        for decision in decide_all(live.compiled, attributes):
            assert client.eval_feature(decision.experiment).value == decision.payload, json.dumps(attributes)


def test_an_unknown_key_leaves_the_sdk_with_its_defaults(live: Live) -> None:
    client = growthbook.GrowthBook(api_host=live.url, client_key="sdk-unknown", attributes={"id": "s"})
    client.load_features()
    assert client.eval_feature("bar").source == "unknownFeature"
