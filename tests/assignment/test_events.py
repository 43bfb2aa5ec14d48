"""What an event must be, and how a batch lies in the log."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

import pytest

from assignment.events import (
    Conversion,
    Exposure,
    Rules,
    check,
    decode_event,
    decode_payload,
    encode_payload,
    payload_ids,
)
from assignment.snapshot import Experiment, Snapshot, Status, Variant, build

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def _experiment(key: str, status: Status) -> Experiment:
    variants = (Variant("control", "", 0.5, {}), Variant("bar", "", 0.5, {}))
    return Experiment(key, 1, status, key, "id", variants, 1.0, {})


def _snapshot() -> Snapshot:
    return build(tuple(_experiment(str(status), status) for status in Status), ())


RULES = Rules(_snapshot())


@pytest.mark.parametrize("status", ["running", "paused", "stopped"])
def test_exposures_of_an_experiment_that_was_ever_started_are_taken(status: str) -> None:
    assert check(Exposure("1", "u", status, "bar"), RULES, NOW) is None


def test_exposures_of_a_draft_are_refused_by_name() -> None:
    complaint = check(Exposure("1", "u", "draft", "bar"), RULES, NOW)
    assert complaint == ("unknown", "experiment: 'draft' has not been started")


def test_an_unknown_experiment_is_named() -> None:
    complaint = check(Exposure("1", "u", "banner", "bar"), RULES, NOW)
    assert complaint == ("unknown", "experiment: there is no experiment 'banner'")


def test_an_unknown_variant_is_named_beside_those_that_exist() -> None:
    complaint = check(Exposure("1", "u", "running", "baz"), RULES, NOW)
    assert complaint == ("unknown", "variant: experiment 'running' has no variant 'baz'; it has control, bar")


@pytest.mark.parametrize(
    ("offset", "taken"),
    [
        (timedelta(minutes=10), True),
        (timedelta(minutes=10, microseconds=1), False),
        (timedelta(days=-366), True),
        (timedelta(days=-366, microseconds=-1), False),
        (timedelta(days=-3650), False),
    ],
)
def test_a_time_may_lie_ten_minutes_ahead_and_a_leap_year_back(offset: timedelta, taken: bool) -> None:
    complaint = check(Conversion("1", "u", "order", NOW + offset), RULES, NOW)
    assert (complaint is None) == taken
    if complaint is not None:
        assert complaint.reason == ("ahead" if offset > timedelta() else "late")
        assert complaint.sentence.startswith("time: ")


def test_the_horizon_for_late_events_can_be_set_and_is_named() -> None:
    rules = Rules(_snapshot(), timedelta(days=30))
    assert check(Conversion("1", "u", "order", NOW - timedelta(days=30)), rules, NOW) is None
    complaint = check(Conversion("1", "u", "order", NOW - timedelta(days=31)), rules, NOW)
    assert complaint == ("late", "time: 2026-10-23T10:00:00+00:00 is more than 30 days ago")


def test_times_at_the_edge_of_the_calendar_are_refused_in_words() -> None:
    for text in ("0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"):
        event = decode_event(
            b'{"type":"conversion","id":"1","unit":"u","name":"n","time":"%s"}' % text.encode()
        )
        complaint = check(event, RULES, NOW)
        assert complaint is not None
        assert complaint.sentence.startswith("time: ")


def test_a_payload_gives_back_its_events_with_their_times_in_utc() -> None:
    array = (
        b'[{"type":"conversion","id":"1","unit":"u","name":"order","time":"2026-11-23T11:30:00+02:00"},'
        b' {"type":"exposure","id":"2","unit":"u","experiment":"e","variant":"v"}]'
    )
    received = NOW + timedelta(microseconds=123457)
    payload = encode_payload(received, array)
    assert payload[8:] == array
    (order, at), (exposure, then) = decode_payload(payload)
    assert order == Conversion("1", "u", "order", datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    assert (at, at.utcoffset()) == (datetime(2026, 11, 23, 9, 30, tzinfo=UTC), timedelta(0))
    assert exposure == Exposure("2", "u", "e", "v")
    assert then == received
    assert payload_ids(payload) == ["1", "2"]


@pytest.mark.parametrize(
    "payload", [b"", b"1234567", bytes(8) + b"{}", bytes(8) + b'["x"]', b"\xff" * 8 + b"[]x"]
)
def test_a_payload_of_something_else_is_an_error_and_not_an_empty_batch(payload: bytes) -> None:
    with pytest.raises(ValueError, match="not a batch"):
        decode_payload(payload)


def test_a_receipt_outside_the_calendar_is_an_error_in_words() -> None:
    with pytest.raises(ValueError, match="not a batch"):
        decode_payload(struct.pack("<q", 2**62) + b"[]")
