"""Several nodes on one database and one object store are one platform, and any of them may die."""

from __future__ import annotations

import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlmodel import select

from experiments import jobs
from experiments.analysis.lake import Lake
from experiments.db import Database
from experiments.models import Lease
from experiments.settings import Settings
from experiments.workplace import Workplace
from tests.benchmarks.load import descendants
from tests.object_store import CREDENTIALS, new_bucket, running_s3
from tests.postgres import running_postgres
from tests.serving import ROOT, SERVER_KEY, Server, free_port, serving, start

from .reporters import Reporters

NODE, CHECKS_BLOCK, *_ = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "scale.md").read_text(), re.DOTALL)
CHECKS = CHECKS_BLOCK.splitlines()
METRIC = {"key": "orders", "name": "Orders", "kind": "count", "event": "order", "window_hours": 24}
EXPERIMENT = {
    "key": "bar",
    "name": "Bar",
    "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5}],
    "metrics": {"primary": ["orders"]},
}
SHIPPED_SECONDS = 30.0
TAKEN_OVER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the nodes share.

    Attributes:
        settings: Of each node.
        database: The control database.
    """

    settings: dict[str, Any]
    database: Database

    def leader(self) -> int:
        """The process that leads; 0 while none does."""
        with self.database.reading() as session:
            lease = session.exec(select(Lease)).first()
        return int(lease.holder.split(":")[1]) if lease is not None else 0


@contextmanager
def cluster() -> Iterator[Cluster]:
    """An empty database and an empty bucket."""
    with ExitStack() as stack:
        postgres = stack.enter_context(running_postgres(durable=True))
        endpoint = stack.enter_context(running_s3())
        url = postgres.url(postgres.create_database())
        database = Database(url)
        stack.callback(database.close)
        settings = {
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": endpoint,
            "PROEFWERK_DATABASE_URL": url,
            "PROEFWERK_LAKE_URL": f"s3://{new_bucket(endpoint)}/lake",
            "PROEFWERK_SECRET": "the same on every node",
        }
        yield Cluster(settings, database)


def run(command: str, node: Server, shared: Cluster) -> str:
    """What a command of the documentation says on a node."""
    command = command.replace("http://127.0.0.1:8000", node.url).replace("free-shipping-bar", "bar")
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", documented(command)],
        cwd=ROOT, env=environment(node.home, shared), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert finished.returncode == 0, f"{command}\n{finished.stderr}"
    return finished.stdout


@contextmanager
def as_documented(home: Path, shared: Cluster) -> Iterator[Server]:
    """A node started by what the documentation says, with the addresses of this cluster in it."""
    script = NODE
    for name, value in environment(home, shared).items():
        script = re.sub(rf"\b{name}=\S+", f"{name}={shlex.quote(value)}", script)
    port = free_port()
    script = script.replace("0.0.0.0 --port 8000 --workers 4", f"127.0.0.1 --port {port} --workers 1")
    command = ["bash", "-euc", documented(script)]
    credentials: dict[str, Any] = CREDENTIALS
    with serving(home, port=port, command=command, **credentials) as server:
        yield server


def environment(home: Path, shared: Cluster) -> dict[str, str]:
    return {**os.environ, **shared.settings, "PROEFWERK_HOME": str(home)}


def documented(script: str) -> str:
    return script.replace(".venv/bin/proefwerk", f"exec {shlex.quote(sys.executable)} -m experiments.cli")


def call(server: Server, path: str, document: Any = None) -> Any:
    answer = requests.post(
        f"{server.url}/api/v1/{path}", json=document or {}, headers=server.headers(), timeout=60
    )
    assert answer.ok, answer.text
    return answer.json()


def define(server: Server) -> None:
    call(server, "metrics", METRIC)
    call(server, "experiments", EXPERIMENT)
    call(server, "experiments/bar/start")


def report(server: Server, events: list[dict[str, Any]]) -> dict[str, Any]:
    told = requests.post(
        f"{server.url}/api/v1/events", json=events, headers=server.headers(SERVER_KEY), timeout=30
    )
    told.raise_for_status()
    found: dict[str, Any] = told.json()
    return found


def orders(first: int, count: int) -> list[dict[str, Any]]:
    """For each number a shopper who met the control and ordered once."""
    met = {"type": "exposure", "experiment": "bar", "variant": "control"}
    return [
        event
        for number in range(first, first + count)
        for event in (
            {**met, "id": f"e{number}", "unit": f"s{number}"},
            {"type": "conversion", "id": f"o{number}", "unit": f"s{number}", "name": "order"},
        )
    ]


def within(seconds: float, condition: Callable[[], bool]) -> float:
    """Waits until it holds; how long that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not within {seconds:.0f} s"
        time.sleep(0.1)
    return time.monotonic() - began


