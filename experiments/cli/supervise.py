"""Keeps a set of child processes running until told to stop."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from types import FrameType

import click

BACKOFF_SECONDS = 1.0
QUICK_DEATH_SECONDS = 30.0
QUICK_DEATHS_ALLOWED = 5
STOP_SECONDS = 30.0


@dataclass(slots=True)
class Child:
    """One process to keep alive: its name for messages, with its arguments to this interpreter."""

    name: str
    arguments: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    quick_deaths: int = 0

    def start(self) -> None:
        self.born = time.monotonic()
        self.process = subprocess.Popen([sys.executable, *self.arguments])

    def poll(self) -> int | None:
        return self.process.poll() if self.process else None


class Supervisor:
    """Starts the children, restarts one that ends by itself, stops all on SIGTERM or SIGINT."""

    def __init__(self, children: list[Child]) -> None:
        self._children = children
        self._stopping = threading.Event()

    def run(self) -> int:
        """Block until stopped; the exit code is 0 after a stop, 1 when a child keeps failing."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        for child in self._children:
            child.start()
        try:
            return self._watch()
        finally:
            self._stop_all()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()

    def _watch(self) -> int:
        while not self._stopping.wait(0.1):
            for child in self._children:
                code = child.poll()
                if code is not None and not self._stopping.is_set() and not self._restart(child, code):
                    return 1
        return 0

    def _restart(self, child: Child, code: int) -> bool:
        quick = time.monotonic() - child.born < QUICK_DEATH_SECONDS
        child.quick_deaths = child.quick_deaths + 1 if quick else 0
        if child.quick_deaths >= QUICK_DEATHS_ALLOWED:
            click.echo(f"The {child.name} process keeps ending with code {code}; giving up.", err=True)
            return False
        click.echo(f"The {child.name} process ended with code {code}; starting it again.", err=True)
        if not self._stopping.wait(BACKOFF_SECONDS if quick else 0):
            child.start()
        return True

    def _stop_all(self) -> None:
        running = [child.process for child in self._children if child.process and child.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
