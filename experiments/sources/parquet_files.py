"""Parquet files in a folder or an object store; those that changed since the last pull are read whole."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from assignment.errors import ProefwerkError
from experiments.sources.readers import BATCH, Mark, Row, Wanted, ident_of, unavailable

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class _File:
    """One file, with the moment of its last change."""

    name: str
    changed: datetime


class ParquetReader:
    """Reads what `path` of each part names: a file, a folder, a pattern such as `/data/orders/*.parquet`.

    `s3://bucket/prefix` is read with the usual `AWS_*` variables, and may be a pattern too.
    """

    def batches(self, wanted: Wanted, after: Mark) -> Iterator[tuple[list[Row], Mark]]:
        """See `Reader`; the mark is the last change of a file, so one that is half read is read again."""
        path, reached = wanted.path or "", after
        for file in sorted(_files(path), key=lambda each: (each.changed, each.name)):
            if after is not None and file.changed < after:
                continue
            for rows in _rows(path, file, wanted):
                yield rows, reached
            reached = file.changed
            yield [], reached

    def named(self, wanted: Wanted, ids: Sequence[str]) -> Iterator[list[Row]]:
        """See `Reader`."""
        path, asked = wanted.path or "", frozenset(ids)
        for file in _files(path):
            for rows in _rows(path, file, wanted):
                yield [row for row in rows if ident_of(row[wanted.id]) in asked]

    def first(self, wanted: Wanted, count: int) -> list[Row]:
        """See `Reader`."""
        path, found = wanted.path or "", []
        for file in sorted(_files(path), key=lambda each: each.name):
            for rows in _rows(path, file, wanted, batch=count):
                found += rows
                if len(found) >= count:
                    return found[:count]
        return found

    def close(self) -> None:
        """See `Reader`."""


def _files(path: str) -> list[_File]:
    with _told(path):
        found = _remote(path) if path.startswith("s3://") else _local(path)
    if not found:
        raise unavailable(path, "there is no Parquet file")
    return found


def _local(path: str) -> list[_File]:
    place = Path(path)
    if place.is_dir():
        names = [str(each) for each in place.rglob("*.parquet")]
    else:
        anchor = Path(place.anchor or ".")
        names = [str(each) for each in anchor.glob(path.removeprefix(place.anchor))]
    files = [Path(name) for name in names if Path(name).is_file()]
    return [_File(str(each), datetime.fromtimestamp(each.stat().st_mtime, UTC)) for each in files]


def _remote(path: str) -> list[_File]:
    from experiments.analysis.object_store import open_s3

    bucket, pattern = _parts(path)
    store, wild = open_s3(f"s3://{bucket}"), any(sign in pattern for sign in _WILD)
    folder = pattern.split("*")[0].split("?")[0].split("[")[0].rpartition("/")[0] if wild else pattern
    found = [item for items in store.list(folder or None) for item in items]
    return [
        _File(item["path"], item["last_modified"].astimezone(UTC))
        for item in found
        if (fnmatch.fnmatchcase(item["path"], pattern) if wild else item["path"].endswith(".parquet"))
    ]


def _rows(path: str, file: _File, wanted: Wanted, batch: int = BATCH) -> Iterator[list[Row]]:
    with _told(file.name):
        opened = pq.ParquetFile(_content(path, file))
        missing = [name for name in wanted.columns if name not in opened.schema_arrow.names]
        if missing:
            raise unavailable(file.name, f"it has no column '{missing[0]}'")
        for found in opened.iter_batches(batch_size=batch, columns=list(wanted.columns)):
            yield found.to_pylist()


def _content(path: str, file: _File) -> Any:
    if not path.startswith("s3://"):
        return file.name
    from experiments.analysis.object_store import open_s3

    return pa.BufferReader(bytes(open_s3(f"s3://{_parts(path)[0]}").get(file.name).bytes()))


def _parts(path: str) -> tuple[str, str]:
    parts = urlsplit(path)
    return parts.netloc, path[len(f"s3://{parts.netloc}") :].strip("/")


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except (ProefwerkError, GeneratorExit):
        raise
    except Exception as error:
        raise unavailable(name, error) from error
