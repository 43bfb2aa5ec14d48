"""What a deployment must have room for: bytes and processor time per event, from the door to the lake."""

from __future__ import annotations

import json
import random
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from assignment.events import encode_payload
from assignment.log import EventLog, segments
from experiments.analysis import known_ids, manifest
from experiments.analysis.lake import Lake
from experiments.analysis.manifest import Manifest, Part, Run
from tests.benchmarks.assignment import define
from tests.benchmarks.load import cpu_seconds, descendants, drive, post
from tests.serving import SERVER_KEY, serving

BATCH = 100
EVENTS = 1_000_000
DAYS = 3
PARTS = 200_000
STORED_IDS = 200_000_000
NEW_IDS = 500_000
SECONDS = 3.0
EVENTS_PATH = "/api/v1/events"


def event(chance: random.Random, now: datetime) -> dict[str, Any]:
    """What shops send: ids that are UUIDs, times, attributes; one order to three exposures."""
    at = now - timedelta(seconds=chance.uniform(0, DAYS * 86_400))
    head = {
        "id": str(uuid.UUID(int=chance.getrandbits(128))),
        "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "unit": str(uuid.UUID(int=chance.getrandbits(17) << 64)),
    }
    if chance.random() < 0.25:
        properties = {"order_id": f"{chance.getrandbits(32)}", "margin": 12.5, "items": chance.randint(1, 9)}
        value = round(chance.lognormvariate(3.5, 0.8), 2)
        order = {"name": "order", "value": value, "currency": "EUR", "properties": properties}
        return {"type": "conversion", **head, **order}
    attributes = {"device": chance.choice(["mobile", "desktop"]), "country": "NL", "visits": 3}
    met = {"experiment": f"experiment-{chance.randint(0, 19)}", "variant": chance.choice(["control", "bar"])}
    return {"type": "exposure", **head, **met, "attributes": attributes}


def events_on_disk(folder: Path) -> None:
    """Bytes of the log and of the lake, and what taking over costs."""
    chance, now = random.Random(1), datetime.now(UTC)
    log, lake = EventLog(folder / "log"), Lake(folder / "lake")
    for _ in range(EVENTS // BATCH):
        events = [event(chance, now) for _ in range(BATCH)]
        log.append(encode_payload(now, json.dumps(events, separators=(",", ":")).encode()))
    log.close()
    logged = sum(path.stat().st_size for path in segments(log.folder))
    clock, processor = time.perf_counter(), time.process_time()
    lake.compact(log.folder)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    found = lake.view().manifest
    stored = sum((lake.root / part.path).stat().st_size for part in found.parts)
    ids = sum((lake.root / run.path).stat().st_size for run in found.runs)
    print(f"{'event log':36}{logged / EVENTS:10.0f} bytes an event")
    print(f"{'lake, Parquet':36}{stored / EVENTS:10.0f} bytes an event")
    print(f"{'lake, ids':36}{ids / EVENTS:10.0f} bytes an event")
    rates = f"{EVENTS / clock:12,.0f} events/s, {EVENTS / processor:,.0f} a core"
    print(f"{'taking over, one process':36}{rates}")


def large_manifest(folder: Path) -> None:
    """What every change of the lake costs once it has very many files."""
    made = tuple(
        Part(f"exposures/day=2026-11-01/{uuid.uuid4().hex}.parquet", "exposures", "2026-11-01", 2_000_000, 1)
        for _ in range(PARTS)
    )
    began = time.perf_counter()
    manifest.store(folder, Manifest(generation=1, parts=made))
    written = time.perf_counter() - began
    size = (folder / manifest.NAME).stat().st_size
    began = time.perf_counter()
    manifest.load(folder)
    read = time.perf_counter() - began
    times = f"written in {written:.2f} s, read in {read:.2f} s"
    print(f"{f'manifest of {PARTS:,} files':36}{size / 1e6:10.0f} MB, {times}")


def known(folder: Path) -> None:
    """What it costs to find new ids among many that were counted before."""
    stored = np.arange(STORED_IDS, dtype=np.uint64) * np.uint64(2**64 // STORED_IDS)
    runs = [Run("old.u64", len(stored))]
    stored.astype("<u8").tofile(folder / "old.u64")
    keys = np.random.default_rng(1).integers(0, 2**63, NEW_IDS, dtype=np.uint64) * np.uint64(2)
    began = time.perf_counter()
    known_ids.new(folder, runs, keys)
    found = time.perf_counter() - began
    print(f"{f'{NEW_IDS:,} ids among {STORED_IDS:,}':36}{found:10.2f} s")


def requests_of_doors(folder: Path) -> None:
    """Processor time of the web workers for each kind of request; the scheduler's is not in it."""
    with serving(folder / "home") as server:
        define(server)
        port = int(server.url.rsplit(":", 1)[1])
        scheduler = [
            pid
            for pid in descendants(server.process.pid)
            if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        web = [pid for pid in descendants(server.process.pid) if pid not in scheduler]
        chance, now = random.Random(2), datetime.now(UTC)

        def orders(number: int, count: int) -> bytes:
            made = [event(chance, now) for _ in range(count)]
            return json.dumps(
                [each for each in made if each["type"] == "conversion"] or [_order(number)]
            ).encode()

        batches = [orders(number, 4 * BATCH) for number in range(200)]
        bodies: dict[str, Callable[[int], bytes]] = {
            "events, 100 a request": lambda number: post(EVENTS_PATH, _fresh(batches, number), SERVER_KEY),
            "events, one a request": lambda number: post(EVENTS_PATH, _one(number), SERVER_KEY),
            "assignment and its 10 exposures": lambda number: post(
                "/api/v1/assign", _asked(number), SERVER_KEY
            ),
        }
        for name, body in bodies.items():
            before = cpu_seconds(scheduler)
            load = drive(port, body, web, seconds=SECONDS, connections=8)
            lake = (cpu_seconds(scheduler) - before) / load.requests * 1e6
            print(f"{name:36}{load.cpu_microseconds:10.0f} us of processor a request, {lake:.0f} of the lake")


def _order(number: int) -> dict[str, Any]:
    return {
        "type": "conversion",
        "id": f"single-{number}",
        "unit": f"s{number}",
        "name": "order",
        "value": 4.5,
    }


def _one(number: int) -> bytes:
    return json.dumps([_order(number)]).encode()


def _asked(number: int) -> bytes:
    context = {"targetingKey": f"s{number}", "country": "NL", "visits": 5}
    return json.dumps({"context": context, "expose": True}).encode()


def _fresh(batches: list[bytes], number: int) -> bytes:
    """A prepared batch under ids that were not sent before."""
    return batches[number % len(batches)].replace(b'"id": "', b'"id": "%d-' % number)


def main() -> None:
    """Print all of it."""
    print(f"\nSizes: {EVENTS:,} events over {DAYS} days, one order to three exposures")
    for work in (events_on_disk, large_manifest, known, requests_of_doors):
        with tempfile.TemporaryDirectory() as folder:
            work(Path(folder))


if __name__ == "__main__":
    main()
