"""The sink answers only for what is on disk."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assignment.errors import ProefwerkError
from assignment.events import Event, Exposure, Link, decode_payload
from assignment.log import EventLog, Frame, LogUnavailable, read_frames, segments
from assignment.sink import LogSink, newest_ids
from assignment.snapshot import Experiment, Snapshot, Status, Variant, build

from .test_log import files_limited_to

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def snapshot(*keys: str) -> Snapshot:
    variants = (Variant("control", "", 0.5, {}), Variant("bar", "", 0.5, {}))
    return build(
        tuple(Experiment(key, 1, Status.RUNNING, key, "id", variants, 1.0, {}) for key in keys),
        (),
    )


def orders(*ids: str, **more: Any) -> bytes:
    return json.dumps(
        [{"type": "conversion", "id": item, "unit": "u", "name": "order", **more} for item in ids]
    ).encode()


def stored(folder: Path) -> list[tuple[Event, datetime]]:
    found = []
    for path in segments(folder):
        for frame in read_frames(path):
            assert isinstance(frame, Frame)
            found += decode_payload(frame.payload)
    return found


def stored_ids(folder: Path) -> list[str]:
    return [event.id for event, _ in stored(folder)]


def test_an_accepted_event_is_on_disk_with_its_receipt_as_time(tmp_path: Path) -> None:
    sink = LogSink(EventLog(tmp_path), clock=lambda: NOW)
    assert sink.accept(orders("1", "2"), "application/json", snapshot()).accepted == 2
    assert [(event.id, at) for event, at in stored(tmp_path)] == [("1", NOW), ("2", NOW)]
    sink.close()


def test_a_retry_is_a_duplicate_and_stored_once(tmp_path: Path) -> None:
    sink = LogSink(EventLog(tmp_path))
    sink.accept(orders("1"), "application/json", snapshot())
    again = sink.accept(orders("1", "2"), "application/json", snapshot())
    assert (again.accepted, again.duplicates) == (1, 1)
    assert stored_ids(tmp_path) == ["1", "2"]
    sink.close()


def test_a_retry_after_a_restart_is_still_a_duplicate(tmp_path: Path) -> None:
    before = LogSink(EventLog(tmp_path))
    before.accept(orders("1", "2"), "application/json", snapshot())
    before.close()
    after = LogSink(EventLog(tmp_path))
    batch = after.accept(orders("2", "3"), "application/json", snapshot())
    assert (batch.accepted, batch.duplicates) == (1, 1)
    after.close()


def test_the_start_reads_no_more_ids_than_it_can_remember(tmp_path: Path) -> None:
    log = EventLog(tmp_path, segment_bytes=1)
    sink = LogSink(log)
    for number in range(20):
        sink.accept(orders(f"{number}a", f"{number}b"), "application/json", snapshot())
    sink.close()
    assert newest_ids(tmp_path, 5) == ["19a", "19b", "18a", "18b", "17a"]


def test_a_damaged_segment_does_not_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "0.log").write_bytes(b"rubbish that is no record at all")
    sink = LogSink(EventLog(tmp_path))
    assert sink.accept(orders("1"), "application/json", snapshot()).accepted == 1
    sink.close()


def test_a_full_disk_acknowledges_nothing_and_the_retry_is_no_duplicate(tmp_path: Path) -> None:
    sink = LogSink(EventLog(tmp_path))
    many = [str(number) for number in range(200)]
    with files_limited_to(1_000), pytest.raises(LogUnavailable) as refused:
        sink.accept(orders(*many), "application/json", snapshot())
    assert refused.value.status == 503
    assert stored(tmp_path) == []
    again = sink.accept(orders(*many), "application/json", snapshot())
    assert (again.accepted, again.duplicates) == (200, 0)
    assert stored_ids(tmp_path) == many
    sink.close()


def test_a_new_snapshot_counts_at_once(tmp_path: Path) -> None:
    sink = LogSink(EventLog(tmp_path))
    event = json.dumps(
        [{"type": "exposure", "id": "1", "unit": "u", "experiment": "late", "variant": "bar"}]
    ).encode()
    assert sink.accept(event, "application/json", snapshot("early")).status == 422
    assert sink.accept(event, "application/json", snapshot("early", "late")).accepted == 1
    sink.close()


def test_a_batch_without_a_good_event_writes_nothing(tmp_path: Path) -> None:
    sink = LogSink(EventLog(tmp_path))
    assert sink.accept(orders("1", value="x"), "application/json", snapshot()).status == 422
    assert stored(tmp_path) == []
    sink.close()


def test_exposures_of_the_doors_are_stored_with_their_attributes(tmp_path: Path) -> None:
    sink = LogSink(EventLog(tmp_path), clock=lambda: NOW)
    attributes = {"device": "mobile", "tags": ["a"], "geo": {"nl": True}}
    sink.expose("ü-1", [("e", "bar", 1), ("f", "control", 2)], attributes)
    (first, at), (second, _) = stored(tmp_path)
    assert isinstance(first, Exposure)
    assert (first.unit, first.experiment, first.variant, at) == ("ü-1", "e", "bar", NOW)
    assert first.version == 1
    assert first.attributes == attributes
    assert isinstance(second, Exposure)
    assert (second.experiment, second.variant, second.version) == ("f", "control", 2)
    assert first.id != second.id
    sink.close()


def test_nothing_met_is_nothing_written(tmp_path: Path) -> None:
    LogSink(EventLog(tmp_path)).expose("u", [], {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("unit", "attributes", "field"),
    [
        ("u" * 201, {}, "context.targetingKey"),
    ],
)
def test_an_exposure_that_no_reader_could_read_is_refused_before_it_is_written(
    tmp_path: Path, unit: str, attributes: dict[str, object], field: str
) -> None:
    sink = LogSink(EventLog(tmp_path))
    with pytest.raises(ProefwerkError) as refused:
        sink.expose(unit, [("e", "bar", 1)], attributes)
    assert refused.value.status == 422
    assert refused.value.fields[0].field.startswith(field)
    assert list(tmp_path.iterdir()) == []


def test_an_attribute_that_no_event_may_hold_does_not_keep_the_exposure_out(tmp_path: Path) -> None:
    sink = LogSink(EventLog(tmp_path))
    attributes = {"deep": [[[[1]]]], "big": 2**70, "device": "mobile"}
    sink.expose("u", [("e", "bar", 1)], attributes)
    sink.close()
    [path] = segments(tmp_path)
    [frame] = [frame for frame in read_frames(path) if isinstance(frame, Frame)]
    [(event, _)] = decode_payload(frame.payload)
    assert isinstance(event, Exposure)
    assert event.attributes == {"device": "mobile"}


def test_the_sink_says_whether_it_can_take_events(tmp_path: Path) -> None:
    obstacle = tmp_path / "log"
    obstacle.write_text("")
    sink = LogSink(EventLog(obstacle))
    with pytest.raises(LogUnavailable, match="The event log cannot be written"):
        sink.check()
    obstacle.unlink()
    sink.check()
    sink.close()


def test_many_threads_with_retries_store_every_id_and_count_it_once(tmp_path: Path) -> None:
    sink = LogSink(EventLog(tmp_path))
    rules = snapshot()

    def report(thread: int) -> None:
        for number in range(40):
            ids = [f"{thread}/{number}/{item}" for item in range(10)]
            assert sink.accept(orders(*ids), "application/json", rules).accepted == 10
            assert sink.accept(orders(*ids), "application/json", rules).duplicates == 10

    failures: list[BaseException] = []

    def guarded(thread: int) -> None:
        try:
            report(thread)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sink.close()
    assert failures == []
    ids = stored_ids(tmp_path)
    assert len(ids) == len(set(ids)) == 3_200


def test_a_link_is_on_disk_once_also_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        sink = LogSink(EventLog(tmp_path))
        sink.link("a1", "c9")
        sink.link("a1", "c9")
        sink.close()
    assert [(event.unit, event.person) for event, _ in stored(tmp_path) if isinstance(event, Link)] == [
        ("a1", "c9")
    ]
    assert len(stored(tmp_path)) == 1
