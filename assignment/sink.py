"""Takes the doors' reports into the log, and remembers what it took."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec

from assignment.complaints import Refused, read
from assignment.errors import FieldError, ProefwerkError
from assignment.events import MAX_AGE, Rules, encode_payload, link_id, marked, payload_ids
from assignment.intake import Batch, accept
from assignment.log import EventLog, Frame, Use, read_frames, segments
from assignment.seen import CAPACITY, SeenIds
from assignment.snapshot import Snapshot


def utc_now() -> datetime:
    """The clock of receipt."""
    return datetime.now(UTC)


class LogSink:
    """What the doors report to; safe to use from many threads.

    Args:
        log: Where batches go; this object closes it.
        capacity: How many ids to remember.
        clock: Gives the time of receipt, with a time zone.
        max_age: Events that happened longer ago are refused.
    """

    def __init__(
        self,
        log: EventLog,
        capacity: int = CAPACITY,
        clock: Callable[[], datetime] = utc_now,
        max_age: timedelta = MAX_AGE,
    ) -> None:
        self._log = log
        self._clock = clock
        self._max_age = max_age
        self._seen = SeenIds(capacity)
        self._rules: Rules | None = None
        self._seen.remember(newest_ids(log.folder, capacity // 2))

    def accept(self, body: bytes, content_type: str, snapshot: Snapshot, agent: str | None = None) -> Batch:
        """Judges a report and returns once what it accepts is on disk.

        Args:
            agent: User agent of the crawler that sent it, to be kept with it.

        Raises:
            ProefwerkError: As `intake.accept`; or 503 (`LogUnavailable`) when nothing could be stored.
        """
        batch = accept(body, content_type, self._rules_of(snapshot), self._clock(), self._seen)
        if batch.accepted:
            self._append(batch.payload, agent)
            # Only now: whoever is told "duplicate" must find the first one on disk.
            self._seen.remember(batch.ids)
        return batch

    def expose(
        self,
        unit: str,
        met: Sequence[tuple[str, str, int]],
        attributes: Mapping[str, object],
        agent: str | None = None,
    ) -> None:
        """Reports that a unit met variants, given as (experiment, variant, phase), at this moment.

        An attribute that no event may hold is left out: the shopper's variant does not depend on it.

        Raises:
            ProefwerkError: 422 the unit cannot be stored; 503 nothing could be stored.
        """
        if not met:
            return
        try:
            events = [_exposure(unit, *shown, attributes) for shown in met]
        except ProefwerkError:
            kept = _storable(attributes)
            events = [_exposure(unit, *shown, kept) for shown in met]
        self._append(encode_payload(self._clock(), b"[" + b",".join(events) + b"]"), agent)

    def link(self, unit: str, person: str) -> None:
        """Reports that the unit is the person's, once for as long as that is remembered.

        Raises:
            ProefwerkError: 422 an id cannot be stored; 503 nothing could be stored.
        """
        identity = link_id(unit, person)
        if self._seen.known({identity}):
            return
        event = _checked({"type": "link", "id": identity, "unit": unit, "person": person}, "link")
        self._log.append(encode_payload(self._clock(), b"[%b]" % event))
        self._seen.remember((identity,))

    def use(self) -> Use:
        """What the log takes of the disk.

        Raises:
            LogUnavailable: That cannot be read.
        """
        return self._log.use()

    def check(self) -> None:
        """Whether events could be stored now.

        Raises:
            LogUnavailable: They could not.
        """
        self._log.check()

    def close(self) -> None:
        """Seals the log."""
        self._log.close()

    def _append(self, payload: bytes, agent: str | None) -> None:
        self._log.append(payload if agent is None else marked(payload, agent))

    def _rules_of(self, snapshot: Snapshot) -> Rules:
        rules = self._rules
        if rules is None or rules.revision != snapshot.revision:
            rules = self._rules = Rules(snapshot, self._max_age)
        return rules


def newest_ids(folder: Path, limit: int) -> list[str]:
    """Ids of the newest events in the log, at most about `limit`; damaged parts are passed over."""
    found: list[str] = []
    for path in reversed(segments(folder)):
        if len(found) >= limit:
            break
        try:
            frames = [frame.payload for frame in read_frames(path) if isinstance(frame, Frame)]
            found += itertools.chain.from_iterable(payload_ids(payload) for payload in frames)
        except (OSError, ValueError):
            continue
    return found[:limit]


def _storable(attributes: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in attributes.items() if _can_hold({name: value})}


def _can_hold(attributes: Mapping[str, object]) -> bool:
    try:
        _exposure("u", "e", "v", 1, attributes)
    except ProefwerkError:
        return False
    return True


def _exposure(
    unit: str, experiment: str, variant: str, version: int, attributes: Mapping[str, object]
) -> bytes:
    exposure = {
        "type": "exposure",
        "id": uuid4().hex,
        "unit": unit,
        "experiment": experiment,
        "variant": variant,
        "version": version,
        "attributes": attributes,
    }
    return _checked(exposure, "exposure")


def _checked(event: Mapping[str, object], kind: str) -> bytes:
    """The event as JSON that the log may hold."""
    try:
        document = msgspec.json.encode(event)
        read(document)
    except Refused as refusal:
        field, _, rule = str(refusal).partition(": ")
        raise ProefwerkError(
            422,
            "invalid_context",
            f"The {kind} cannot be logged.",
            (FieldError(f"context.{'targetingKey' if field == 'unit' else field}", rule or field),),
        ) from None
    return document
