"""A segment gives back what was written, whatever a crash or a disk did to part of it."""

from __future__ import annotations

import fcntl
import itertools
import os
import tempfile
import threading
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assignment.segment import HEADER, Damage, Frame, Segment, is_sealed, read_frames, segments

_payloads = st.lists(st.binary(max_size=40).map(lambda data: bytes(8) + b"[" + data + b"]"), max_size=6)


def framed(payload: bytes) -> bytes:
    return HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def read_back(data: bytes, offset: int = 0) -> list[Frame | Damage]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return list(read_frames(Path(file.name), offset))


@settings(deadline=None)
@given(_payloads)
def test_every_record_comes_back_with_the_offset_behind_it(payloads: list[bytes]) -> None:
    records = [framed(payload) for payload in payloads]
    ends = list(itertools.accumulate(map(len, records)))
    whole = b"".join(records)
    assert read_back(whole) == [Frame(payload, end) for payload, end in zip(payloads, ends, strict=True)]
    for count, end in enumerate(ends, start=1):
        assert [frame.end for frame in read_back(whole, end)] == ends[count:]


@settings(deadline=None)
@given(_payloads, st.data())
def test_a_tail_torn_anywhere_ends_the_reading_cleanly(payloads: list[bytes], data: st.DataObject) -> None:
    records = [framed(payload) for payload in payloads]
    whole = b"".join(records)
    kept = data.draw(st.integers(0, len(whole)))
    ends = list(itertools.accumulate(map(len, records)))
    zeros = data.draw(st.integers(0, 30))
    torn = whole[:kept]
    expected = [Frame(payload, end) for payload, end in zip(payloads, ends, strict=True) if end <= kept]
    assert read_back(torn) == expected
    at_end = kept in (0, *ends)
    if at_end:
        # A file system may have grown the file before the power went.
        assert read_back(torn + bytes(zeros)) == expected


@settings(deadline=None)
@given(_payloads.filter(lambda payloads: len(payloads) >= 2), st.data())
def test_one_wrong_byte_costs_one_record_and_is_reported(payloads: list[bytes], data: st.DataObject) -> None:
    records = [framed(payload) for payload in payloads]
    ends = list(itertools.accumulate(map(len, records)))
    hit = data.draw(st.integers(0, len(records) - 2))
    start = ends[hit] - len(records[hit])
    place = data.draw(st.integers(start, ends[hit] - 1))
    spoiled = bytearray(b"".join(records))
    spoiled[place] ^= data.draw(st.integers(1, 255))
    found = read_back(bytes(spoiled))
    expected = [Frame(payload, end) for payload, end in zip(payloads, ends, strict=True)]
    assert [item for item in found if isinstance(item, Frame)] == expected[:hit] + expected[hit + 1 :]
    (damage,) = [item for item in found if isinstance(item, Damage)]
    assert (damage.start, damage.end) == (start, ends[hit])
    assert damage.reason


def test_a_reader_beside_a_writer_misses_nothing_and_sees_no_damage(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path)
    payloads = [
        bytes(8) + b"[" + bytes([65 + number % 26]) * (number % 7_000) + b"]" for number in range(1_500)
    ]

    def write() -> None:
        for payload in payloads:
            record = framed(payload)
            # In two steps, so that a reader often meets a record that is not whole yet.
            os.write(segment._descriptor, record[: len(record) // 2])
            os.write(segment._descriptor, record[len(record) // 2 :])

    writer = threading.Thread(target=write)
    writer.start()
    found: list[bytes] = []
    offset = 0
    while len(found) < len(payloads):
        alive = writer.is_alive()
        for item in read_frames(segment.path, offset):
            assert isinstance(item, Frame)
            found.append(item.payload)
            offset = item.end
        assert alive or len(found) == len(payloads)
    writer.join()
    segment.abandon()
    assert found == payloads


def test_a_last_record_of_full_length_that_fails_its_checksum_is_damage_and_not_a_torn_tail() -> None:
    record = framed(bytes(8) + b'["acknowledged"]')
    found = read_back(record[:-3] + b"X" + record[-2:])
    assert found == [Damage(0, len(record), "record does not match its checksum")]


def test_a_lost_stretch_between_records_is_reported_and_the_rest_is_read() -> None:
    first, second, third = (framed(bytes(8) + b"[%d]" % number * 50) for number in range(3))
    found = read_back(first + second[:40] + third)
    assert [type(item) for item in found] == [Frame, Damage, Frame]
    assert isinstance(found[1], Damage)
    assert found[1].end == len(first) + 40


def test_an_offset_behind_the_end_reads_nothing() -> None:
    assert read_back(framed(bytes(8) + b"[1]"), 10_000) == []


def test_a_long_damaged_stretch_is_passed_in_reasonable_time() -> None:
    sound = framed(bytes(8) + b"[1]")
    began = time.process_time()
    found = read_back(framed(bytes(8) + b"[" * 2_000_000)[:-1] + sound)
    assert time.process_time() - began < 20
    assert isinstance(found[-1], Frame)


def test_a_segment_is_unsealed_exactly_while_its_writer_holds_it(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path)
    segment.write(framed(bytes(8) + b"[1]"))
    assert segments(tmp_path) == [segment.path]
    assert not is_sealed(segment.path)
    segment.seal()
    assert is_sealed(segment.path)


def test_a_segment_still_being_born_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / ".20261123T000000000000Z-1-abcd.log").touch()
    (tmp_path / "notes.txt").touch()
    assert segments(tmp_path) == []
    assert segments(tmp_path / "missing") == []


def test_segments_come_oldest_first(tmp_path: Path) -> None:
    made = []
    for _ in range(5):
        segment = Segment.create(tmp_path)
        segment.write(b"x")
        made.append(segment)
    assert segments(tmp_path) == [segment.path for segment in made]
    for segment in made:
        segment.seal()


def test_a_write_goes_to_the_disk_and_not_only_to_its_cache(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path)
    flags = fcntl.fcntl(segment._descriptor, fcntl.F_GETFL)
    assert flags & os.O_DSYNC
    assert flags & os.O_APPEND
    segment.seal()


def test_an_unused_segment_leaves_nothing_behind(tmp_path: Path) -> None:
    Segment.create(tmp_path).seal()
    assert list(tmp_path.iterdir()) == []


def test_abandoning_cuts_off_what_was_not_acknowledged(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path)
    sound = framed(bytes(8) + b"[1]")
    segment.write(sound)
    os.write(segment._descriptor, b"half a rec")
    segment.abandon()
    assert segment.path.read_bytes() == sound
    assert is_sealed(segment.path)


def test_a_file_removed_under_the_writer_is_noticed(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path)
    segment.path.unlink()
    with pytest.raises(OSError, match="removed"):
        segment.write(b"x")
    segment.abandon()
