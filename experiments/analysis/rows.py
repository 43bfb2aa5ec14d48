"""Events as columns, the form in which the lake takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from assignment.events import Conversion, Event, Exposure, Link
from experiments.analysis.keys import keys_of, signed
from experiments.analysis.marks import AGENT, FLAG, Mark, mark_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FIRST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
LAST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
"""Bounds of what can be a moment."""
_MOMENT = pa.timestamp("us", tz="UTC")
_SHARED = [
    ("place", pa.int64()),
    ("id", pa.string()),
    ("unit", pa.string()),
    ("time", _MOMENT),
    ("received", _MOMENT),
]
SCHEMAS = {
    "exposures": pa.schema(
        [
            *_SHARED,
            ("experiment", pa.string()),
            ("variant", pa.string()),
            ("attributes", pa.string()),
            ("version", pa.int32()),
        ]
    ),
    "conversions": pa.schema(
        [
            *_SHARED,
            ("name", pa.string()),
            ("value", pa.float64()),
            ("currency", pa.string()),
            ("properties", pa.string()),
        ]
    ),
    "links": pa.schema([*_SHARED, ("person", pa.string())]),
    "bots": pa.schema(
        [
            *_SHARED,
            ("rule", pa.string()),
            ("source", pa.string()),
            ("agent", pa.string()),
            ("list", pa.string()),
        ]
    ),
}
_KINDS: dict[str, type[Event]] = {"exposures": Exposure, "conversions": Conversion, "links": Link}
_KEYS = {"id": "key", "unit": "unit_key", "person": "person_key"}
_OPEN = {"exposures": "attributes", "conversions": "properties"}
_encoder = msgspec.json.Encoder()
_BOTS = tuple(_encoder.encode(name) + b":" for name in (FLAG, AGENT))
Row = tuple[object, ...]
Whole = NDArray[np.int64]


class Rows:
    """Collects events in their order of arrival.

    Attributes:
        count: Places in that order so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._tables: dict[str, list[pa.Table]] = {kind: [] for kind in SCHEMAS}
        self._bots: dict[tuple[str, Mark], Row] = {}
        self._made: dict[str, pa.Table] | None = None

    def extend(
        self, events: Sequence[Event], received: int | Whole, agents: Mapping[int, str] | None = None
    ) -> None:
        """Add events, next in order; all of them or, when this raises, none.

        It is fastest with some thousands at once: so few that they still lie in the processor's cache.

        Args:
            events: Where one has no time, its receipt stands in.
            received: Microseconds since 1970 UTC, of all or of each, shape `(n,)`.
            agents: User agents of crawlers, by the index of the event that one sent.

        Raises:
            ValueError: One is no event, or its time or receipt lies beyond the years 1 to 9999 in UTC.
        """
        if not events:
            return
        places = np.arange(self.count, self.count + len(events))
        came = np.broadcast_to(np.asarray(received, dtype=np.int64), len(events))
        codes = np.frombuffer(bytes(map(_codes.__getitem__, map(type, events))), dtype=np.uint8)
        made: dict[str, pa.Table] = {}
        marked: set[int] = set(agents or ())
        for code, name in enumerate(_KINDS):
            where = np.flatnonzero(codes == code)
            if len(where):
                some = [events[index] for index in where.tolist()]
                made[name], may_tell_of_bots = _columns(name, some, places[where], came[where])
                if may_tell_of_bots:
                    marked.update(where.tolist())
        self._made = None
        self.count += len(events)
        for name, table in made.items():
            self._tables[name].append(table)
        for index in sorted(marked):
            mark = mark_of(events[index], (agents or {}).get(index))
            if mark is not None:
                self._mark(events[index], mark, int(places[index]), int(came[index]))

    def tables(self) -> dict[str, pa.Table]:
        """Arrow tables by kind, made once: `SCHEMAS` and the keys of ids (`key`: of the event itself).

        `place` is the order of arrival over all kinds.
        """
        if self._made is None:
            found = {kind: list(tables) for kind, tables in self._tables.items()}
            if self._bots:
                found["bots"].append(_table("bots", list(zip(*self._bots.values(), strict=True))))
            self._made = {
                kind: _with_keys(pa.concat_tables([SCHEMAS[kind].empty_table(), *tables]))
                for kind, tables in found.items()
            }
        return self._made

    def _mark(self, event: Event, mark: Mark, place: int, received: int) -> None:
        at = received if event.time is None else microseconds(event.time)
        # One a batch is enough to know the unit by.
        self._bots.setdefault((event.unit, mark), (place, event.id, event.unit, at, received, *mark))


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC of a moment with a time zone."""
    return (moment - EPOCH) // MICROSECOND


def moment(value: int) -> datetime:
    """The UTC moment of microseconds since 1970."""
    return EPOCH + value * MICROSECOND


def kept(table: pa.Table, keep: NDArray[np.bool_]) -> pa.Table:
    """The rows whose place is to be kept."""
    return table.filter(pa.array(keep[table.column("place").to_numpy()]))


def received_after(settled: int, tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables with every receipt later than a moment, in microseconds since 1970 UTC.

    An event may be acknowledged, or shipped by another node, after a report of a moment later than its
    receipt: that report goes on to rest on what was received until then.
    """
    earliest = pa.scalar(settled + 1, pa.int64()).cast(_MOMENT)
    found = {}
    for kind, table in tables.items():
        received = table.column("received")
        later = pc.if_else(pc.less(received, earliest), earliest, received)
        found[kind] = table.set_column(table.column_names.index("received"), "received", later)
    return found