def counted(server: Server) -> tuple[int, float]:
    """Shoppers and orders of the control, in a report made now."""
    found = call(server, "experiments/bar/analyze")
    control = found["metrics"][0]["variants"][0]
    return found["variants"][0]["units"], control["sum"]


def revision(server: Server) -> str:
    ready = requests.get(f"{server.url}/readyz", timeout=5)
    return str(ready.json()["revision"])


def test_two_nodes_count_each_event_once_and_another_leads_when_the_leader_is_killed(tmp_path: Path) -> None:
    with cluster() as shared, ExitStack() as stack:
        with ThreadPoolExecutor(2) as both:
            one, other = both.map(
                lambda name: stack.enter_context(as_documented(tmp_path / name, shared)), ("one", "other")
            )
        define(one)
        within(5, lambda: revision(one) == revision(other))
        assert report(one, orders(0, 40))["accepted"] == 80
        assert report(other, orders(20, 40))["accepted"] == 80, "another node does not know what this one has"
        assert report(other, orders(20, 40))["duplicates"] == 80
        within(SHIPPED_SECONDS, lambda: counted(other) == (60, 60.0))
        for command in CHECKS:
            assert run(command, other, shared), command

        within(10, lambda: shared.leader() != 0)
        leader = shared.leader()
        nodes = {pid: node for node in (one, other) for pid in descendants(node.process.pid)}
        assert leader in nodes
        os.kill(leader, signal.SIGKILL)
        report(one, orders(60, 20))
        report(other, orders(70, 20))
        within(TAKEN_OVER_SECONDS, lambda: shared.leader() not in (0, leader))
        within(SHIPPED_SECONDS, lambda: counted(one) == (90, 90.0))
        assert counted(other) == (90, 90.0)

        call(one, "experiments/bar/pause")
        assert within(5, lambda: revision(one) == revision(other)) < 2.0
        call(other, "experiments/bar/resume")
        assert within(5, lambda: revision(one) == revision(other)) < 2.0


@pytest.mark.slow
def test_nodes_that_die_at_random_under_load_lose_and_double_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(20261125)
    ports = [free_port(), free_port()]
    with cluster() as shared:
        nodes = [
            start(tmp_path / str(number), port=port, **shared.settings) for number, port in enumerate(ports)
        ]
        define(nodes[0])
        within(10, lambda: revision(nodes[0]) == revision(nodes[1]))
        reporters = [
            Reporters(port, SERVER_KEY, "bar", "control", threads=3, seed=seed)
            for seed, port in enumerate(ports)
        ]
        for each in reporters:
            each.start()
        for _ in range(6):
            time.sleep(chance.uniform(2, 6))
            dies = chance.randrange(2)
            nodes[dies].kill()
            time.sleep(chance.uniform(0, 12))
            nodes[dies] = start(tmp_path / str(dies), port=ports[dies], **shared.settings)
        for each in reporters:
            each.stop()
        for node in nodes:
            node.stop()
        for name, value in shared.settings.items():
            monkeypatch.setenv(name, value)
        for node in nodes:
            assert list((node.home / "log").glob("*.log")) == [], "what stops in order leaves nothing behind"
        _check(tmp_path, reporters)


def _check(folder: Path, reporters: list[Reporters]) -> None:
    settings = Settings.from_environment({**os.environ, "PROEFWERK_HOME": str(folder / "reader")})
    database = Database(settings.database_url)
    place = Workplace.of(settings, database)
    jobs.compact(place)
    ids = _ids(place.lake)
    database.close()
    # Both nodes' clients use the same ids: the same events, reported through two doors.
    acknowledged = set().union(*(each.acknowledged for each in reporters))
    sent = set().union(*(each.sent for each in reporters))
    assert [surprise for each in reporters for surprise in each.surprises] == []
    assert len(acknowledged) > 1_000
    assert acknowledged - set(ids) == set()
    assert set(ids) - sent == set()
    assert len(ids) == len(set(ids))


def _ids(lake: Lake) -> list[str]:
    view = lake.view()
    found: list[str] = []
    with view.engine() as engine:
        for kind in ("exposures", "conversions"):
            found += [row[0] for row in engine.execute(f"SELECT id FROM {view.source(kind)}").fetchall()]
    return found
