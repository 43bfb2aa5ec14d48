"""Acknowledged events per second over HTTP beside bare appends of the same bytes and PostgreSQL's COPY."""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg

from tests.benchmarks.load import Load, descendants, drive, post
from tests.postgres import PostgresServer, running_postgres
from tests.serving import SERVER_KEY, Server, serving

BATCH = 100
SECONDS = 4.0
ROUNDS = 3
WORKERS = 2
CONNECTIONS = 8
BIG = 300_000
"""Events of the one large COPY."""
_PLACE = b"NNNNNNNNNN"
_EVENTS = [
    {"type": "conversion", "id": f"e-{_PLACE.decode()}-{index}", "unit": f"shopper-{_PLACE.decode()}",
     "name": "order", "value": 49.95, "currency": "EUR"}
    for index in range(BATCH)
]  # fmt: skip
_BODY = json.dumps(_EVENTS).encode()
_ROWS = b"".join("\t".join(map(str, event.values())).encode() + b"\n" for event in _EVENTS)
_TABLE = "CREATE TABLE {name} (type text, id text {key}, unit text, name text, value float8, currency text)"


def numbered(template: bytes, number: int) -> bytes:
    """A batch with ids that no other has; cheap, so that the client costs little."""
    return template.replace(_PLACE, b"%010d" % number)


def _append(path: str, until: float, done: multiprocessing.Queue[int]) -> None:
    descriptor, number = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND), 0
    while time.monotonic() < until:
        os.write(descriptor, numbered(_BODY, number))
        os.fdatasync(descriptor)
        number += 1
    done.put(number)


def bare_log(folder: Path) -> float:
    """Events per second of two processes that append and sync each batch, and do nothing else."""
    context = multiprocessing.get_context("fork")
    done: multiprocessing.Queue[int] = context.Queue()
    until = time.monotonic() + SECONDS
    writers = [
        context.Process(target=_append, args=(str(folder / f"bare-{index}"), until, done))
        for index in range(WORKERS)
    ]
    for writer in writers:
        writer.start()
    total = sum(done.get() for _ in writers)
    for writer in writers:
        writer.join()
    for index in range(WORKERS):
        (folder / f"bare-{index}").unlink()
    return total * BATCH / SECONDS


def over_http(server: Server, first: int) -> Load:
    """Every answer comes after the bytes are on disk."""
    port, pids = int(server.url.rsplit(":", 1)[1]), descendants(server.process.pid)
    return drive(
        port,
        lambda number: post("/api/v1/events", numbered(_BODY, first + number), SERVER_KEY),
        pids,
        seconds=SECONDS,
        connections=CONNECTIONS,
    )


def in_batches(postgres: PostgresServer, table: str) -> float:
    """Events per second of clients that each COPY one batch after the other, a transaction each."""
    done = [0] * CONNECTIONS
    until = time.monotonic() + SECONDS

    def work(place: int) -> None:
        with psycopg.connect(host=str(postgres.folder), user="postgres", autocommit=True) as connection:
            while time.monotonic() < until:
                with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(numbered(_ROWS, place * 10_000_000 + done[place]))
                done[place] += 1

    clients = [threading.Thread(target=work, args=(place,)) for place in range(CONNECTIONS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return sum(done) * BATCH / SECONDS


def at_once(postgres: PostgresServer, table: str) -> float:
    """Events per second of one COPY in one transaction."""
    with psycopg.connect(host=str(postgres.folder), user="postgres", autocommit=True) as connection:
        began = time.perf_counter()
        with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            for number in range(BIG // BATCH):
                copy.write(numbered(_ROWS, 900_000_000 + number))
        return BIG / (time.perf_counter() - began)


def fresh(postgres: PostgresServer, key: str, work: Callable[[PostgresServer, str], float]) -> float:
    """What `work` gives on an empty table."""
    with psycopg.connect(host=str(postgres.folder), user="postgres", autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS events")
        connection.execute(_TABLE.format(name="events", key=key))
        connection.execute("CHECKPOINT")
    return work(postgres, "events")


def main() -> None:
    """Print the median of rounds taken by turns, with the ratios between them."""
    print(f"\nEvents: batches of {BATCH}, {CONNECTIONS} clients, {WORKERS} web workers, {ROUNDS} rounds")
    peers: dict[str, Callable[[PostgresServer], float]] = {
        "PostgreSQL COPY, 100 a transaction": lambda postgres: fresh(postgres, "", in_batches),
        "the same with a unique id": lambda postgres: fresh(postgres, "PRIMARY KEY", in_batches),
        "PostgreSQL, one COPY of all": lambda postgres: fresh(postgres, "", at_once),
        "the same with a unique id, at once": lambda postgres: fresh(postgres, "PRIMARY KEY", at_once),
    }
    bare: list[float] = []
    loads: list[Load] = []
    copied: dict[str, list[float]] = {name: [] for name in peers}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(running_postgres(durable=True))
        server = stack.enter_context(serving(folder / "home", workers=WORKERS))
        for turn in range(ROUNDS):
            bare.append(bare_log(folder))
            loads.append(over_http(server, turn * 100_000_000))
            for name, measure in peers.items():
                copied[name].append(measure(postgres))
    ours = statistics.median(load.per_second for load in loads) * BATCH
    p99 = statistics.median(load.p99 for load in loads)
    processor = statistics.median(load.cpu_microseconds for load in loads)
    note = f"p99 {p99:.1f} ms, {processor:.0f} us of processor a request, the lake's included"
    print(f"{'Proefwerk over HTTP':36}{ours:12,.0f} events/s            {note}")
    for name, rates in {"two bare writers, fdatasync each": bare, **copied}.items():
        rate = statistics.median(rates)
        print(f"{name:36}{rate:12,.0f} events/s{ours / rate:8.2f} x as many")


if __name__ == "__main__":
    main()
