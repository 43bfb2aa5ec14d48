"""Reads what the event log holds beyond what the lake has already taken over."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Self

import numpy as np

from assignment.events import Record, decode_records
from assignment.log import Damage, Frame, is_sealed, read_frames, segments
from experiments.analysis.rows import Rows

GROUP = 1 << 20
"""Bytes of records that are decoded at once: so few that what comes of them fits the processor's cache."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Takeover:
    """News from the log.

    Attributes:
        rows: The events.
        consumed: How far each existing segment is taken over once the rows are in the lake.
        finished: Segments that then hold nothing more.
        damaged: Records that could not be read.
        more: Whether reading stopped at the limit.
    """

    rows: Rows = field(default_factory=Rows)
    consumed: dict[str, int] = field(default_factory=dict)
    finished: list[Path] = field(default_factory=list)
    damaged: int = 0
    more: bool = False


class LogReader:
    """Reads the log a batch ahead, while the batch before it is being written.

    Args:
        folder: Of the log.
        quarantine: Where damaged records go.
        limit: Events of a batch, about.
    """

    def __init__(self, folder: Path, quarantine: Path, limit: int) -> None:
        self._read = partial(read_log, folder, quarantine, limit)
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._ahead: tuple[Mapping[str, int], Future[Takeover]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.shutdown(cancel_futures=True)

    def news(self, consumed: Mapping[str, int]) -> Takeover:
        """What follows after that; the reading of what follows this goes on in the background."""
        ahead, self._ahead = self._ahead, None
        fits = ahead is not None and ahead[0] == consumed
        found = ahead[1].result() if ahead is not None and fits else self._read(consumed)
        if found.more:
            following = self._worker.submit(self._read, found.consumed, without=found.finished)
            self._ahead = found.consumed, following
        return found


def read_log(
    folder: Path, quarantine: Path, limit: int, consumed: Mapping[str, int], without: Collection[Path] = ()
) -> Takeover:
    """Whole records only, oldest segment first, until about `limit` events.

    A damaged record is copied to the quarantine folder; its neighbours are read.

    Args:
        folder: Of the log.
        quarantine: Where damaged records go.
        limit: How many events are enough.
        consumed: How far each segment was read before.
        without: Segments that are about to be removed.
    """
    news = Takeover()
    for path in segments(folder):
        if path in without:
            continue
        offset = consumed.get(path.name, 0)
        news.consumed[path.name] = offset
        if news.more:
            continue
        try:
            # Asked before reading: what is appended in between stays for the next time.
            sealed = is_sealed(path)
            news.consumed[path.name] = _read_segment(news, path, offset, quarantine, limit)
        except FileNotFoundError:
            del news.consumed[path.name]
            continue
        if sealed and not news.more:
            news.finished.append(path)
    news.rows.tables()
    return news


def _read_segment(news: Takeover, path: Path, offset: int, quarantine: Path, limit: int) -> int:
    group: list[Frame] = []
    size = 0
    for record in read_frames(path, offset):
        if isinstance(record, Damage):
            offset = _take(news, path, offset, group, quarantine)
            group, size = [], 0
            _set_aside(path, record.start, record.end, record.reason, quarantine)
            news.damaged += 1
            offset = record.end
            continue
        group.append(record)
        size += len(record.payload)
        if size >= GROUP or news.rows.count + len(group) >= limit:
            offset = _take(news, path, offset, group, quarantine)
            group, size = [], 0
            if news.rows.count >= limit:
                news.more = True
                return offset
    return _take(news, path, offset, group, quarantine)


def _take(news: Takeover, path: Path, offset: int, group: list[Frame], quarantine: Path) -> int:
    """Add the events of records that follow one another from an offset; the offset behind them."""
    if not group:
        return offset
    try:
        _extend(news.rows, decode_records([frame.payload for frame in group]))
    except ValueError as error:
        if len(group) == 1:
            _set_aside(path, offset, group[0].end, str(error), quarantine)
            news.damaged += 1
            return group[0].end
        for frame in group:
            offset = _take(news, path, offset, [frame], quarantine)
    return group[-1].end


def _extend(rows: Rows, records: list[Record]) -> None:
    counts = [len(record.events) for record in records]
    received = np.repeat(np.array([record.received for record in records], dtype=np.int64), counts)
    agents: dict[int, str] = {}
    if any(record.agent is not None for record in records):
        senders = chain.from_iterable(
            [record.agent] * count for record, count in zip(records, counts, strict=True)
        )
        agents = {index: agent for index, agent in enumerate(senders) if agent is not None}
    rows.extend(list(chain.from_iterable(record.events for record in records)), received, agents)


def _set_aside(path: Path, start: int, end: int, reason: str, quarantine: Path) -> None:
    log.error("Record %s:%d-%d cannot be read and is set aside: %s", path.name, start, end, reason)
    quarantine.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file:
        file.seek(start)
        (quarantine / f"{path.name}-{start}-{end}").write_bytes(file.read(end - start))
