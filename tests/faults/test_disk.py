"""A disk that is full or cannot be written costs no acknowledged event; none is taken that is not kept."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from assignment import room
from assignment.log import EventLog, LogFull, LogUnavailable
from assignment.sink import LogSink
from assignment.snapshot import build
from experiments.analysis.lake import Lake

from .test_kill import in_lake, in_log

SNAPSHOT = build((), ())
DISK_BYTES = 4 * 1024**2


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a file system; test_log.py limits the size of files instead")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def batch(number: int) -> tuple[set[str], bytes]:
    ids = {f"{number}-{place}" for place in range(100)}
    return ids, json.dumps(
        [{"type": "conversion", "id": each, "unit": "u", "name": "order"} for each in sorted(ids)]
    ).encode()


def fill(sink: LogSink, first: int) -> tuple[set[str], LogUnavailable]:
    """Batches until one is refused; the ids that were acknowledged, and the refusal."""
    acknowledged: set[str] = set()
    for number in range(first, first + 2_000):
        ids, body = batch(number)
        try:
            assert sink.accept(body, "application/json", SNAPSHOT).accepted == 100
        except LogUnavailable as refusal:
            return acknowledged, refusal
        acknowledged |= ids
    raise AssertionError("the disk never filled up")


@pytest.mark.parametrize("reserve", [True, False], ids=["with its reserve", "to the last byte"])
def test_a_full_disk_refuses_and_recovers_once_the_lake_has_taken_over(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reserve: bool
) -> None:
    if not reserve:
        monkeypatch.setattr(room, "RESERVE_SHARE", -1.0)
    sink, lake = LogSink(EventLog(disk / "log", segment_bytes=500_000)), Lake(tmp_path / "lake")
    acknowledged, refusal = fill(sink, 0)
    assert isinstance(refusal, LogFull)
    assert refusal.code == "log_full"
    assert refusal.detail.endswith("are kept free." if reserve else "No space left on device.")
    if reserve:
        with pytest.raises(LogFull):
            sink.check()
    assert set(in_log(disk / "log")) == acknowledged, "nothing of what was refused"
    lake.compact(disk / "log")
    sink.check()
    more, _ = fill(sink, 5_000)
    assert len(more) > 10_000
    sink.close()
    lake.compact(disk / "log")
    assert sorted(key for key, _, _ in in_lake(lake)) == sorted(acknowledged | more)


def test_a_folder_on_a_disk_that_cannot_be_written_is_refused_until_it_can(disk: Path) -> None:
    remount = ["mount", "-o"]
    subprocess.run([*remount, "remount,ro", str(disk)], check=True)
    sink = LogSink(EventLog(disk / "log"))
    _, body = batch(0)
    with pytest.raises(LogUnavailable, match="Read-only file system"):
        sink.accept(body, "application/json", SNAPSHOT)
    with pytest.raises(LogUnavailable, match="Read-only file system"):
        sink.check()
    subprocess.run([*remount, "remount,rw", str(disk)], check=True)
    sink.check()
    assert sink.accept(body, "application/json", SNAPSHOT).accepted == 100, (
        "the refused ones are no duplicates"
    )
    sink.close()
