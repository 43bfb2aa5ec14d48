"""How far files were loaded, so that a load that was broken off goes on where its last whole batch ended."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from assignment.events import Rules
from experiments.analysis.chunks import Place
from experiments.analysis.manifest import sync_folder

FOLDER = "imports"
_EDGE = 1 << 16
"""Bytes at the beginning and the end of a file by which it is known again."""


class Done(msgspec.Struct, frozen=True):
    """What of a file is in the lake.

    Attributes:
        path: The file, for people who look.
        rows: How many of its rows were read.
        place: Where they end.
        refused: How many of them were refused.
        refused_bytes: Size of the file that tells of these.
    """

    path: str
    rows: int = 0
    place: Place = Place()
    refused: int = 0
    refused_bytes: int = 0


class Journal:
    """Remembers the state of one file, while it is being loaded.

    The file is known by its path, size, time of change and both its ends, together with what may be loaded:
    where an experiment was started since, it is read again from its beginning.

    Args:
        root: The lake's folder.
        path: The file that is loaded.
        rules: By which its rows are judged.
    """

    def __init__(self, root: Path, path: Path, rules: Rules) -> None:
        self._path = path
        self._place = root / FOLDER / f"{_identity(path, rules)}.json"

    def load(self) -> Done:
        """How far it is; not at all where that is not known."""
        try:
            return msgspec.json.decode(self._place.read_bytes(), type=Done)
        except (FileNotFoundError, msgspec.MsgspecError):
            return Done(str(self._path))

    def store(self, done: Done) -> None:
        """Remember it, through a power loss too."""
        self._place.parent.mkdir(parents=True, exist_ok=True)
        beside = self._place.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(done))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._place)
        sync_folder(self._place.parent)

    def forget(self) -> None:
        """The whole file is loaded: when it is given again, every row is looked at again."""
        self._place.unlink(missing_ok=True)


def _identity(path: Path, rules: Rules) -> str:
    found = path.stat()
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((str(path.resolve()), found.st_size, found.st_mtime_ns, rules.revision)).encode())
    with path.open("rb") as file:
        digest.update(file.read(_EDGE))
        file.seek(max(0, found.st_size - _EDGE))
        digest.update(file.read(_EDGE))
    return digest.hexdigest()
