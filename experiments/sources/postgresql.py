"""Tables and queries of a PostgreSQL database, read in one transaction that cannot write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from experiments.sources.readers import BATCH, Mark, Row, Wanted, unavailable

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 600


class PostgresReader:
    """One connection.

    Args:
        url: `postgresql://...`.
        time_zone: Of columns without one.
    """

    def __init__(self, url: str, time_zone: str = "UTC") -> None:
        scheme, _, rest = url.partition("://")
        self._url = url
        address = f"{scheme.split('+')[0]}://{rest}"
        with self._told():
            self._connection = psycopg.connect(
                address,
                connect_timeout=CONNECT_SECONDS,
                application_name="proefwerk",
                options=f"-c statement_timeout={STATEMENT_SECONDS}s -c default_transaction_read_only=on",
            )
            self._connection.execute(sql.SQL("SET TIME ZONE {}").format(sql.Literal(time_zone)))

    def batches(self, wanted: Wanted, after: Mark) -> Iterator[tuple[list[Row], Mark]]:
        """See `Reader`; in the order of the mark, so that each batch can be gone on from."""
        mark, ident = _named(wanted.mark), _named(wanted.id)
        query = _selected(wanted)
        if after is not None:
            query += sql.SQL(" WHERE {0} >= {1} OR {0} IS NULL").format(mark, sql.Placeholder())
        query += sql.SQL(" ORDER BY {} NULLS FIRST, {}").format(mark, ident)
        with self._told(), self._connection.cursor("pull", row_factory=dict_row) as cursor:
            cursor.itersize = BATCH
            cursor.execute(query, [after] if after is not None else [])
            while rows := cursor.fetchmany(BATCH):
                yield rows, rows[-1][wanted.mark]

    def named(self, wanted: Wanted, ids: Sequence[str]) -> Iterator[list[Row]]:
        """See `Reader`."""
        query = _selected(wanted) + sql.SQL(" WHERE {}::text = ANY({})").format(
            _named(wanted.id), sql.Placeholder()
        )
        with self._told(), self._connection.cursor(row_factory=dict_row) as cursor:
            yield cursor.execute(query, [list(ids)]).fetchall()

    def first(self, wanted: Wanted, count: int) -> list[Row]:
        """See `Reader`."""
        query = _selected(wanted) + sql.SQL(" LIMIT {}").format(sql.Literal(count))
        with self._told(), self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, []).fetchall()

    def close(self) -> None:
        """See `Reader`."""
        self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise unavailable("The database", error, self._url) from None


def _selected(wanted: Wanted) -> sql.Composed:
    columns = sql.SQL(", ").join(map(_named, wanted.columns))
    if wanted.table is not None:
        source: sql.Composable = _named(*wanted.table.split("."))
    else:
        # As text of its own and not as a format, so that a per cent sign in it is one.
        source = sql.SQL("({}) AS source").format(sql.SQL(_plain(wanted.query or "")))
    return sql.SQL("SELECT {} FROM {}").format(columns, source)


def _named(*names: str) -> sql.Identifier:
    # A per cent sign in a name is no placeholder.
    return sql.Identifier(*(name.replace("%", "%%") for name in names))


def _plain(query: str) -> str:
    return query.strip().rstrip(";").replace("%", "%%")
