"""Which event ids were counted before, however long ago: sorted runs of 64-bit hashes on disk."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from experiments.analysis.keys import Keys
from experiments.analysis.manifest import Run, sync_folder

FOLDER = "ids"
SLICE = 16_000_000
"""Keys that are merged at once, about: they are hashes, so that each slice of their range has its share."""
Flags = NDArray[np.bool_]


def placed(tables: Iterable[pa.Table], places: int) -> Keys:
    """The keys of events by their place, shape `(places,)`; one in 2**64 pairs of ids shares a key."""
    keys = np.empty(places, dtype=np.uint64)
    for table in tables:
        keys[table.column("place").to_numpy()] = table.column("key").to_numpy()
    return keys


def new(root: Path, runs: Sequence[Run], keys: Keys) -> tuple[Flags, Keys]:
    """Which places hold the first event with its id of all time, and the sorted keys of these.

    Runs are memory-mapped, never read as a whole.
    """
    order = np.argsort(keys)
    found = keys[order]
    if (found[1:] == found[:-1]).any():
        # Only now that it matters who was first: a stable sort takes three times as long.
        order = np.argsort(keys, kind="stable")
        found = keys[order]
    first = np.ones(len(found), dtype=np.bool_)
    first[1:] = found[1:] != found[:-1]
    first &= ~counted_before(root, runs, found)
    keep = np.zeros(len(keys), dtype=np.bool_)
    keep[order[first]] = True
    return keep, found[first]


def counted_before(root: Path, runs: Sequence[Run], keys: Keys) -> Flags:
    """Which keys are of ids that were ever counted, shape as `keys`."""
    known = np.zeros(len(keys), dtype=np.bool_)
    for run in runs:
        stored = _open(root, run)
        if len(stored):
            at = np.minimum(np.searchsorted(stored, keys), len(stored) - 1)
            known |= stored[at] == keys
    return known


def extended(root: Path, runs: Sequence[Run], keys: Keys) -> tuple[Run, ...]:
    """The runs with new, sorted keys added; those of like size are merged: there are only log(n) of them."""
    kept, sources, rows = list(runs), [keys], len(keys)
    while kept and kept[-1].rows <= 2 * rows:
        run = kept.pop()
        sources.append(_open(root, run))
        rows += run.rows
    return (*kept, _write(root, sources))


def _open(root: Path, run: Run) -> Keys:
    return np.memmap(root / run.path, dtype="<u8", mode="r", shape=(run.rows,))


def _write(root: Path, sources: Sequence[Keys]) -> Run:
    """One run of all keys, in slices by their value: whatever their number, little of it is in memory."""
    rows = sum(map(len, sources))
    slices = -(-rows // SLICE)
    inner = np.array([place * 2**64 // slices for place in range(1, slices)], dtype=np.uint64)
    bounds = [[0, *np.searchsorted(source, inner).tolist(), len(source)] for source in sources]
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}.u64"
    with path.open("wb") as file:
        for place in range(slices):
            parts = [source[at[place] : at[place + 1]] for source, at in zip(sources, bounds, strict=True)]
            merged = np.sort(np.concatenate(parts), kind="stable")
            merged.astype("<u8", copy=False).tofile(file)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
    return Run(f"{FOLDER}/{path.name}", rows)
