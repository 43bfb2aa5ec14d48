"""What the lake consists of at one moment: one small file, replaced as a whole."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from experiments.analysis.schema import SCHEMA

NAME = "manifest.json"


class Part(msgspec.Struct, frozen=True):
    """One immutable Parquet file.

    Attributes:
        path: Relative to the lake.
        kind: `exposures`, `conversions`, `links` or `bots`.
        day: UTC day of every event in it, `YYYY-MM-DD`.
        rows: How many events.
        last_received: Latest receipt in it, microseconds since 1970 UTC.
        first_generation: Least `generation` of its rows; likewise `last_generation`.
        schema: Version of its columns.
        fingerprint: Of its content, as `fingerprint.named` writes it; empty where that was not kept.
    """

    path: str
    kind: str
    day: str
    rows: int
    last_received: int
    first_generation: int = 0
    last_generation: int = 0
    schema: int = 1
    fingerprint: str = ""


class Run(msgspec.Struct, frozen=True):
    """One sorted file of the ids that were counted: 64-bit hashes, little-endian."""

    path: str
    rows: int


class Retired(msgspec.Struct, frozen=True):
    """A file that newer manifests no longer name, kept a while for readers of an older one.

    Attributes:
        path: Relative to the lake.
        at: Since when, in seconds since 1970; 0 for one that is not kept.
    """

    path: str
    at: float


class Manifest(msgspec.Struct, frozen=True):
    """Everything a reader or the next compaction needs to know.

    Attributes:
        generation: Goes up by one with every change.
        parts: The events, each exactly once.
        runs: The ids of these events.
        consumed: How far each log segment has been taken over, in bytes.
        retired: Files that may be removed once nobody reads them any more.
        exposures: Events so far per experiment.
        conversions: Events so far per name.
        duplicates: Events that were left out because their id was known.
        damaged: Log records that could not be read.
        removals: Goes up with every change that removed events: what was derived from them is void.
        erased: Keys of units that were erased, as text, with the moment in microseconds since 1970 UTC: what
            they did until then is left out, however late it comes in.
        settled: Latest moment of a report, microseconds since 1970 UTC: what comes in now is received later.
        schema: Version of the format that it was written in.
    """

    generation: int = 0
    parts: tuple[Part, ...] = ()
    runs: tuple[Run, ...] = ()
    consumed: dict[str, int] = {}
    retired: tuple[Retired, ...] = ()
    exposures: dict[str, int] = {}
    conversions: dict[str, int] = {}
    duplicates: int = 0
    damaged: int = 0
    removals: int = 0
    erased: dict[str, int] = {}
    settled: int = 0
    schema: int = SCHEMA

    def named(self) -> set[str]:
        """The paths of all files that must not be removed."""
        return {item.path for group in (self.parts, self.runs, self.retired) for item in group}

    def readable(self) -> set[str]:
        """The paths of all files that a reader of this or an older state still finds."""
        return self.named() - {item.path for item in self.retired if not item.at}


class LakeFormatError(RuntimeError):
    """The folder holds a lake that this version cannot read."""


def load(root: Path) -> Manifest:
    """The newest manifest, or an empty one where there is no lake yet.

    Raises:
        LakeFormatError: It is damaged, or was written by a newer version.
    """
    path = root / NAME
    try:
        return decoded(path.read_bytes(), str(path))
    except FileNotFoundError:
        return Manifest()


def decoded(data: bytes, name: str) -> Manifest:
    """The manifest in a file of this name.

    Raises:
        LakeFormatError: It is damaged, or was written by a newer version.
    """
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as error:
        raise LakeFormatError(f"{name} cannot be read: {error}") from error
    if manifest.schema > SCHEMA:
        raise LakeFormatError(f"{name} has schema {manifest.schema}; this version reads up to {SCHEMA}")
    return manifest


def encoded(manifest: Manifest) -> bytes:
    """The content of the manifest's file."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def store(root: Path, manifest: Manifest) -> None:
    """Replace the manifest; when this returns the new one survives a power loss."""
    beside = root / f".{NAME}.new"
    with beside.open("wb") as file:
        file.write(encoded(manifest))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(root / NAME)
    sync_folder(root)


def sync_file(path: Path) -> None:
    """Make a file's content survive a power loss."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
