"""Ids that were counted are found again, in whatever slices their runs were merged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments.analysis import known_ids
from experiments.analysis.manifest import Run

MOST = 2**64 - 1


@pytest.mark.parametrize("slice_size", [1, 7, 100, 10**6])
def test_merged_runs_hold_every_key_once_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slice_size: int
) -> None:
    monkeypatch.setattr(known_ids, "SLICE", slice_size)
    chance = np.random.default_rng(20261125)
    runs: tuple[Run, ...] = ()
    everything = np.array([], dtype=np.uint64)
    for size in (1, 40, 3, 90, 2, 2, 60):
        keys = np.unique(chance.integers(0, MOST, size, dtype=np.uint64, endpoint=True))
        if size == 40:
            keys[0], keys[-1] = 0, MOST
        runs = known_ids.extended(tmp_path, runs, keys)
        everything = np.concatenate([everything, keys])
    stored = [np.fromfile(tmp_path / run.path, dtype="<u8") for run in runs]
    assert [len(each) for each in stored] == [run.rows for run in runs]
    assert all((each[1:] > each[:-1]).all() for each in stored)
    np.testing.assert_array_equal(np.sort(np.concatenate(stored)), np.sort(everything))
    assert not known_ids.new(tmp_path, runs, everything)[0].any()
