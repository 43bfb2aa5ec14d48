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


@dataclass(slots=True)
class _Link:
    """One keep-alive connection with what has come of the answer so far."""

    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""

    def ask(self, request: bytes, now: float) -> None:
        self.received, self.sent_at = b"", now
        self.socket.sendall(request)


def drive(
    port: int, request: Callable[[int], bytes], pids: list[int], *, seconds: float, connections: int = 16
) -> Load:
    """Send `request(n)` again and again over keep-alive connections; every answer must be a 200."""
    selector = selectors.DefaultSelector()
    links = [_Link(socket.create_connection(("127.0.0.1", port))) for _ in range(connections)]
    latencies: list[float] = []
    began, spent = time.perf_counter(), cpu_seconds(pids)
    for number, link in enumerate(links):
        link.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(link.socket, selectors.EVENT_READ, link)
        link.ask(request(number), time.perf_counter())
    number = connections
    while time.perf_counter() - began < seconds:
        for key, _ in selector.select(0.1):
            link = key.data
            link.received += _some(link.socket)
            if _is_whole(link.received):
                now = time.perf_counter()
                latencies.append(now - link.sent_at)
                link.ask(request(number), now)
                number += 1
    elapsed, spent = time.perf_counter() - began, cpu_seconds(pids) - spent
    for link in links:
        link.socket.close()
    latencies.sort()
    count = len(latencies)
    return Load(
        requests=count,
        per_second=count / elapsed,
        p50=latencies[count // 2] * 1e3,
        p99=latencies[int(count * 0.99)] * 1e3,
        cpu_microseconds=spent / count * 1e6,
    )


def _some(connection: socket.socket) -> bytes:
    received = connection.recv(65_536)
    if not received:
        raise RuntimeError("the server closed a connection")
    return received


def _is_whole(answer: bytes) -> bool:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    if b" 200 " not in answer[:16]:
        raise RuntimeError(f"the server answered {answer[:400]!r}")
    head = answer[:end].lower()
    _, named, rest = head.partition(b"content-length:")
    if not named:
        raise RuntimeError(f"an answer without content-length: {head!r}")
    return len(answer) - end - 4 >= int(rest.partition(b"\r")[0])


def post(path: str, body: bytes, key: str, content_type: str = "application/json") -> bytes:
    """The bytes of a POST with a key, for a keep-alive connection."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
