"""A revoked key opens no door any more, whichever worker is met."""

from __future__ import annotations

import time
from pathlib import Path

import requests

from experiments.auth import Actor, Role
from experiments.db import Database
from experiments.service.keys import create_key, revoke_key
from experiments.settings import Settings
from tests.serving import serving

DOORS = ["/api/v1/assign", "/ofrep/v1/evaluate/flags", "/api/v1/events"]


def test_a_revoked_key_is_refused_by_all_workers_within_two_seconds(tmp_path: Path) -> None:
    actor = Actor("system", "test", Role.ADMIN)
    with serving(tmp_path / "home", workers=2) as server:

        def statuses(key: str) -> set[int]:
            """Of many connections, so that both workers are met."""
            found = [
                requests.get(f"{server.url}/api/features/{key}", timeout=10).status_code for _ in range(12)
            ]
            for door in DOORS:
                body = {"context": {"targetingKey": "s"}}
                answer = requests.post(server.url + door, json=body, headers={"X-API-Key": key}, timeout=10)
                found.append(401 if answer.status_code == 401 else 200)
            return set(found)

        database = Database(Settings.from_environment({"PROEFWERK_HOME": str(server.home)}).database_url)
        with database.session() as session:
            made, key = create_key(session, "client", "leaving", actor)
            ident = made.id
        deadline = time.monotonic() + 5
        while statuses(key) != {200} and time.monotonic() < deadline:
            time.sleep(0.1)
        assert statuses(key) == {200}
        assert ident is not None
        with database.session() as session:
            revoke_key(session, ident, actor)
        database.close()
        time.sleep(2)
        assert statuses(key) == {401}
