"""Reading rows of a source, whatever it lies in: in batches from a mark on, or by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from assignment.errors import ProefwerkError
from experiments.settings import ConfigurationError, value_of
from experiments.sources.forms import OrdersForm, PlaceForm, RefundsForm, SourceForm, SourceKind, relation_of

Row = dict[str, Any]
Mark = Any
"""A value of the column by which rows are new: a time, a day, a number or a text."""
BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows of one part of a source.

    Attributes:
        table: Table, perhaps with its schema; or
        query: a query; or
        path: Parquet files.
        columns: Names of the columns to read.
        id: Column with the id.
        mark: Column by which rows are new.
    """

    table: str | None
    query: str | None
    path: str | None
    columns: tuple[str, ...]
    id: str
    mark: str


def ident_of(value: Any) -> str:
    """An id as text, whatever the source keeps it as; empty for none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


class Reader(Protocol):
    """An open source."""

    def batches(self, wanted: Wanted, after: Mark) -> Iterator[tuple[list[Row], Mark]]:
        """Rows with a mark of `after` or later, or with none, and the mark to go on from after each batch."""
        ...

    def named(self, wanted: Wanted, ids: Sequence[str]) -> Iterator[list[Row]]:
        """The rows with these ids."""
        ...

    def first(self, wanted: Wanted, count: int) -> list[Row]:
        """Some rows, to look at."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def wanted_of(form: SourceForm, part: PlaceForm) -> Wanted:
    """What to read for a part."""
    named = [part.id, part.time, part.value, part.currency, part.updated, *part.properties]
    named += [part.unit] if isinstance(part, OrdersForm) else []
    named += [part.order] if isinstance(part, RefundsForm) else []
    named += [each.only.column for each in (form.orders, part, form.refunds) if each and each.only]
    columns = tuple(dict.fromkeys(name for name in named if name is not None))
    return Wanted(*relation_of(form, part), columns, part.id, part.updated or part.time)


def address_of(form: SourceForm, environ: Mapping[str, str]) -> str:
    """The URL of a source, from where it is kept.

    Raises:
        ProefwerkError: 503 when the variable is not set for this process.
    """
    if form.url is not None:
        return form.url
    if form.url_variable is None:
        return ""
    try:
        found = value_of(environ, form.url_variable)
    except ConfigurationError as error:
        raise ProefwerkError(503, "source_unavailable", str(error)) from error
    if found is None:
        message = f"{form.url_variable} is not set in the environment of this process, nor its _FILE."
        raise ProefwerkError(503, "source_unavailable", message)
    return found


def open_reader(form: SourceForm, environ: Mapping[str, str]) -> Reader:
    """The source, connected.

    Raises:
        ProefwerkError: 503 when it cannot be reached; the sentence holds no password.
    """
    address = address_of(form, environ)
    if form.kind is SourceKind.POSTGRESQL:
        from experiments.sources.postgresql import PostgresReader

        return PostgresReader(address, form.time_zone)
    if form.kind is SourceKind.PARQUET:
        from experiments.sources.parquet_files import ParquetReader

        return ParquetReader()
    from experiments.sources.warehouse import IbisReader

    return IbisReader(address)


def unavailable(name: str, reason: object, url: str = "") -> ProefwerkError:
    """The refusal of a source that cannot be read, without the secrets of its URL."""
    text = " ".join(str(reason).split())
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = text.replace(secret, "***")
    return ProefwerkError(503, "source_unavailable", f"{name} cannot be read: {text[:500].rstrip('. ')}.")


def _secrets(url: str) -> set[str]:
    """The URL itself, and the passwords in it, as they stand there and as they are meant."""
    try:
        parts = urlsplit(url)
        found = [parts.password or "", *(text for name, text in parse_qsl(parts.query) if "pass" in name)]
    except ValueError:
        found = []
    return {each for each in (url, *found, *map(unquote, found)) if each}


def earlier(mark: Mark, overlap: timedelta) -> Mark:
    """A mark so much before; numbers and texts have no such distance, and stay."""
    if isinstance(mark, datetime):
        return mark - overlap
    if isinstance(mark, date):
        return mark - max(overlap, timedelta(days=1))
    return mark


def kept_mark(mark: Mark) -> list[str] | None:
    """A mark as JSON can keep it."""
    if mark is None:
        return None
    kind = "datetime" if isinstance(mark, datetime) else "date" if isinstance(mark, date) else ""
    if kind:
        return [kind, mark.isoformat()]
    if isinstance(mark, int | Decimal | float):
        return ["number", str(mark)]
    return ["text", str(mark)]


def read_mark(kept: Sequence[str] | None) -> Mark:
    """The mark that was kept."""
    if kept is None:
        return None
    kind, text = kept
    if kind == "datetime":
        return datetime.fromisoformat(text)
    if kind == "date":
        return date.fromisoformat(text)
    if kind == "number":
        return int(text) if text.lstrip("-").isdigit() else Decimal(text)
    return text
