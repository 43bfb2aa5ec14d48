"""Durable events per second through the log against a plain fsync'ed append of the same bytes."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from pathlib import Path

import requests

from tests.benchmarks.load import descendants, drive, post
from tests.serving import SERVER_KEY, serving

BATCH = 100
SECONDS = 5.0


def batch(number: int) -> bytes:
    """A request of a hundred orders, every id new."""
    events = [
        {"type": "conversion", "id": f"e-{number}-{index}", "unit": f"shopper-{number}", "name": "order",
         "value": 49.95, "currency": "EUR"}
        for index in range(BATCH)
    ]  # fmt: skip
    return json.dumps({"events": events}).encode()


def append_and_sync(folder: Path, threads: int = 1) -> float:
    """Events per second when each batch is written and fsync'ed by itself."""
    body, done = batch(0), [0] * threads

    def work(index: int) -> None:
        descriptor = os.open(folder / f"floor-{index}", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            os.write(descriptor, body)
            os.fsync(descriptor)
            done[index] += 1
        os.close(descriptor)

    workers = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done) * BATCH / SECONDS


def ask(number: int) -> bytes:
    return post("/api/v1/events", batch(number), SERVER_KEY)


def main() -> None:
    print(f"\nEvents: batches of {BATCH}, {SECONDS:.0f} s each; every answer after the bytes are on disk")
    with tempfile.TemporaryDirectory() as folder:
        floor = append_and_sync(Path(folder))
        with serving(Path(folder) / "home") as server:
            requests.get(f"{server.url}/readyz", timeout=5).raise_for_status()
            port, pids = int(server.url.rsplit(":", 1)[1]), descendants(server.process.pid)
            load = drive(port, ask, pids, seconds=SECONDS, connections=8)
        again = append_and_sync(Path(folder))
    plain = (floor + again) / 2
    rate = load.per_second * BATCH
    print(f"{'plain append + fsync, one writer':36}{plain:12,.0f} events/s")
    ours = f"{rate:12,.0f} events/s{rate / plain:8.2f} x   p99 {load.p99:.1f} ms"
    print(f"{'Proefwerk over HTTP, 8 connections':36}{ours}")


if __name__ == "__main__":
    main()
