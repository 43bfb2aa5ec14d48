"""The database goes away under a running platform: storefronts must not notice."""

from __future__ import annotations

from pathlib import Path

import requests

from tests.postgres import running_postgres
from tests.serving import SERVER_KEY, Server, serving

SHOPPERS = 200


def define(server: Server) -> None:
    metric = {"key": "conversion", "name": "Conversion", "kind": "proportion", "event": "order"}
    variants = [{"key": "control", "weight": 0.5}, {"key": "bar", "weight": 0.5}]
    document = {"key": "bar", "name": "Bar", "variants": variants, "metrics": {"primary": ["conversion"]}}
    for path, body in (
        ("/api/v1/metrics", metric),
        ("/api/v1/experiments", document),
        ("/api/v1/experiments/bar/start", {}),
    ):
        requests.post(f"{server.url}{path}", json=body, headers=server.headers()).raise_for_status()


def assignments(server: Server) -> list[str]:
    found = []
    for number in range(SHOPPERS):
        body = {"context": {"targetingKey": f"shopper-{number}"}, "expose": True}
        answer = requests.post(f"{server.url}/api/v1/assign", json=body, headers=server.headers(SERVER_KEY))
        answer.raise_for_status()
        found.append(answer.json()["assignments"]["bar"]["variant"])
    return found


def test_assignments_and_events_go_on_without_the_database(tmp_path: Path) -> None:
    with running_postgres(durable=True) as postgres:
        name = postgres.create_database()
        with serving(tmp_path / "home", PROEFWERK_DATABASE_URL=postgres.url(name)) as server:
            define(server)
            before = assignments(server)
            postgres.process.kill()
            postgres.process.wait()
            assert assignments(server) == before
            order = {"type": "conversion", "id": "o-1", "unit": "shopper-1", "name": "order"}
            told = requests.post(
                f"{server.url}/api/v1/events", json=[order], headers=server.headers(SERVER_KEY)
            )
            assert told.json() == {"accepted": 1, "duplicates": 0, "rejected": []}
            assert requests.get(f"{server.url}/readyz", timeout=5).status_code == 200
            refused = requests.get(f"{server.url}/api/v1/experiments", headers=server.headers())
            assert refused.status_code == 503
            assert refused.headers["Content-Type"].startswith("application/problem+json")


def test_a_restart_keeps_every_shopper_in_their_variant(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home) as server:
        define(server)
        before = assignments(server)
    with serving(home, workers=2) as server:
        assert assignments(server) == before
