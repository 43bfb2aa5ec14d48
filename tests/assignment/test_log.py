"""What `append` acknowledged is on disk; what it refused leaves the log as it was."""

from __future__ import annotations

import multiprocessing
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assignment.log import EventLog, Frame, LogFull, LogUnavailable, is_sealed, read_frames, segments


def payload(text: str) -> bytes:
    return bytes(8) + b'["' + text.encode() + b'"]'


def contents(folder: Path) -> list[bytes]:
    found = []
    for path in segments(folder):
        for frame in read_frames(path):
            assert isinstance(frame, Frame)
            found.append(frame.payload)
    return found


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """The kernel refuses to let any file grow beyond this: as on a full disk, a write stops half-way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_was_appended_is_there_when_append_returns(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "deep" / "log")
    for number in range(3):
        log.append(payload(str(number)))
        assert contents(log.folder) == [payload(str(done)) for done in range(number + 1)]
    log.close()


def test_many_threads_lose_nothing_and_keep_their_own_order(tmp_path: Path) -> None:
    log = EventLog(tmp_path, segment_bytes=2_000)

    def write(thread: int) -> None:
        for number in range(60):
            log.append(payload(f"{thread}/{number}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    found = contents(tmp_path)
    assert len(segments(tmp_path)) > 3
    for number in range(8):
        mine = [item for item in found if item.startswith(bytes(8) + f'["{number}/'.encode())]
        assert mine == [payload(f"{number}/{count}") for count in range(60)]
    assert len(found) == 480


def test_threads_that_wait_share_one_write(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.append(payload("first"))
    segment = log._segment
    assert segment is not None
    before = segment.size
    threads = [threading.Thread(target=log.append, args=(payload(str(number)),)) for number in range(20)]
    with log._committing:
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 20
        while len(log._group.frames) < 40 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(log._group.frames) == 40
        assert segment.size == before
    for thread in threads:
        thread.join()
    log.close()
    assert len(contents(tmp_path)) == 21


def test_every_log_writes_segments_of_its_own(tmp_path: Path) -> None:
    first, second = EventLog(tmp_path), EventLog(tmp_path)
    first.append(payload("a"))
    second.append(payload("b"))
    assert len(segments(tmp_path)) == 2
    first.close()
    third = EventLog(tmp_path)
    third.append(payload("c"))
    assert len(segments(tmp_path)) == 3
    assert sorted(map(is_sealed, segments(tmp_path))) == [False, False, True]
    second.close()
    third.close()


def test_a_segment_is_sealed_when_it_is_large_enough(tmp_path: Path) -> None:
    log = EventLog(tmp_path, segment_bytes=100)
    for number in range(10):
        log.append(payload(f"{number:020}"))
    assert [is_sealed(path) for path in segments(tmp_path)] == [True] * 3 + [False]
    assert all(path.stat().st_size <= 100 + 40 for path in segments(tmp_path))
    log.close()
    assert len(contents(tmp_path)) == 10


def test_a_segment_is_sealed_when_it_is_old_enough(tmp_path: Path) -> None:
    log = EventLog(tmp_path, segment_seconds=0.05)
    log.append(payload("a"))
    time.sleep(0.06)
    log.append(payload("b"))
    assert [is_sealed(path) for path in segments(tmp_path)] == [True, False]
    log.close()


def test_a_log_that_takes_nothing_makes_no_file(tmp_path: Path) -> None:
    EventLog(tmp_path / "log").close()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_refused_and_nothing_of_the_refused_record_stays(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.append(payload("kept"))
    with files_limited_to(2_000), pytest.raises(LogUnavailable, match="File too large") as refused:
        log.append(payload("x" * 5_000))
    assert refused.value.status == 503
    assert contents(tmp_path) == [payload("kept")]
    assert all(is_sealed(path) for path in segments(tmp_path))


def test_a_log_recovers_by_itself_when_there_is_room_again(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    with files_limited_to(2_000):
        for _ in range(20):
            with pytest.raises(LogUnavailable):
                log.append(payload("x" * 5_000))
        assert list(tmp_path.iterdir()) == []
        log.append(payload("small"))
    log.append(payload("y" * 5_000))
    log.close()
    assert contents(tmp_path) == [payload("small"), payload("y" * 5_000)]


def test_all_who_share_a_failed_write_are_refused(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    refusals: list[LogUnavailable] = []

    def write() -> None:
        try:
            log.append(payload("x" * 1_000))
        except LogUnavailable as refusal:
            refusals.append(refusal)

    threads = [threading.Thread(target=write) for _ in range(6)]
    with files_limited_to(3_000):
        with log._committing:
            for thread in threads:
                thread.start()
            while len(log._group.frames) < 12:
                time.sleep(0.01)
        for thread in threads:
            thread.join()
    assert len(refusals) == 6
    assert contents(tmp_path) == []
    log.append(payload("later"))
    log.close()
    assert contents(tmp_path) == [payload("later")]


def test_a_log_takes_no_more_than_it_may_and_goes_on_when_it_was_taken_over(tmp_path: Path) -> None:
    logs = [EventLog(tmp_path, max_bytes=20_000, writers=2) for _ in range(2)]
    taken = 0
    refused: LogFull | None = None
    while refused is None:
        try:
            logs[taken % 2].append(payload("x" * 500))
            taken += 1
            time.sleep(0.01)
        except LogFull as refusal:
            refused = refusal
    assert (refused.status, refused.code) == (503, "log_full")
    assert "20,000 are allowed" in refused.detail
    # Another writer's bytes are seen a quarter of a second late at most.
    assert 19_000 < sum(path.stat().st_size for path in segments(tmp_path)) <= 20_000 + 26 * 500
    assert len(contents(tmp_path)) == taken
    for log in logs:
        with pytest.raises(LogFull):
            log.check()
    assert all(is_sealed(path) for path in segments(tmp_path)), "so that all of it can be taken over"
    for path in segments(tmp_path):
        path.unlink()
    for log in logs:
        log.check()
        log.append(payload("again"))
        log.close()
    assert contents(tmp_path) == [payload("again")] * 2


def test_a_record_that_does_not_fit_is_refused_and_a_smaller_one_is_not(tmp_path: Path) -> None:
    log = EventLog(tmp_path, max_bytes=2_000)
    with pytest.raises(LogFull):
        log.append(payload("x" * 3_000))
    log.append(payload("x" * 1_000))
    log.close()
    assert contents(tmp_path) == [payload("x" * 1_000)]


def test_a_folder_that_cannot_be_made_is_refused_until_it_can(tmp_path: Path) -> None:
    obstacle = tmp_path / "log"
    obstacle.write_text("not a folder")
    log = EventLog(obstacle)
    with pytest.raises(LogUnavailable, match="The event log cannot be written"):
        log.append(payload("a"))
    with pytest.raises(LogUnavailable):
        log.check()
    obstacle.unlink()
    log.check()
    log.append(payload("b"))
    log.close()
    assert contents(obstacle) == [payload("b")]


def test_a_folder_removed_under_the_log_is_noticed_and_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    log = EventLog(folder)
    log.check()
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    with pytest.raises(LogUnavailable, match="removed"):
        log.append(payload("a"))
    log.append(payload("b"))
    log.close()
    assert contents(folder) == [payload("b")]


def test_a_closed_log_refuses(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.append(payload("a"))
    log.close()
    with pytest.raises(LogUnavailable, match="closed"):
        log.append(payload("b"))


@pytest.mark.parametrize("size", [0, 9, 16 * 1024 * 1024 + 1])
def test_a_record_of_an_impossible_size_is_a_mistake_of_the_caller(tmp_path: Path, size: int) -> None:
    with pytest.raises(ValueError, match="a record has"):
        EventLog(tmp_path).append(bytes(size))


def _append_until_killed(folder: str, acknowledged: str) -> None:
    log = EventLog(Path(folder))
    with Path(acknowledged).open("a") as told:
        for number in range(1_000_000):
            log.append(payload(str(number)))
            told.write(f"{number}\n")
            told.flush()


def test_a_killed_writer_leaves_a_sealed_segment_with_all_it_acknowledged(tmp_path: Path) -> None:
    folder, acknowledged = tmp_path / "log", tmp_path / "told"
    context = multiprocessing.get_context("spawn")
    writer = context.Process(target=_append_until_killed, args=(str(folder), str(acknowledged)))
    writer.start()
    deadline = time.monotonic() + 60
    while (not acknowledged.exists() or acknowledged.stat().st_size < 500) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [is_sealed(path) for path in segments(folder)] == [False]
    writer.kill()
    writer.join()
    assert [is_sealed(path) for path in segments(folder)] == [True]
    told = acknowledged.read_text().splitlines()
    assert len(told) > 50
    assert contents(folder)[: len(told)] == [payload(number) for number in told]
