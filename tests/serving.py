"""Starts the whole product as its operator would, for tests that speak HTTP to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
ADMIN_KEY = "admin-key-for-tests"
SERVER_KEY = "server-key-for-tests"
CLIENT_KEY = "client-key-for-tests"
USER = "sanne@example.org"
PASSWORD = "correct horse battery"
START_SECONDS = 180.0
_SERVE = (sys.executable, "-m", "experiments.cli", "serve")


@dataclass(slots=True)
class Server:
    """A running product.

    Attributes:
        url: Where it listens, without a trailing slash.
        home: Its folder.
        process: The `proefwerk serve` process.
    """

    url: str
    home: Path
    process: subprocess.Popen[bytes]

    def headers(self, key: str = ADMIN_KEY) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"}

    def kill(self) -> None:
        """SIGKILL for the whole process group: what a power cut leaves behind."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, as a service manager stops it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def log(self) -> str:
        return (self.home / "serve.log").read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(
    home: Path,
    *,
    workers: int = 1,
    port: int | None = None,
    command: Sequence[str] = (),
    **environment: str,
) -> Server:
    """Start `proefwerk serve`, or another command, on a folder; returns when it says that it is ready."""
    home.mkdir(parents=True, exist_ok=True)
    chosen = port or free_port()
    settings = {
        "PROEFWERK_HOME": str(home),
        "PROEFWERK_BOOTSTRAP_ADMIN_KEY": ADMIN_KEY,
        "PROEFWERK_BOOTSTRAP_SERVER_KEY": SERVER_KEY,
        "PROEFWERK_BOOTSTRAP_CLIENT_KEY": CLIENT_KEY,
        "PROEFWERK_BOOTSTRAP_USER": USER,
        "PROEFWERK_BOOTSTRAP_PASSWORD": PASSWORD,
        **environment,
    }
    with (home / "serve.log").open("ab") as output:
        process = subprocess.Popen(
            command or [*_SERVE, "--port", str(chosen), "--workers", str(workers)],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{chosen}", home, process)
    _wait_until_ready(server)
    return server


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise RuntimeError(f"serve ended with {server.process.returncode}:\n{server.log()}")
        try:
            if requests.get(f"{server.url}/readyz", timeout=2).status_code == 200:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    server.kill()
    raise RuntimeError(f"serve was not ready within {START_SECONDS:.0f} s:\n{server.log()}")


@contextmanager
def serving(
    home: Path,
    *,
    workers: int = 1,
    port: int | None = None,
    command: Sequence[str] = (),
    **environment: str,
) -> Iterator[Server]:
    """The product on a folder, stopped at the end of the block."""
    server = start(home, workers=workers, port=port, command=command, **environment)
    try:
        yield server
    finally:
        server.stop()
