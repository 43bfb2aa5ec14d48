"""Assignment requests per second against a bare Flask view and raw WSGI under the same server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.benchmarks.load import Load, descendants, drive, post
from tests.serving import ROOT, SERVER_KEY, Server, free_port, serving

EXPERIMENTS = 10
SECONDS = 5.0


@contextmanager
def floor(target: str) -> Iterator[tuple[int, list[int]]]:
    """One of the floors under granian with the product's own settings."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--no-log"]
    command += ["--blocking-threads", "8", f"tests.benchmarks.servers:{target}"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "GRANIAN_LOG_ENABLED": "false"})
    try:
        for _ in range(100):
            try:
                requests.post(f"http://127.0.0.1:{port}/api/v1/assign", json={}, timeout=2)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield port, descendants(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def define(server: Server) -> None:
    """Ten running experiments, each with an audience, half of them splitting unevenly."""
    headers = server.headers()
    metric = {"key": "conversion", "name": "Conversion", "kind": "proportion", "event": "order"}
    requests.post(f"{server.url}/api/v1/metrics", json=metric, headers=headers).raise_for_status()
    for number in range(EXPERIMENTS):
        share = 0.5 if number % 2 else 0.9
        document = {
            "key": f"experiment-{number}",
            "name": f"Experiment {number}",
            "surface": "layout",
            "variants": [
                {"key": "control", "weight": share, "payload": {"columns": 1}},
                {"key": "treatment", "weight": round(1 - share, 4), "payload": {"columns": 2}},
            ],
            "audience": {"country": {"$in": ["NL", "BE"]}, "visits": {"$gte": 2}},
            "metrics": {"primary": ["conversion"]},
        }
        requests.post(f"{server.url}/api/v1/experiments", json=document, headers=headers).raise_for_status()
        started = requests.post(
            f"{server.url}/api/v1/experiments/{document['key']}/start", json={}, headers=headers
        )
        started.raise_for_status()


def ask(number: int) -> bytes:
    context = {"targetingKey": f"shopper-{number}", "country": "NL", "visits": 5, "device": "mobile"}
    return post("/api/v1/assign", json.dumps({"context": context}).encode(), SERVER_KEY)


def main() -> None:
    print(f"\nAssignment: {EXPERIMENTS} evaluations a request, {SECONDS:.0f} s each, 16 connections")
    rows: dict[str, Load] = {}
    for name, target in (("raw WSGI", "raw_wsgi"), ("bare Flask view", "bare_flask")):
        with floor(target) as (port, pids):
            drive(port, ask, pids, seconds=1)
            rows[name] = drive(port, ask, pids, seconds=SECONDS)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        define(server)
        port, pids = int(server.url.rsplit(":", 1)[1]), descendants(server.process.pid)
        drive(port, ask, pids, seconds=1)
        rows["Proefwerk"] = drive(port, ask, pids, seconds=SECONDS)
    raw = rows["raw WSGI"]
    print(
        f"{'':18}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}{'rate / raw':>12}{'CPU / raw':>11}"
    )
    for name, load in rows.items():
        print(
            f"{name:18}{load.per_second:12,.0f}{load.p50:9.2f}{load.p99:9.2f}{load.cpu_microseconds:9.0f}"
            f"{load.per_second / raw.per_second:12.2f}{load.cpu_microseconds / raw.cpu_microseconds:11.2f}"
        )


if __name__ == "__main__":
    main()
