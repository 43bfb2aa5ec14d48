"""Whatever happens to the log, the lake holds what was acknowledged, once each, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from assignment.events import decode_payload
from assignment.log import EventLog, Frame, is_sealed, read_frames, segments
from assignment.sink import LogSink
from assignment.snapshot import build
from experiments.analysis import manifest
from experiments.analysis.lake import Lake
from tests.assignment.examples import KEYS, several

from .test_kill import in_lake

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
HORIZON = timedelta(days=30)
AHEAD = timedelta(minutes=10)
WORKERS = 3
SNAPSHOT = build(several(), KEYS)

numbers = st.integers(0, 60)
workers = st.integers(0, WORKERS - 1)
batches = st.lists(numbers, min_size=1, max_size=6)


class Died(Exception):  # noqa: N818 - what a test does to the writer
    """The process is gone at this point."""


def event(number: int) -> dict[str, Any]:
    """The event of this number, always the same: some have no time, some days apart, two are no events."""
    document: dict[str, Any] = {
        "type": "conversion",
        "id": f"e-{number}",
        "unit": f"u{number}",
        "name": "order",
    }
    if number % 3 == 0:
        document = {"type": "exposure", "id": f"e-{number}", "unit": f"u{number}", "experiment": "bar"}
        document["variant"] = "control" if number != 9 else "gone"
    if number % 4:
        document["time"] = (BEGIN + timedelta(days=number - 20, minutes=number)).isoformat()
    if number == 7:
        document["value"] = "much"
    return document


def body_of(batch: Sequence[int]) -> bytes:
    return json.dumps([event(number) for number in batch]).encode()


class Histories(RuleBasedStateMachine):
    """Three workers on one folder and one lake, with the model beside them: sets of event numbers.

    Attributes:
        promised: Acknowledged, so in the lake in the end.
        possible: May be there too: written and not acknowledged.
        spoiled: In a record that was damaged afterwards; a worker that remembers one calls its repeat known.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="history-"))
        self.now = BEGIN
        self.promised: set[int] = set()
        self.possible: set[int] = set()
        self.spoiled: set[int] = set()
        self.sinks = [self.start() for _ in range(WORKERS)]

    def start(self) -> LogSink:
        log = EventLog(self.folder / "log", segment_bytes=600)
        # Remembers little, so that most repeats are found by the lake alone.
        return LogSink(log, capacity=8, clock=lambda: self.now, max_age=HORIZON)

    def teardown(self) -> None:
        for sink in self.sinks:
            sink.close()
        self.compact()
        rows = in_lake(Lake(self.folder / "lake"))
        counts = Counter(int(key.removeprefix("e-")) for key, _, _ in rows)
        shutil.rmtree(self.folder)
        assert [number for number, count in counts.items() if count > 1] == []
        assert self.promised - self.spoiled - set(counts) == set(), "acknowledged and lost"
        assert set(counts) - self.promised - self.possible == set(), "never taken"
        assert all(unit == f"u{key.removeprefix('e-')}" for key, unit, _ in rows)

    def valid(self, number: int) -> bool:
        if number in (7, 9):
            return False
        at = datetime.fromisoformat(event(number).get("time", self.now.isoformat()))
        return self.now - HORIZON <= at <= self.now + AHEAD

    @rule(worker=workers, batch=batches, again=st.lists(st.tuples(workers, st.booleans()), max_size=2))
    def report(self, worker: int, batch: list[int], again: list[tuple[int, bool]]) -> None:
        """A batch, perhaps sent again, perhaps to another worker, perhaps after a compaction."""
        for each, later in ((worker, False), *again):
            if later:
                self.compact()
            told = self.sinks[each].accept(body_of(batch), "application/json", SNAPSHOT)
            good = [number for number in batch if self.valid(number)]
            assert len(told.rejected) == len(batch) - len(good)
            assert told.accepted + told.duplicates == len(good)
            self.promised.update(good)

    @rule(hours=st.sampled_from([1, 20, 24 * 7]))
    def wait(self, hours: int) -> None:
        """Time goes by: what came in time may be too late now, and what was ahead may be due."""
        self.now += timedelta(hours=hours)

    @rule(worker=workers)
    def restart(self, worker: int) -> None:
        """Stopped in order."""
        self.sinks[worker].close()
        self.sinks[worker] = self.start()

    @rule(worker=workers)
    def kill(self, worker: int) -> None:
        """Gone: the kernel closes the file, nobody seals it."""
        self.bury(worker)

    @rule(worker=workers, batch=batches)
    def kill_between_append_and_answer(self, worker: int, batch: list[int]) -> None:
        log = self.sinks[worker]._log
        self.die_in(worker, batch, lambda payload: EventLog.append(log, payload))
        self.possible.update(number for number in batch if self.valid(number))

    @rule(worker=workers, batch=batches, kept=st.floats(0, 0.999))
    def kill_amid_the_write(self, worker: int, batch: list[int], kept: float) -> None:
        """The tail is torn: of this record nothing may ever count."""
        log = self.sinks[worker]._log

        def torn(payload: bytes) -> None:
            segment = log._ready_segment()
            whole = len(payload).to_bytes(4, "little") + bytes(4) + payload
            os.write(segment._descriptor, whole[: int(kept * len(whole))])

        self.die_in(worker, batch, torn)

    def die_in(self, worker: int, batch: list[int], written: Callable[[bytes], None]) -> None:
        def append(payload: bytes) -> None:
            written(payload)
            raise Died

        sink = self.sinks[worker]
        sink._log.append = append  # type: ignore[method-assign]
        with suppress(Died):
            sink.accept(body_of(batch), "application/json", SNAPSHOT)
        self.bury(worker)

    def bury(self, worker: int) -> None:
        segment = self.sinks[worker]._log._segment
        if segment is not None:
            os.close(segment._descriptor)
        self.sinks[worker] = self.start()

    @precondition(lambda self: bool(segments(self.folder / "log")))
    @rule(place=st.integers(0, 1_000), at=st.floats(0, 0.999), bit=st.integers(0, 7))
    def damage(self, place: int, at: float, bit: int) -> None:
        """One bit of one record flips: its events may be lost, its neighbours' may not."""
        records = [
            (path, start, frame)
            for path in segments(self.folder / "log")
            if is_sealed(path)
            for start, frame in frames_of(path)
        ]
        if not records:
            return
        path, start, frame = records[place % len(records)]
        self.spoiled |= {int(item.id.removeprefix("e-")) for item, _ in decode_payload(frame.payload)}
        with path.open("r+b") as file:
            file.seek(start + int(at * (frame.end - start)))
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ (1 << bit)]))

    @rule()
    def compact(self) -> None:
        Lake(self.folder / "lake").compact(self.folder / "log")

    @rule(before=st.booleans())
    def kill_amid_compaction(self, before: bool) -> None:
        """Dies right before its manifest is there, or right after, with everything else to do."""
        store = manifest.store

        def dies(*arguments: Any) -> None:
            if not before:
                store(*arguments)
            raise Died

        with pytest.MonkeyPatch.context() as patch, suppress(Died):
            patch.setattr(manifest, "store", dies)
            self.compact()


def frames_of(path: Path) -> list[tuple[int, Frame]]:
    """The sound records of a segment, each with where it begins."""
    found, start = [], 0
    for record in read_frames(path):
        if isinstance(record, Frame):
            found.append((start, record))
        start = record.end
    return found


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
