"""Assignment over HTTP: the product, its floors and the open peers, by turns in one run."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import requests

from tests.benchmarks.load import Load, descendants, drive
from tests.benchmarks.peers import CannotMeasure, Target, ask, flagd, growthbook, install, unleash
from tests.serving import ROOT, Server, free_port, serving

EXPERIMENTS = 10
MANY = 100
ROUNDS = 5
SECONDS = 2.0
CONNECTIONS = 16
PUBLISHES = 20
PUBLISHING = 5.0
OURS, OURS_MANY, RAW, FLASK = "Proefwerk", f"Proefwerk, {MANY} experiments", "raw WSGI", "bare Flask view"

PEERS = {"GrowthBook in Express": growthbook, "flagd in Express": flagd, "Unleash": unleash}
ELSEWHERE = {
    "GrowthBook in Express": "484 us of processor a request, 2,080 requests/s",
    "Unleash": "1,400 us of processor a request, 800 requests/s",
    "Flagsmith": "28,700 us of processor a request, 48 requests/s",
}
"""What these gave on another machine."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one target gave: the median of its rounds."""

    does: str
    per_second: float
    p50: float
    p99: float
    processor: float


@contextmanager
def floor(name: str, target: str) -> Iterator[Target]:
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
        does = f"reads the body and answers, decides nothing; granian {version('granian')}"
        yield Target(name, does, port, descendants(process.pid), ask)
    finally:
        process.terminate()
        process.wait(30)


def define(server: Server, count: int = EXPERIMENTS) -> None:
    """Running experiments, each with an audience, half of them splitting unevenly."""
    headers = server.headers()
    metric = {"key": "conversion", "name": "Conversion", "kind": "proportion", "event": "order"}
    requests.post(f"{server.url}/api/v1/metrics", json=metric, headers=headers).raise_for_status()
    for number in range(count):
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
        url = f"{server.url}/api/v1/experiments"
        requests.post(url, json=document, headers=headers).raise_for_status()
        requests.post(f"{url}/{document['key']}/start", json={}, headers=headers).raise_for_status()


@contextmanager
def product(name: str, count: int) -> Iterator[tuple[Target, Server]]:
    """The whole platform, with so many experiments running."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        define(server, count)
        port = int(server.url.rsplit(":", 1)[1])
        does = f"`proefwerk serve`, one worker, {count} experiments, audiences, key, keep-alive"
        yield Target(name, does, port, descendants(server.process.pid), ask), server


def main() -> list[tuple[str, str, str]]:
    """Print what every target gave; the main figures as rows: what, measured, against."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\nAssignment: {EXPERIMENTS} evaluations a request over {CONNECTIONS} connections")
    print(
        f"Medians of {ROUNDS} rounds of {SECONDS:.0f} s, taken by turns; load of this machine before: {load}"
    )
    with ExitStack() as running:
        targets = [running.enter_context(floor(RAW, "raw_wsgi"))]
        targets.append(running.enter_context(floor(FLASK, "bare_flask")))
        ours, _ = running.enter_context(product(OURS, EXPERIMENTS))
        many, server = running.enter_context(product(OURS_MANY, MANY))
        peers, missing = start_peers(running)
        rows = by_turns([*targets, ours, many, *peers])
        calm, busy = around_publishes(many, server)
    print_rows(rows, missing)
    shown = [*_shown(rows), _publishes(calm, busy)]
    for what, measured, against in shown:
        print(f"{what}: {measured}; {against}")
    return shown


def start_peers(running: ExitStack) -> tuple[list[Target], list[str]]:
    """Those peers that can be had here, and a sentence on each other one."""
    started: list[Target] = []
    reasons = {"Flagsmith": "its server comes in containers alone"}
    for name, start in PEERS.items():
        begin: Callable[[int], AbstractContextManager[Target]] = start
        try:
            install()
            started.append(running.enter_context(begin(EXPERIMENTS)))
        except CannotMeasure as reason:
            reasons[name] = str(reason)
    missing = [
        f"{name} was not measured here: {reason}; on another machine: {ELSEWHERE.get(name, 'not measured')}"
        for name, reason in reasons.items()
    ]
    return started, missing


