"""Whole rows of a file that follow one another, and where in it they lie."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import msgspec

from experiments.analysis.judging import Doubt

BLOCK = 1 << 22
"""Bytes that are read at once."""
BOM = b"\xef\xbb\xbf"


class Place(NamedTuple):
    """Between two rows of a file.

    Attributes:
        offset: Bytes before it, unpacked; of Parquet, rows.
        line: Lines before it; of Parquet, rows.
    """

    offset: int = 0
    line: int = 0


@dataclass(slots=True)
class Chunk:
    """Rows that follow one another.

    Attributes:
        lines: Of each row (of Parquet: its number), from 1.
        texts: Each row as JSON.
        doubt: How a row is looked at by itself.
        shown: What to show of one, by its index: JSON, or text that is none.
        end: The place behind them.
        none: Lines and texts of what is no row at all, each with the reason.
        share: How much of the file is read after it, up to 1.
    """

    lines: Sequence[int]
    texts: Sequence[bytes]
    doubt: Doubt
    shown: Callable[[int], bytes]
    end: Place
    none: list[tuple[int, bytes, str]] = field(default_factory=list)
    share: float = 0.0


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, Callable[[], float]]]:
    """The bytes of a file, unpacked; and how much of it is read."""
    size = max(path.stat().st_size, 1)
    with path.open("rb") as raw:
        packed = path.name.lower().endswith(".gz")
        unpacked = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
        yield unpacked, lambda: raw.tell() / size


def blocks(file: BinaryIO, start: Place, *, quoted: bool) -> Iterator[tuple[Place, bytes, Place]]:
    """Whole rows, with the places before and behind them; where texts may be quoted, these hold newlines."""
    file.seek(start.offset)
    rest = b""
    while True:
        more = file.read(BLOCK)
        block = rest + more
        end = block.rfind(b"\n") + 1 if more else len(block)
        while quoted and more and block.count(b'"', 0, end) % 2:
            end = block.rfind(b"\n", 0, end - 1) + 1
        if end:
            behind = Place(start.offset + end, start.line + block.count(b"\n", 0, end))
            yield start, block[:end], behind
            start = behind
        if not more:
            return
        rest = block[end:]


def shown(row: object) -> bytes:
    """A row of a table as JSON, whatever is in it."""
    try:
        return msgspec.json.encode(row, enc_hook=str)
    except (UnicodeEncodeError, OverflowError, TypeError):
        return msgspec.json.encode(ascii(row))
