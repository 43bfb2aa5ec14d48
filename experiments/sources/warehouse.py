"""Any warehouse that Ibis speaks to, by its connection URL; the extra `proefwerk[warehouse]` brings Ibis."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from assignment.errors import ProefwerkError
from experiments.sources.readers import BATCH, Mark, Row, Wanted, unavailable


class IbisReader:
    """One connection.

    Args:
        url: As `ibis.connect` takes it, such as `sqlite:///shop.db` or `snowflake://...`.
    """

    def __init__(self, url: str) -> None:
        try:
            import ibis
        except ImportError as error:
            message = "A source of kind 'ibis' needs Ibis: install proefwerk[warehouse] and its backend."
            raise ProefwerkError(503, "source_unavailable", message) from error
        self._url = url
        with self._told():
            self._connection: Any = ibis.connect(url)

    def batches(self, wanted: Wanted, after: Mark) -> Iterator[tuple[list[Row], Mark]]:
        """See `Reader`; in the order of the mark, so that each batch can be gone on from."""
        with self._told():
            rows = self._selected(wanted)
            if after is not None:
                rows = rows.filter((rows[wanted.mark] >= after) | rows[wanted.mark].isnull())
            rows = rows.order_by([rows[wanted.mark].asc(nulls_first=True), wanted.id])
        for found in self._read(rows):
            yield found, found[-1][wanted.mark]

    def named(self, wanted: Wanted, ids: Sequence[str]) -> Iterator[list[Row]]:
        """See `Reader`."""
        with self._told():
            rows = self._selected(wanted)
            rows = rows.filter(rows[wanted.id].cast("string").isin(list(ids)))
        yield from self._read(rows)

    def first(self, wanted: Wanted, count: int) -> list[Row]:
        """See `Reader`."""
        with self._told():
            rows = self._selected(wanted).limit(count)
        return [row for found in self._read(rows) for row in found]

    def close(self) -> None:
        """See `Reader`."""
        with self._told():
            self._connection.disconnect()

    def _selected(self, wanted: Wanted) -> Any:
        if wanted.table is None:
            rows = self._connection.sql((wanted.query or "").strip().rstrip(";"))
        else:
            place, _, name = wanted.table.rpartition(".")
            rows = self._connection.table(name, database=place or None)
        return rows.select(*wanted.columns)

    def _read(self, rows: Any) -> Iterator[list[Row]]:
        with self._told():
            found = iter(rows.to_pyarrow_batches(chunk_size=BATCH))
        while True:
            with self._told():
                batch = next(found, None)
            if batch is None:
                return
            if batch.num_rows:
                yield batch.to_pylist()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with warnings.catch_warnings():
                # Of its own ways with data frames.
                warnings.simplefilter("ignore")
                yield
        except ProefwerkError:
            raise
        except Exception as error:  # noqa: BLE001 - each backend has its own errors
            raise unavailable("The warehouse", error, self._url) from None
