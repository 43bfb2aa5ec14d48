"""The platform on a lake in an object store: events in, report out, a person erased from all of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import requests

from tests.experiments.analysis.test_erasure import holding
from tests.object_store import CREDENTIALS, new_bucket, running_s3
from tests.serving import SERVER_KEY, Server, serving

METRIC = {"key": "orders", "name": "Orders", "kind": "count", "event": "order"}
EXPERIMENT = {
    "key": "bar",
    "name": "Bar",
    "variants": [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5}],
    "metrics": {"primary": ["orders"]},
}
ANNA = "anna@shop.example"


def send(server: Server, path: str, document: object = None, key: str | None = None) -> Any:
    headers = server.headers(key) if key else server.headers()
    answer = requests.post(f"{server.url}/api/v1/{path}", json=document, headers=headers, timeout=120)
    assert answer.ok, answer.text
    return answer.json()


def test_events_become_a_report_and_an_erased_person_is_nowhere(tmp_path: Path) -> None:
    with running_s3() as endpoint:
        bucket = new_bucket(endpoint)
        settings: dict[str, Any] = {
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": endpoint,
            "PROEFWERK_LAKE_URL": f"s3://{bucket}/lake",
        }
        with serving(tmp_path / "home", **settings) as server:
            send(server, "metrics", METRIC)
            send(server, "experiments", EXPERIMENT)
            send(server, "experiments/bar/start")
            units = [ANNA, *(f"u{number}" for number in range(19))]
            met = {"type": "exposure", "experiment": "bar", "variant": "treatment"}
            events = [{**met, "id": f"e{unit}", "unit": unit} for unit in units]
            ordered = {"type": "conversion", "name": "order"}
            events += [{**ordered, "id": f"c{unit}", "unit": unit} for unit in units]
            told = send(server, "events", {"events": events}, SERVER_KEY)
            assert told["accepted"] == 40
            report = send(server, "experiments/bar/analyze")
            assert [arm["units"] for arm in report["variants"]] == [0, 20]
            assert report["metrics"][0]["variants"][1]["sum"] == 20
            assert not (server.home / "lake").exists()
            asked = send(server, "erasures", {"ids": [ANNA]})
            done = _finished(server, asked["id"])
            assert done["status"] == "done", done
            assert done["result"]["rows"] == {"exposures": 1, "conversions": 1}
            assert [arm["units"] for arm in send(server, "experiments/bar/analyze")["variants"]] == [0, 19]
            assert holding(server.home, ANNA) == []
            pages = requests.get(
                f"{endpoint}/{settings['PROEFWERK_LAKE_URL'].split('/')[2]}", timeout=30
            ).text
            assert "manifest.json" in pages
        assert "Traceback" not in server.log()


def _finished(server: Server, ident: int) -> Any:
    deadline = time.monotonic() + 60
    while True:
        found = requests.get(
            f"{server.url}/api/v1/erasures/{ident}", headers=server.headers(), timeout=30
        ).json()
        if found["status"] != "waiting" or time.monotonic() > deadline:
            return found
        time.sleep(0.2)
