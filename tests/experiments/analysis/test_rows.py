"""Columns made of many events at once are those that every event gives by itself."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from assignment.events import (
    Conversion,
    Event,
    Exposure,
    Link,
    decode_payload,
    decode_records,
    encode_payload,
    marked,
)
from assignment.log import EventLog, Frame, read_frames, segments
from experiments.analysis import takeover
from experiments.analysis.engine import unit_key
from experiments.analysis.marks import mark_of
from experiments.analysis.rows import Rows, microseconds
from experiments.analysis.takeover import LogReader, read_log

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
BROKEN = [
    b'[{"type":"nothing"}]',
    b'[{"type":"exposure","id":"e","unit":"u","experiment":"k","variant":"v","attributes":{"a":{"b":{"c":{}}}}}]',
    b'[{"type":"conversion","id":"e","unit":"u","name":"order","currency":"eur"}]',
    b'[{"type":"conversion","id":"e","unit":"u","name":"order","value":"9"}]',
    b'[{"type":"exposure","id":"e","unit":"u","experiment":"k","variant":"v","time":"0001-01-01T00:00:00+14:00"}]',
    b'[{"type":"exposure","id":"\xff","unit":"u","experiment":"k","variant":"v"}]',
    b"[1],[2]",
    b"[[],[]]",
]


def some_event(draw: random.Random, number: int) -> Event:
    """An event of any kind with anything that one may hold."""
    zone = timezone(timedelta(minutes=draw.choice([0, 0, 330, -720])))
    moment = NOW.astimezone(zone) - timedelta(microseconds=draw.randrange(10**11))
    head: dict[str, Any] = {"id": f"é{draw.randrange(10 ** draw.randrange(1, 90))}-{number}"}
    head |= {"unit": draw.choice(["u", "ü" * 100, f"u{number}"]), "time": draw.choice([None, moment])}
    inside = draw.choice(
        [
            {},
            {},
            {"a": 'x"\\\n ', "b": 2.5},
            {"bot": True},
            {"bot": "no"},
            {"userAgent": CRAWLER},
            {"n": None},
        ]
    )
    kind = draw.randrange(3)
    if kind == 0:
        head |= {"attributes": inside, "version": draw.choice([None, 1, 3])}
        return Exposure(experiment=f"k{number % 3}", variant="v", **head)
    if kind == 1:
        head |= {"properties": inside, "currency": draw.choice([None, "EUR"])}
        return Conversion(name="order", value=draw.choice([1.0, -2.25, 1e300]), **head)
    return Link(person="p", **head)


def json_text(document: Mapping[str, object]) -> str | None:
    return msgspec.json.encode(document).decode() if document else None


def one_by_one(records: Sequence[tuple[Sequence[Event], int, str | None]]) -> dict[str, list[dict[str, Any]]]:
    """What the lake is given of each event, in plain words."""
    found: dict[str, list[dict[str, Any]]] = {"exposures": [], "conversions": [], "links": [], "bots": []}
    place, bots = 0, set()
    for events, received, agent in records:
        for event in events:
            at = received if event.time is None else microseconds(event.time)
            head = {"place": place, "id": event.id, "unit": event.unit, "time": at, "received": received}
            names: tuple[str, ...]
            keys = {"key": unit_key(event.id) + 2**63, "unit_key": unit_key(event.unit)}
            own = msgspec.to_builtins(event)
            if isinstance(event, Exposure):
                names, kind = ("experiment", "variant", "version"), "exposures"
                own["attributes"] = json_text(event.attributes)
                names = (*names, "attributes")
            elif isinstance(event, Conversion):
                names, kind = ("name", "value", "currency", "properties"), "conversions"
                own["properties"] = json_text(event.properties)
            else:
                names, kind = ("person",), "links"
                keys["person_key"] = unit_key(event.person)
            found[kind].append({**head, **{name: own[name] for name in names}, **keys})
            mark = mark_of(event, agent)
            if mark is not None and (event.unit, mark) not in bots:
                bots.add((event.unit, mark))
                found["bots"].append(
                    {**head, **mark._asdict(), "key": keys["key"], "unit_key": keys["unit_key"]}
                )
            place += 1
    return found


def plain(tables: dict[str, pa.Table]) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for kind, table in tables.items():
        for name in ("time", "received"):
            at = table.column_names.index(name)
            table = table.set_column(at, name, table.column(name).cast(pa.int64()))
        found[kind] = table.to_pylist()
    return found


@pytest.mark.parametrize("seed", range(5))
def test_records_of_the_log_become_the_rows_that_each_of_their_events_gives(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(seed)
    monkeypatch.setattr(takeover, "GROUP", draw.choice([1, 2_000, 1 << 20]))
    log, expected, broken = EventLog(tmp_path / "log"), [], 0
    for record in range(40):
        received = NOW + timedelta(microseconds=record)
        if draw.random() < 0.2:
            broken += 1
            log.append(encode_payload(received, draw.choice(BROKEN)))
            continue
        events = [some_event(draw, 100 * record + number) for number in range(draw.randrange(1, 30))]
        agent = draw.choice([None, None, CRAWLER])
        payload = encode_payload(received, msgspec.json.encode(events))
        log.append(payload if agent is None else marked(payload, agent))
        expected.append((events, microseconds(received), agent))
    log.close()
    news = read_log(log.folder, tmp_path / "quarantine", 10**6, {})
    assert plain(news.rows.tables()) == one_by_one(expected)
    assert (news.damaged, len(list((tmp_path / "quarantine").iterdir()))) == (broken, broken)
    assert list(news.consumed.values()) == [segments(log.folder)[0].stat().st_size]


@pytest.mark.parametrize("payload", BROKEN)
def test_what_is_set_aside_is_what_one_record_by_itself_cannot_give(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_payload(encode_payload(NOW, payload))


def test_batches_that_are_read_ahead_hold_every_event_once(tmp_path: Path) -> None:
    log, draw = EventLog(tmp_path / "log"), random.Random(7)
    for record in range(30):
        events = [some_event(draw, 100 * record + number) for number in range(10)]
        log.append(encode_payload(NOW, msgspec.json.encode(events)))
    log.close()
    consumed: dict[str, int] = {}
    with LogReader(log.folder, tmp_path / "quarantine", 40) as reader:
        found = []
        while True:
            news = reader.news(consumed)
            # The same batch again, as for a writer whom another one outran.
            again = reader.news(consumed)
            assert plain(again.rows.tables()) == plain(news.rows.tables())
            found += [row["id"] for table in news.rows.tables().values() for row in table.to_pylist()
                      if "rule" not in row]  # fmt: skip
            consumed = news.consumed
            if not news.more:
                break
    frames = [frame for frame in read_frames(segments(log.folder)[0]) if isinstance(frame, Frame)]
    logged = [event.id for frame in frames for event, _ in decode_payload(frame.payload)]
    assert sorted(found) == sorted(logged)
    assert all(record.agent is None for record in decode_records([frame.payload for frame in frames]))


def test_events_go_in_all_or_none(tmp_path: Path) -> None:
    rows = Rows()
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    good = Exposure(id="e", unit="u", experiment="k", variant="v")
    with pytest.raises(ValueError, match="years 1 to 9999"):
        rows.extend([good, Conversion(id="c", unit="u", name="order", time=early)], microseconds(NOW))
    assert (rows.count, sum(table.num_rows for table in rows.tables().values())) == (0, 0)
