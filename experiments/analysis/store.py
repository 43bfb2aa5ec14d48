"""Where the lake lies and how its manifest is replaced: in this a folder and an object store differ."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from experiments.analysis import manifest
from experiments.analysis.known_ids import FOLDER
from experiments.analysis.manifest import Manifest
from experiments.analysis.schema import KINDS

FOLDERS = (*KINDS, FOLDER)
"""Where immutable files lie."""
LOCK = "lock"
QUARANTINE = "quarantine"
Fetch = Callable[[Collection[str]], None]
"""Makes sure that files, named by their paths in the lake, lie in the local folder."""


class OutrunError(Exception):
    """Another writer was faster: what was prepared rests on an old state, and must be made anew."""


class ReplacedError(Exception):
    """A file of an older state is gone: whoever reads must begin again with the newest one."""


@dataclass(frozen=True, slots=True)
class State:
    """A manifest as it was read.

    Attributes:
        manifest: What the lake consists of.
        tag: What the store knows this version by; `None` where there is no lake yet, or it needs none.
    """

    manifest: Manifest
    tag: str | None = None


class Store(Protocol):
    """Keeps immutable files and one manifest that is replaced as a whole.

    Attributes:
        root: Local folder in which this process writes and reads files, by their paths in the lake.
        quarantine: Local folder for log records that cannot be read.
    """

    root: Path
    quarantine: Path

    def writing(self) -> AbstractContextManager[None]:
        """Keeps other processes of this machine from writing."""
        ...

    def load(self) -> State:
        """The newest manifest; an empty one where there is no lake yet."""
        ...

    def replace(self, state: State, following: Manifest) -> None:
        """Publish the manifest that follows a state; when this returns it survives a power loss.

        Raises:
            OutrunError: The newest state is another one.
        """
        ...

    def upload(self, paths: Collection[str]) -> None:
        """Make files that were written in the folder last, and readable by everyone."""
        ...

    def fetch(self, paths: Collection[str]) -> None:
        """Make sure that files lie in the folder.

        Raises:
            ReplacedError: One exists no more.
        """
        ...

    def delete(self, paths: Collection[str]) -> None:
        """Remove files, wherever they lie; those that are gone are fine."""
        ...

    def sweep(self, named: Collection[str]) -> None:
        """Remove files that crashed writers left: those which no manifest names."""
        ...


class LocalStore:
    """A folder; any number of processes of one machine may hold one.

    Args:
        root: The folder; made at the first change if missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.quarantine = root / QUARANTINE

    def writing(self) -> AbstractContextManager[None]:
        """Keeps every other process from writing."""
        return locked(self.root)

    def load(self) -> State:
        """The newest manifest."""
        return State(manifest.load(self.root))

    def replace(self, state: State, following: Manifest) -> None:
        """Publish a manifest: the lock makes sure that it follows the newest."""
        manifest.store(self.root, following)

    def upload(self, paths: Collection[str]) -> None:
        """Nothing: they are written where they belong, and synced."""

    def fetch(self, paths: Collection[str]) -> None:
        """Nothing: they are here."""

    def delete(self, paths: Collection[str]) -> None:
        """Remove files."""
        for path in paths:
            (self.root / path).unlink(missing_ok=True)

    def sweep(self, named: Collection[str]) -> None:
        """Remove unnamed files: under the lock nobody else is writing any."""
        self.delete([path for path in files_in(self.root) if path not in named])


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the lock of a folder, which is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def files_in(root: Path) -> Iterator[str]:
    """Every immutable file in a lake's folder, by its path from there."""
    for folder in FOLDERS:
        for path in (root / folder).rglob("*"):
            if path.is_file():
                yield str(path.relative_to(root))
