"""Reads what the event log holds beyond what the lake has already taken over."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from assignment.events import decode_payload, payload_agent
from assignment.log import Damage, is_sealed, read_frames, segments
from experiments.analysis.manifest import Manifest
from experiments.analysis.rows import Rows

QUARANTINE = "quarantine"
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


def read_log(folder: Path, current: Manifest, quarantine: Path, limit: int) -> Takeover:
    """Whole records only, oldest segment first, until about `limit` events.

    A damaged record is copied to the quarantine folder; its neighbours are read.
    """
    news = Takeover()
    for path in segments(folder):
        offset = current.consumed.get(path.name, 0)
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
    return news


def _read_segment(news: Takeover, path: Path, offset: int, quarantine: Path, limit: int) -> int:
    for record in read_frames(path, offset):
        if isinstance(record, Damage):
            _set_aside(path, record.start, record.end, record.reason, quarantine)
            news.damaged += 1
            offset = record.end
            continue
        try:
            events, agent = decode_payload(record.payload), payload_agent(record.payload)
        except ValueError as error:
            _set_aside(path, offset, record.end, str(error), quarantine)
            news.damaged += 1
        else:
            news.rows.extend(events, int.from_bytes(record.payload[:8], "little", signed=True), agent)
        offset = record.end
        if news.rows.count >= limit:
            news.more = True
            break
    return offset


def _set_aside(path: Path, start: int, end: int, reason: str, quarantine: Path) -> None:
    log.error("Record %s:%d-%d cannot be read and is set aside: %s", path.name, start, end, reason)
    quarantine.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file:
        file.seek(start)
        (quarantine / f"{path.name}-{start}-{end}").write_bytes(file.read(end - start))