def texts(documents: Sequence[Mapping[str, object]]) -> tuple[pa.Array, bool]:
    """Documents as JSON text, null for an empty one; and whether any has a key that tells of bots."""
    lines = _encoder.encode_lines(documents)
    ends = np.flatnonzero(np.frombuffer(lines, dtype=np.uint8) == ord("\n"))
    offsets = np.zeros(len(ends) + 1, dtype=np.int32)
    offsets[1:] = ends - np.arange(len(ends))
    buffers = pa.py_buffer(offsets), pa.py_buffer(lines.replace(b"\n", b""))
    whole = pa.StringArray.from_buffers(len(documents), *buffers)
    given = pc.if_else(pc.equal(whole, "{}"), None, whole)
    return given, any(name in lines for name in _BOTS)


class _Codes(dict[type, int]):
    """The place of each class of events in `_KINDS`."""

    def __missing__(self, found: type) -> int:
        for code, kind in enumerate(_KINDS.values()):
            if issubclass(found, kind):
                self[found] = code
                return code
        raise ValueError(f"{found.__name__} is no event")


_codes = _Codes()


def _columns(kind: str, events: list[Event], places: Whole, received: Whole) -> tuple[pa.Table, bool]:
    """The events of one kind, and whether any may tell of a bot."""
    came = pa.array(received, type=_MOMENT)
    _check_times(came)
    columns: dict[str, object] = {"place": places, "received": came}
    may_tell_of_bots = False
    for field in SCHEMAS[kind]:
        if field.name in columns:
            continue
        values = list(map(attrgetter(field.name), events))
        if field.name == _OPEN.get(kind):
            columns[field.name], may_tell_of_bots = texts(values)
        elif field.name == "time":
            times = columns["time"] = pc.coalesce(pa.array(values, type=_MOMENT), came)
            _check_times(times)
        else:
            columns[field.name] = values
    return _table(kind, [columns[field.name] for field in SCHEMAS[kind]]), may_tell_of_bots


def _check_times(times: pa.Array) -> None:
    bounds = pc.min_max(times.cast(pa.int64())).as_py()
    if bounds["min"] < FIRST or bounds["max"] > LAST:
        raise ValueError("time: lies beyond the years 1 to 9999 in UTC")


def _with_keys(table: pa.Table) -> pa.Table:
    for name, key in _KEYS.items():
        if name in table.column_names:
            found = keys_of(pa.concat_arrays(table.column(name).chunks))
            table = table.append_column(key, pa.array(found if key == "key" else signed(found)))
    return table


def _table(kind: str, columns: Sequence[object]) -> pa.Table:
    schema = SCHEMAS[kind]
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)