def by_turns(targets: list[Target]) -> dict[str, Row]:
    """Every target in every round, so that a busy moment hits all of them."""
    loads: dict[str, list[Load]] = {target.name: [] for target in targets}
    for target in targets:
        _drive(target, 1.0)
    for _ in range(ROUNDS):
        for target in targets:
            loads[target.name].append(_drive(target, SECONDS))
    return {target.name: _row(target.does, loads[target.name]) for target in targets}


def _drive(target: Target, seconds: float) -> Load:
    return drive(target.port, target.ask, target.pids, seconds=seconds, connections=CONNECTIONS)


def _row(does: str, loads: list[Load]) -> Row:
    def middle(of: Callable[[Load], float]) -> float:
        return statistics.median(map(of, loads))

    return Row(
        does,
        middle(lambda load: load.per_second),
        middle(lambda load: load.p50),
        middle(lambda load: load.p99),
        middle(lambda load: load.cpu_microseconds),
    )


def around_publishes(target: Target, server: Server) -> tuple[Load, Load]:
    """The same load without and with twenty publishes; every answer must be a 200."""
    calm = _drive(target, PUBLISHING)
    publisher = multiprocessing.get_context("spawn").Process(
        target=publish, args=(server.url, server.headers())
    )
    publisher.start()
    busy = _drive(target, PUBLISHING + 1)
    publisher.join()
    if publisher.exitcode:
        raise RuntimeError("a publish failed")
    return calm, busy


def publish(url: str, headers: dict[str, str]) -> None:
    """Change one running experiment after another, each of which is published at once."""
    for number in range(PUBLISHES):
        changed = {"name": f"Experiment {number}, renamed"}
        requests.patch(
            f"{url}/api/v1/experiments/experiment-{number}", json=changed, headers=headers, timeout=30
        ).raise_for_status()
        time.sleep(PUBLISHING / PUBLISHES)


def print_rows(rows: dict[str, Row], missing: list[str]) -> None:
    raw = rows[RAW].processor
    print(f"{'':28}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}{'CPU / raw':>11}")
    for name, row in rows.items():
        print(
            f"{name:28}{row.per_second:12,.0f}{row.p50:9.2f}{row.p99:9.2f}{row.processor:9.0f}"
            f"{row.processor / raw:11.2f}   {row.does}"
        )
    for sentence in missing:
        print(f"  {sentence}")


def _shown(rows: dict[str, Row]) -> list[tuple[str, str, str]]:
    ours, many, raw = rows[OURS], rows[OURS_MANY], rows[RAW]
    others = [
        f"{ours.processor / row.processor:.2f} of the processor of {name}, {row.processor:,.0f} us and"
        f" {row.per_second:,.0f} requests/s ({row.does})"
        for name, row in rows.items()
        if name not in {OURS, OURS_MANY, FLASK, RAW}
    ]
    floors = [
        f"{ours.processor / rows[name].processor:.1f} times {name}, {rows[name].processor:.0f} us and"
        f" {rows[name].per_second:,.0f} requests/s"
        for name in (RAW, FLASK)
    ]
    return [
        (
            f"assignment, {EXPERIMENTS} experiments a request, one worker",
            f"{ours.processor:.0f} us of processor, {ours.per_second:,.0f} requests/s, p99 {ours.p99:.1f} ms",
            "; ".join([*others, *floors]),
        ),
        (
            f"the same with {MANY} experiments",
            f"{many.processor:.0f} us, {many.per_second:,.0f} requests/s, p99 {many.p99:.1f} ms",
            f"{many.per_second / ours.per_second:.2f} of the requests/s with {EXPERIMENTS};"
            f" {many.processor / raw.processor:.1f} times raw WSGI",
        ),
    ]


def _publishes(calm: Load, busy: Load) -> tuple[str, str, str]:
    return (
        f"{PUBLISHES} publishes of {MANY} experiments in {PUBLISHING:.0f} s of that load",
        f"no request failed; p99 {busy.p99:.1f} ms",
        f"p99 {calm.p99:.1f} ms without; {busy.per_second / calm.per_second:.2f} of the requests/s",
    )


if __name__ == "__main__":
    main()
