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
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.benchmarks.load import Load, cpu_seconds, descendants, drive, post
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
_DOCUMENTS = b"".join(f"{event['id']}\t{json.dumps(event)}\n".encode() for event in _EVENTS)


@dataclass(frozen=True, slots=True)
class Table:
    """Where PostgreSQL puts the events: the definition of its columns, and a batch of its rows."""

    columns: str
    rows: bytes


PLAIN = Table("type text, id text, unit text, name text, value float8, currency text", _ROWS)
UNIQUE = Table(PLAIN.columns.replace("id text", "id text PRIMARY KEY"), _ROWS)
DOCUMENTS = Table("id text PRIMARY KEY, event jsonb", _DOCUMENTS)


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


def settle(pids: list[int]) -> None:
    """Wait until what is left to do for the lake is done: it would slow down what is measured next."""
    spent = -1.0
    while cpu_seconds(pids) - spent > 0.2:
        spent = cpu_seconds(pids)
        time.sleep(2.5)


def in_batches(postgres: PostgresServer, table: Table) -> float:
    """Events per second of clients that each COPY one batch after the other, a transaction each."""
    done = [0] * CONNECTIONS
    until = time.monotonic() + SECONDS

    def work(place: int) -> None:
        with connected(postgres) as connection:
            while time.monotonic() < until:
                with connection.cursor().copy("COPY events FROM STDIN") as copy:
                    copy.write(numbered(table.rows, place * 10_000_000 + done[place]))
                done[place] += 1

    clients = [threading.Thread(target=work, args=(place,)) for place in range(CONNECTIONS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return sum(done) * BATCH / SECONDS


def at_once(postgres: PostgresServer, table: Table) -> float:
    """Events per second of one COPY in one transaction."""
    with connected(postgres) as connection:
        began = time.perf_counter()
        with connection.cursor().copy("COPY events FROM STDIN") as copy:
            for number in range(BIG // BATCH):
                copy.write(numbered(table.rows, number))
        return BIG / (time.perf_counter() - began)


def connected(postgres: PostgresServer) -> psycopg.Connection:
    return psycopg.connect(host=str(postgres.folder), user="postgres", autocommit=True)


PEERS: dict[str, tuple[Table, Callable[[PostgresServer, Table], float]]] = {
    "COPY, 100 a transaction": (PLAIN, in_batches),
    "  with a unique id": (UNIQUE, in_batches),
    "  as jsonb, with a unique id": (DOCUMENTS, in_batches),
    "one COPY of all": (PLAIN, at_once),
    "  with a unique id ": (UNIQUE, at_once),
    "  as jsonb, with a unique id ": (DOCUMENTS, at_once),
}
"""What PostgreSQL does with the same events, straight from a client, without HTTP and without any check."""


def copied(postgres: PostgresServer, name: str) -> float:
    """Events per second of a peer on an empty table."""
    table, work = PEERS[name]
    with connected(postgres) as connection:
        connection.execute("DROP TABLE IF EXISTS events")
        connection.execute(f"CREATE TABLE events ({table.columns})")
        connection.execute("CHECKPOINT")
    return work(postgres, table)


def main() -> None:
    """Print the median of rounds taken by turns, with the ratios between them."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\nEvents: batches of {BATCH}, {CONNECTIONS} clients, {WORKERS} web workers, {ROUNDS} rounds")
    print(f"Load of this machine before: {load}")
    bare: list[float] = []
    loads: list[Load] = []
    rates: dict[str, list[float]] = {name: [] for name in PEERS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(running_postgres(durable=True))
        server = stack.enter_context(serving(folder / "home", workers=WORKERS))
        for turn in range(ROUNDS):
            bare.append(bare_log(folder))
            loads.append(over_http(server, turn * 100_000_000))
            settle(descendants(server.process.pid))
            for name in PEERS:
                rates[name].append(copied(postgres, name))
    ours = statistics.median(load.per_second for load in loads) * BATCH
    p99 = statistics.median(load.p99 for load in loads)
    processor = statistics.median(load.cpu_microseconds for load in loads)
    note = f"p99 {p99:.1f} ms, {processor:.0f} us of processor a request, the lake's included"
    print(f"{'Proefwerk over HTTP':42}{ours:12,.0f} events/s            {note}")
    postgres_rates = {f"PostgreSQL {name}": found for name, found in rates.items()}
    for name, found in {"two bare writers, fdatasync each": bare, **postgres_rates}.items():
        rate = statistics.median(found)
        print(f"{name:42}{rate:12,.0f} events/s{ours / rate:8.2f} x as many")


if __name__ == "__main__":
    main()
