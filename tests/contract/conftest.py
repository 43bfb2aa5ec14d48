"""The doors under their default server, for the official clients."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from assignment.engine import CompiledSnapshot
from tests.assignment.examples import compiled
from tests.contract.live import FOLDER
from tests.serving import free_port

JAVASCRIPT = Path(__file__).parent / "javascript"


@dataclass(frozen=True, slots=True)
class Live:
    """Where the doors are, what they decide by, the folder of their log, and their process."""

    url: str
    compiled: CompiledSnapshot
    folder: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """SIGKILL for the server and its workers: what a power cut leaves behind."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving_doors(tmp_path_factory.mktemp("doors")) as running:
        yield running


@contextmanager
def serving_doors(folder: Path, port: int | None = None) -> Iterator[Live]:
    """The doors on a folder, stopped at the end of the block."""
    port = port or free_port()
    arguments = [
        "--interface",
        "wsgi",
        "--port",
        str(port),
        "--log-level",
        "warning",
        "tests.contract.live:app",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", *arguments],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, FOLDER: str(folder)},
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process)
        yield Live(url, compiled(), folder, process)
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{url}/readyz", timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise RuntimeError("the doors did not open")


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node, with the clients installed beside the script."""
    found = shutil.which("node")
    if found and (JAVASCRIPT / "node_modules").is_dir():
        return found
    sentence = (
        "the JavaScript clients are missing: install Node 20 and run `npm ci` in tests/contract/javascript"
    )
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)
