"""Judges many rows of a file at once, and by itself each of those among which something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from assignment.complaints import Refused, read
from assignment.events import (
    DEFAULT_VALUE,
    MAX_AHEAD,
    Conversion,
    Event,
    Exposure,
    Link,
    Rules,
    decode_event,
    is_currency,
    skim_events,
)

PARTS, FEW = 8, 32
"""Rows among which something is wrong are judged in so many parts, down to so few rows."""


class Doubt(NamedTuple):
    """How rows are looked at one by one.

    Attributes:
        rows: Makes the JSON of rows, given by their indices, with all care.
        from_stranger: Whether that is as somebody wrote it, and may have a key twice.
    """

    rows: Callable[[Sequence[int]], Sequence[bytes | Refused]]
    from_stranger: bool


class Judged(NamedTuple):
    """What becomes of rows: the events, in order, and the index of each other row, with the reason."""

    events: list[Event]
    refused: list[tuple[int, str]]


def judge(texts: Sequence[bytes], indices: range, doubt: Doubt, rules: Rules, now: datetime) -> Judged:
    """Every row is judged as if it were alone.

    Args:
        texts: The JSON of each row, or anything else where a row must be looked at by itself.
        indices: Of the rows to judge.
        doubt: How that is done.
        rules: Which experiments and variants an exposure may name.
        now: The time at which nothing may lie far in the future.
    """
    judged = Judged([], [])
    _judge(judged, texts, indices, doubt, rules, now)
    return judged


def _judge(
    judged: Judged, texts: Sequence[bytes], indices: range, doubt: Doubt, rules: Rules, now: datetime
) -> None:
    some = texts[indices.start : indices.stop]
    events = _sound(some, doubt.from_stranger, rules, now)
    if events is not None:
        judged.events.extend(events)
    elif len(indices) > FEW:
        size = -(-len(indices) // PARTS)
        for start in range(indices.start, indices.stop, size):
            _judge(judged, texts, range(start, min(start + size, indices.stop)), doubt, rules, now)
    else:
        unsound: list[int] = []
        alone = [_sound([text], doubt.from_stranger, rules, now) for text in some]
        unsound = [index for index, found in zip(indices, alone, strict=True) if found is None]
        rows = dict(zip(unsound, doubt.rows(unsound), strict=True))
        for index, found in zip(indices, alone, strict=True):
            try:
                judged.events.extend(found or [_one(rows[index], doubt.from_stranger, rules, now)])
            except Refused as refusal:
                judged.refused.append((index, str(refusal)))


def _sound(
    texts: Sequence[bytes], from_stranger: bool, rules: Rules, now: datetime
) -> Sequence[Event] | None:
    """The events, if all rows are sound beyond doubt."""
    array = b"[%b]" % b",".join(texts)
    try:
        events = skim_events(array)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if len(events) != len(texts) or not _fit(events, rules, now):
        return None
    return events if not from_stranger or _shows_every_key(array, events) else None


def _fit(events: Sequence[Event], rules: Rules, now: datetime) -> bool:
    """Whether no event has a complaint, and each time is one in UTC."""
    times = [event.time for event in events if event.time is not None]
    if times and (min(times).year == 1 or max(times) > now + MAX_AHEAD):
        return False
    if not {(each.experiment, each.variant) for each in events if type(each) is Exposure} <= rules.pairs:
        return False
    if any(each.unit == each.person for each in events if type(each) is Link):
        return False
    currencies = {each.currency for each in events if isinstance(each, Conversion)}
    return all(code is None or is_currency(code) for code in currencies)


def _shows_every_key(array: bytes, events: Sequence[Event]) -> bool:
    """Whether JSON has no more keys than the events: none twice, and none that is not known."""
    if b"\\" in array or any(
        space in array and b'"' + space in array for space in (b" ", b"\t", b"\r", b"\n")
    ):
        return False
    exposures = [event for event in events if type(event) is Exposure]
    inside = [event.attributes for event in exposures if event.attributes]
    keys = 5 * len(exposures) + len(inside) + sum(map(len, inside))
    keys += sum([event.time is not None for event in events])
    keys += sum([event.version is not None for event in exposures])
    for event in events if len(exposures) < len(events) else ():
        if isinstance(event, Conversion):
            keys += 4 + (event.value is not DEFAULT_VALUE) + (event.currency is not None)
            keys += 1 + len(event.properties) if event.properties else 0
        elif isinstance(event, Link):
            keys += 3 + (not event.id.startswith("link-"))
    found = array.count(b'":')
    return found == keys or found == keys + sum(map(_keys_in, inside)) - sum(map(len, inside))


def _keys_in(value: object) -> int:
    """Keys of an object, those of the objects in it included."""
    if isinstance(value, dict):
        return len(value) + sum(_keys_in(each) for each in value.values() if type(each) in (dict, list))
    return sum(_keys_in(each) for each in value if type(each) is dict) if isinstance(value, list) else 0


def _one(row: bytes | Refused, from_stranger: bool, rules: Rules, now: datetime) -> Event:
    """The event in a row.

    Raises:
        Refused: It is none, or not to be taken.
    """
    if isinstance(row, Refused):
        raise row
    event = read(row) if from_stranger else _decoded(row)
    complaint = next(iter(_complaints(event, rules, now)), None)
    if complaint is not None:
        raise Refused(complaint)
    return event


def _decoded(row: bytes) -> Event:
    """The event in what was made of a table, which has no key twice."""
    try:
        return decode_event(row)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return read(row)


def _complaints(event: Event, rules: Rules, now: datetime) -> Iterable[str]:
    if event.time is not None:
        try:
            event.time.astimezone(UTC)
        except OverflowError:
            yield f"time: {event.time.isoformat()} lies beyond the years 1 to 9999 in UTC"
        if event.time > now + MAX_AHEAD:
            yield f"time: {event.time.isoformat()} is more than 10 minutes in the future"
    if isinstance(event, Link) and event.person == event.unit:
        yield f"person: is the unit itself, '{event.unit}'"
    if isinstance(event, Exposure) and (sentence := rules.complaint(event)) is not None:
        yield sentence
