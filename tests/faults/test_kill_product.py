"""The whole product, killed at once with all its processes, goes on where it was."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import requests

from experiments.analysis.lake import Lake
from experiments.settings import Settings
from tests.serving import SERVER_KEY, Server, free_port, start

from .reporters import Reporters
from .test_kill import in_lake

SEED = 7
KILLS = 2
EXPERIMENT = {
    "key": "bar",
    "name": "Bar",
    "hypothesis": "If the server dies, then nothing is lost, because it answers only for what is on disk.",
    "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5}],
    "metrics": {"primary": ["orders"], "secondary": [], "guardrails": []},
}
METRIC = {"key": "orders", "name": "Orders", "kind": "count", "event": "order", "window_hours": 24}


def _define(server: Server) -> None:
    for path, document in (("metrics", METRIC), ("experiments", EXPERIMENT), ("experiments/bar/start", None)):
        answer = requests.post(
            f"{server.url}/api/v1/{path}", json=document, headers=server.headers(), timeout=30
        )
        assert answer.ok, answer.text


def test_the_product_loses_and_doubles_nothing_when_everything_dies_at_once(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    port = free_port()
    reporters = Reporters(port, SERVER_KEY, "bar", "control", threads=4, seed=SEED)
    for number in range(KILLS):
        server = start(tmp_path, port=port, workers=2)
        if number == 0:
            _define(server)
            reporters.start()
        time.sleep(chance.uniform(0.3, 1.5))
        server.kill()
    reporters.stop()
    folders = Settings.from_environment({"PROEFWERK_HOME": str(tmp_path)})
    lake = Lake(Path(folders.lake_url))
    lake.compact(folders.log_folder)
    counts = Counter(key for key, _, _ in in_lake(lake))
    assert reporters.surprises == []
    assert len(reporters.acknowledged) > 100
    assert reporters.acknowledged - set(counts) == set()
    assert set(counts) - reporters.sent == set()
    assert max(counts.values()) == 1
