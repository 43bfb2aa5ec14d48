"""Events as columns, the form in which the lake takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assignment.events import Conversion, Event, Exposure
from experiments.analysis.marks import Mark, mark_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
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
        [*_SHARED, ("experiment", pa.string()), ("variant", pa.string()), ("attributes", pa.string())]
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
Row = tuple[object, ...]


class Rows:
    """Collects events in their order of arrival.

    Attributes:
        count: Events so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._exposures: list[Row] = []
        self._conversions: list[Row] = []
        self._links: list[Row] = []
        self._bots: dict[tuple[str, Mark], Row] = {}

    def extend(
        self, events: Iterable[tuple[Event, datetime]], received: int, agent: str | None = None
    ) -> None:
        """Add events, each with its time.

        Args:
            received: Microseconds since 1970 UTC.
            agent: User agent of the crawler that sent them.
        """
        place = self.count
        for event, moment in events:
            head = (place, event.id, event.unit, microseconds(moment), received)
            mark = mark_of(event, agent)
            if mark is not None:
                # One a batch is enough to know the unit by.
                self._bots.setdefault((event.unit, mark), (*head, *mark))
            if isinstance(event, Exposure):
                self._exposures.append((*head, event.experiment, event.variant, _text(event.attributes)))
            elif isinstance(event, Conversion):
                self._conversions.append(
                    (*head, event.name, float(event.value), event.currency, _text(event.properties))
                )
            else:
                self._links.append((*head, event.person))
            place += 1
        self.count = place

    def tables(self) -> dict[str, pa.Table]:
        """Arrow tables by kind; `place` is the order of arrival over all kinds."""
        return {
            "exposures": _table("exposures", self._exposures),
            "conversions": _table("conversions", self._conversions),
            "links": _table("links", self._links),
            "bots": _table("bots", list(self._bots.values())),
        }


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC of a moment with a time zone."""
    return (moment - EPOCH) // MICROSECOND


def moment(value: int) -> datetime:
    """The UTC moment of microseconds since 1970."""
    return EPOCH + value * MICROSECOND


def kept(table: pa.Table, keep: NDArray[np.bool_]) -> pa.Table:
    """The rows whose place is to be kept."""
    return table.filter(pa.array(keep[table.column("place").to_numpy()]))


def _table(kind: str, rows: list[Row]) -> pa.Table:
    schema = SCHEMAS[kind]
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def _text(value: Mapping[str, object]) -> str | None:
    return msgspec.json.encode(value).decode() if value else None
