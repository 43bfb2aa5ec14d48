"""Which event ids were counted before, however long ago: sorted runs of 64-bit hashes on disk."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from experiments.analysis.manifest import Run, sync_folder

FOLDER = "ids"
Keys = NDArray[np.uint64]


def known(root: Path, runs: Sequence[Run], keys: Keys) -> NDArray[np.bool_]:
    """Which of the keys, shape `(n,)`, lie in any run; runs are memory-mapped, never read as a whole."""
    found = np.zeros(len(keys), dtype=np.bool_)
    order = np.argsort(keys)
    wanted = keys[order]
    for run in runs:
        stored = _open(root, run)
        places = np.searchsorted(stored, wanted)
        inside = places < len(stored)
        hits = np.zeros(len(keys), dtype=np.bool_)
        hits[inside] = stored[places[inside]] == wanted[inside]
        found[order] |= hits
    return found


def extended(root: Path, runs: Sequence[Run], keys: Keys) -> tuple[Run, ...]:
    """The runs with new keys added; runs of like size are merged, so there are only log(n) of them."""
    kept = list(runs)
    merged = np.sort(keys)
    while kept and kept[-1].rows <= 2 * len(merged):
        merged = np.sort(np.concatenate([_open(root, kept.pop()), merged]), kind="stable")
    return (*kept, _write(root, merged))


def _open(root: Path, run: Run) -> Keys:
    return np.memmap(root / run.path, dtype="<u8", mode="r", shape=(run.rows,))


def _write(root: Path, keys: Keys) -> Run:
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}.u64"
    with path.open("wb") as file:
        keys.astype("<u8", copy=False).tofile(file)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
    return Run(f"{FOLDER}/{path.name}", len(keys))
