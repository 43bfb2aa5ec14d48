"""Drives an HTTP server over keep-alive connections from one process, measuring what the server spends."""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Load:
    """What one run gave: requests per second, latency in milliseconds, server CPU in microseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float
    cpu_microseconds: float


def cpu_seconds(pids: list[int]) -> float:
    """User and system time that the processes have used so far, threads included."""
    total = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def descendants(pid: int) -> list[int]:
    """A process with everything that it started, directly or not."""
    found = [pid]
    for entry in found:
        for task in Path(f"/proc/{entry}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def drive(
    port: int, request: Callable[[int], bytes], pids: list[int], *, seconds: float, connections: int = 16
) -> Load:
    """Send `request(n)` again and again over keep-alive connections; every answer must be a 200."""
    selector = selectors.DefaultSelector()
    sent_at: dict[socket.socket, float] = {}
    received: dict[socket.socket, bytes] = {}
    latencies: list[float] = []
    number = 0
    for _ in range(connections):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        sent_at[connection], received[connection] = time.perf_counter(), b""
        connection.sendall(request(number))
        number += 1
    began, spent = time.perf_counter(), cpu_seconds(pids)
    while (now := time.perf_counter()) - began < seconds:
        for key, _ in selector.select(0.1):
            connection = key.fileobj  # type: ignore[assignment]
            received[connection] += connection.recv(262_144)
            if not _is_whole(received[connection]):
                continue
            now = time.perf_counter()
            latencies.append(now - sent_at[connection])
            received[connection], sent_at[connection] = b"", now
            connection.sendall(request(number))
            number += 1
    elapsed, spent = time.perf_counter() - began, cpu_seconds(pids) - spent
    for connection in sent_at:
        connection.close()
    latencies.sort()
    count = len(latencies)
    return Load(
        requests=count,
        per_second=count / elapsed,
        p50=latencies[count // 2] * 1e3,
        p99=latencies[int(count * 0.99)] * 1e3,
        cpu_microseconds=spent / count * 1e6,
    )


def _is_whole(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    if b" 200 " not in head[:16]:
        raise RuntimeError(f"the server answered {answer[:400]!r}")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    raise RuntimeError(f"an answer without content-length: {head!r}")


def post(path: str, body: bytes, key: str, content_type: str = "application/json") -> bytes:
    """The bytes of a POST with a key, for a keep-alive connection."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
