"""Servers killed at random moments under load lose nothing they acknowledged and count nothing twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import requests

from assignment.events import decode_payload
from assignment.log import Frame, read_frames, segments
from experiments.analysis.lake import Lake
from tests.assignment.examples import SERVER_KEY
from tests.serving import ROOT, free_port

from .delivery import HOME, PORT, WORKERS
from .reporters import Reporters

SEED = 20261123
KILLS = 20
READY_SECONDS = 30.0


@contextmanager
def running(home: Path, port: int) -> Iterator[None]:
    """The delivery side with two workers; at the end all its processes get SIGKILL at the same moment."""
    environment = {**os.environ, HOME: str(home), PORT: str(port), WORKERS: "2"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.delivery"], cwd=ROOT, env=environment, start_new_session=True
    )
    try:
        _wait_until_ready(port)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(f"http://127.0.0.1:{port}/readyz", timeout=1).status_code == 200:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"the server was not ready within {READY_SECONDS:.0f} s")


def in_log(folder: Path) -> Counter[str]:
    """How often each id is in the log; a record that a crash damaged would fail the test."""
    found: Counter[str] = Counter()
    for path in segments(folder):
        for frame in read_frames(path):
            assert isinstance(frame, Frame)
            found.update(event.id for event, _ in decode_payload(frame.payload))
    return found


def in_lake(lake: Lake) -> list[tuple[str, str, float]]:
    """Every row's id, unit and value; exposures have the value of their place."""
    view = lake.view()
    rows: list[tuple[str, str, float]] = []
    for kind, value in (("exposures", "split_part(id, '-', 2)::DOUBLE"), ("conversions", "value")):
        paths = [str(path) for path in view.paths(kind)]
        if paths:
            with duckdb.connect() as connection:
                rows += connection.execute(
                    f"SELECT id, unit, {value} FROM read_parquet($paths)", {"paths": paths}
                ).fetchall()
    return rows


@contextmanager
def compacting(lake: Lake, log: Path) -> Iterator[None]:
    """The lake takes over what is in the log all the while, and removes what it has taken."""
    stopped = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        while not stopped.wait(0.3):
            try:
                lake.compact(log)
            except BaseException as error:  # noqa: BLE001
                failures.append(error)
                return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
    assert failures == []


def test_acknowledged_events_survive_every_kill(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    port = free_port()
    reporters = Reporters(port, SERVER_KEY, "bar", "control", threads=6, seed=SEED)
    reporters.start()
    for _ in range(KILLS // 2):
        with running(tmp_path, port):
            time.sleep(chance.uniform(0.02, 0.8))
    reporters.stop()
    found = in_log(tmp_path / "log")
    assert reporters.surprises == []
    assert len(reporters.acknowledged) > 1_000
    assert reporters.acknowledged - set(found) == set()
    assert set(found) - reporters.sent == set()


def test_acknowledged_events_are_counted_once_whatever_is_killed_meanwhile(tmp_path: Path) -> None:
    chance = random.Random(SEED + 1)
    port = free_port()
    lake = Lake(tmp_path / "lake")
    reporters = Reporters(port, SERVER_KEY, "bar", "control", threads=6, seed=SEED + 1)
    reporters.start()
    with compacting(lake, tmp_path / "log"):
        for _ in range(KILLS // 2):
            with running(tmp_path, port):
                time.sleep(chance.uniform(0.02, 0.8))
    reporters.stop()
    lake.compact(tmp_path / "log")
    rows = in_lake(lake)
    counts = Counter(key for key, _, _ in rows)
    assert reporters.surprises == []
    assert reporters.repeats > 0
    assert len(reporters.acknowledged) > 1_000
    assert reporters.acknowledged - set(counts) == set()
    assert set(counts) - reporters.sent == set()
    assert [key for key, count in counts.items() if count > 1] == []
    assert all(unit == key and value == float(key.partition("-")[2]) for key, unit, value in rows)
    assert lake.compact(tmp_path / "log").damaged == 0
