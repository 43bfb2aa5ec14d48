"""Shoppers who log in keep one variant on the running product: under load, with workers that race, and
while the database is away; and their experiment finds the effect that it has."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.postgres import running_postgres
from tests.serving import CLIENT_KEY, SERVER_KEY, Server, serving

PEOPLE = 160
RATES = {"control": 0.25, "bar": 0.6}
EXPERIMENT = {
    "key": "bar",
    "name": "Bar",
    "fallback_attribute": "anonymousId",
    "variants": [
        {"key": "control", "weight": 0.5},
        {"key": "bar", "weight": 0.5, "payload": {"shown": True}},
    ],
    "metrics": {"primary": ["conversion"]},
    "plan": {"method": "fixed", "planned_units": PEOPLE},
}
METRIC = {"key": "conversion", "name": "Conversion", "kind": "proportion", "event": "order"}


def define(server: Server) -> None:
    for path, body in (("metrics", METRIC), ("experiments", EXPERIMENT), ("experiments/bar/start", {})):
        requests.post(f"{server.url}/api/v1/{path}", json=body, headers=server.headers()).raise_for_status()


def post(server: Server, path: str, document: object) -> Any:
    answer = requests.post(
        f"{server.url}{path}", json=document, headers=server.headers(SERVER_KEY), timeout=30
    )
    answer.raise_for_status()
    return answer.json()


def native(server: Server, unit: str, **attributes: str) -> str:
    document = {"context": {"targetingKey": unit, **attributes}, "expose": True}
    return str(post(server, "/api/v1/assign", document)["assignments"]["bar"]["variant"])


def flag(server: Server, unit: str, **attributes: str) -> str:
    document = {"context": {"targetingKey": unit, **attributes}}
    return str(post(server, "/ofrep/v1/evaluate/flags/bar", document)["variant"])


def remote(server: Server, unit: str, **attributes: str) -> str:
    document = {"attributes": {"id": unit, **attributes}}
    feature = post(server, f"/api/eval/{CLIENT_KEY}", document)["features"]["bar"]
    return "bar" if (feature["rules"][0]["force"] if "rules" in feature else {}) else "control"


def meter(server: Server, memory: str) -> float:
    """Requests so far that the memory of variants served so, over all workers."""
    text = requests.get(f"{server.url}/metrics", timeout=30).text
    found = re.findall(rf'proefwerk_sticky_requests_total{{memory="{memory}"}} (\S+)', text)
    return sum(map(float, found))


def shop(server: Server, number: int) -> set[str]:
    """One shopper: a visit, a login, another device; orders under whichever id they have then."""
    own = random.Random(number)
    seen = [native(server, f"a{number}")]
    if own.random() < 0.8:
        seen.append(native(server, f"c{number}", anonymousId=f"a{number}"))
        if own.random() < 0.6:
            seen.append(own.choice((flag, remote))(server, f"c{number}"))
            seen.append(native(server, f"c{number}", anonymousId=f"b{number}"))
            seen.append(native(server, f"b{number}"))
        unit = own.choice([f"a{number}", f"c{number}"])
    else:
        unit = f"a{number}"
    if own.random() < RATES[seen[0]]:
        order = {"type": "conversion", "id": f"o{number}", "unit": unit, "name": "order"}
        post(server, "/api/v1/events", [order])
    return set(seen)


def at_once(server: Server, requests_of: Sequence[tuple[str, dict[str, str]]]) -> set[str]:
    with ThreadPoolExecutor(len(requests_of)) as crowd:
        return set(crowd.map(lambda asked: native(server, asked[0], **asked[1]), requests_of))


def test_shoppers_who_log_in_are_one_person_each_and_the_effect_is_found(tmp_path: Path) -> None:
    with serving(tmp_path / "home", workers=2) as server, ThreadPoolExecutor(6) as crowd:
        define(server)
        found = list(crowd.map(lambda number: shop(server, number), range(PEOPLE)))
        assert meter(server, "away") == meter(server, "unlinked") == 0
        assert all(len(variants) == 1 for variants in found), "one variant per person, at every door"
        report = requests.post(
            f"{server.url}/api/v1/experiments/bar/analyze", headers=server.headers(), timeout=120
        ).json()
        for number in range(8):
            both = (f"racer-{number}", {"anonymousId": f"visitor-{number}"})
            assert len(at_once(server, [both, (f"racer-{number}", {}), both, both])) == 1
    health = report["health"]
    assert sum(arm["units"] for arm in report["variants"]) == PEOPLE
    assert health["srm"]["status"] == health["multiple_exposure"]["status"] == "ok"
    assert health["linked"]["code"] == "linked"
    assert health["linked"]["persons"] > PEOPLE // 2
    [metric] = report["metrics"]
    effect = metric["comparisons"][0]["absolute"]
    # Three and a third standard errors: 999 of 1,000 draws of shoppers lie within.
    within = 3.3 / 1.96 * (effect["upper"] - effect["lower"]) / 2
    assert abs(effect["estimate"] - (RATES["bar"] - RATES["control"])) < within
    assert metric["comparisons"][0]["significant"]


@pytest.mark.slow
def test_decisions_go_on_without_the_database_and_what_is_known_is_kept(tmp_path: Path) -> None:
    with running_postgres(durable=True) as postgres:
        url = postgres.url(postgres.create_database())
        with serving(tmp_path / "home", PROEFWERK_DATABASE_URL=url) as server:
            define(server)
            before = {n: native(server, f"a{n}") for n in range(8)}
            assert {n: native(server, f"c{n}", anonymousId=f"a{n}") for n in range(8)} == before
            postgres.process.kill()
            postgres.process.wait()
            assert {n: native(server, f"c{n}", anonymousId=f"a{n}") for n in range(8)} == before
            assert {n: flag(server, f"a{n}") for n in range(8)} == before
            assert meter(server, "away") == 0, "nothing had to be asked"
            assert native(server, "stranger") == native(server, "stranger")
            assert meter(server, "away") == 2
