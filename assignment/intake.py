"""Turns the body of a report into a batch: what is taken as it came, what was known, what is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from assignment.complaints import Refused, read
from assignment.errors import FieldError, ProefwerkError
from assignment.events import (
    DEFAULT_VALUE,
    MAX_AHEAD,
    Event,
    Exposure,
    Link,
    Rules,
    check,
    encode_payload,
    is_currency,
    skim_events,
)
from assignment.pieces import UnclosedError, elements, events_member

MAX_EVENTS = 5_000
MAX_BYTES = 5_000_000
_NDJSON = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonlines"}
)
# `text/plain` is what a browser sends without asking for permission first.
_JSON = frozenset({"", "application/json", "text/json", "text/plain"})
_BOM = b"\xef\xbb\xbf"
_SPACES = b" \t\r\n"
_GZIP = b"\x1f\x8b"
_SMALLEST_TWICE = len(b'{"events":[],"events":}')


class Rejected(msgspec.Struct, frozen=True):
    """An event that was not taken: its place in the request, from 0, and why, in words and in one."""

    index: int
    error: str
    reason: str = "invalid"


class Batch(msgspec.Struct, frozen=True):
    """What becomes of a request.

    Attributes:
        payload: The accepted events as the log keeps them; empty when there are none.
        accepted: How many are new.
        duplicates: How many had an id seen before, here or earlier in the same request.
        rejected: The rest.
        ids: Of the accepted events.
    """

    payload: bytes
    accepted: int
    duplicates: int
    rejected: tuple[Rejected, ...]
    ids: tuple[str, ...]

    @property
    def status(self) -> int:
        """200, or 422 when everything was rejected."""
        return 422 if self.rejected and not self.accepted and not self.duplicates else 200

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many were rejected for which reason."""
        return Counter(item.reason for item in self.rejected)

    def document(self) -> dict[str, object]:
        """The answer of the contract."""
        rejected = [{"index": item.index, "error": item.error} for item in self.rejected]
        return {"accepted": self.accepted, "duplicates": self.duplicates, "rejected": rejected}


class Known(Protocol):
    """Which ids were seen before."""

    def known(self, ids: set[str]) -> set[str]:
        """Those of `ids` that were."""
        ...


def accept(body: bytes, content_type: str, rules: Rules, now: datetime, seen: Known) -> Batch:
    """Judges every event by itself; the accepted ones keep their original bytes.

    Raises:
        ProefwerkError: 400 not JSON; 413 more than `MAX_BYTES` or `MAX_EVENTS`; 415 another content
            type; 422 not a list of events, or an empty one.
    """
    array, lines = _array(body, content_type)
    events = _decoded(array)
    if events and (lines is None or len(events) == len(lines)) and _sound(events, array, rules, now):
        _check_count(len(events))
        ids = [event.id for event in events]
        unique = set(ids)
        if len(unique) == len(ids) and not seen.known(unique):
            return Batch(encode_payload(now, array), len(ids), 0, (), tuple(ids))
    pieces = _pieces(array) if lines is None else lines
    _check_count(len(pieces))
    return _judged(pieces, rules, now, seen)


def _judged(pieces: Sequence[bytes], rules: Rules, now: datetime, seen: Known) -> Batch:
    taken: dict[str, bytes] = {}
    rejected = []
    duplicates = 0
    for index, piece in enumerate(pieces):
        try:
            event = read(piece)
        except Refused as refusal:
            rejected.append(Rejected(index, str(refusal)))
            continue
        complaint = check(event, rules, now)
        if complaint is not None:
            rejected.append(Rejected(index, complaint.sentence, complaint.reason))
        elif event.id in taken:
            duplicates += 1
        else:
            taken[event.id] = piece
    for known in seen.known(set(taken)):
        del taken[known]
        duplicates += 1
    payload = encode_payload(now, b"[" + b",".join(taken.values()) + b"]") if taken else b""
    return Batch(payload, len(taken), duplicates, tuple(rejected), tuple(taken))


def _sound(events: Sequence[Event], array: bytes, rules: Rules, now: datetime) -> bool:
    """Whether every event passes `check` and the text holds exactly the keys that were decoded.

    More keys in the text mean one given twice, or one that is not known: then each event is looked at.
    """
    times = [event.time for event in events if event.time is not None]
    if times and (min(times) < now - rules.max_age or max(times) > now + MAX_AHEAD):
        return False
    keys, currencies = len(times), set()
    for event in events:
        # Faster than `isinstance`, which matters where nothing else takes long.
        if type(event) is Exposure:
            if (event.experiment, event.variant) not in rules.pairs:
                return False
            keys += 6 + len(event.attributes) if event.attributes else 5
            keys += event.version is not None
        elif type(event) is Link:
            return False
        else:
            keys += 5 + len(event.properties) if event.properties else 4
            keys += event.value is not DEFAULT_VALUE
            if event.currency is not None:
                currencies.add(event.currency)
                keys += 1
    if not all(map(is_currency, currencies)):
        return False
    # Every key has a colon after it and every time has two in it. Where there are no more, no key is hidden.
    if array.count(b":") == keys + 2 * len(times) and b"\\" not in array:
        return True
    return array.count(b'":') == keys and not _has_spaced_keys(array)


def _has_spaced_keys(array: bytes) -> bool:
    """Whether a key may stand apart from its colon; one byte is found far faster than two."""
    return any(space in array and b'"' + space in array for space in (b" ", b"\n", b"\t", b"\r"))


def _decoded(array: bytes) -> Sequence[Event] | None:
    try:
        return skim_events(array)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _pieces(array: bytes) -> Sequence[bytes]:
    try:
        return [bytes(piece) for piece in _raw_list.decode(array)]
    except (msgspec.DecodeError, RecursionError):
        try:
            return elements(array)
        except UnclosedError as error:
            raise _malformed(str(error)) from None


def _array(body: bytes, content_type: str) -> tuple[bytes, list[bytes] | None]:
    """The body of any of the three forms as a JSON array; with its lines, if it came in lines."""
    if len(body) > MAX_BYTES:
        raise ProefwerkError(
            413, "too_large", f"The body has {len(body)} bytes; at most {MAX_BYTES} are taken at once."
        )
    in_lines = _is_lines(content_type)
    if body.startswith(_GZIP):
        raise _unsupported("The body is compressed; send it as it is")
    body = body.removeprefix(_BOM).strip(_SPACES)
    if not body:
        raise _malformed("it is empty")
    if in_lines:
        lines = [stripped for line in body.split(b"\n") if (stripped := line.strip(_SPACES))]
        return b"[" + b",".join(lines) + b"]", lines
    if body.startswith(b"["):
        return body, None
    if body.startswith(b"{"):
        return _enveloped(body), None
    raise _not_a_list(f"the body is {_beginning(body)}")


def _enveloped(body: bytes) -> bytes:
    """The list under `events`."""
    try:
        array = bytes(_envelope.decode(body).events)
        if len(body) - len(array) < _SMALLEST_TWICE:
            return array if array.startswith(b"[") else _refuse_member(array)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        found = events_member(body)
    except UnclosedError as error:
        raise _malformed(str(error)) from None
    if len(found) > 1:
        raise _not_a_list("'events' is given more than once")
    if not found:
        raise _not_a_list("there is no 'events'")
    return found[0] if found[0].startswith(b"[") else _refuse_member(found[0])


def _refuse_member(value: bytes) -> bytes:
    raise _not_a_list(f"'events' is {_beginning(value)}")


def _is_lines(content_type: str) -> bool:
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    charset = parameters.lower().replace('"', "").partition("charset=")[2].partition(";")[0].strip()
    if charset not in ("", "utf-8", "utf8"):
        raise _unsupported(f"The body is in '{charset}'; send UTF-8")
    if kind not in _JSON and kind not in _NDJSON:
        raise _unsupported(f"The body is '{kind}'; send application/json or application/x-ndjson")
    return kind in _NDJSON


def _check_count(count: int) -> None:
    if count > MAX_EVENTS:
        raise ProefwerkError(
            413, "too_many_events", f"The body has {count} events; at most {MAX_EVENTS} are taken at once."
        )
    if not count:
        raise _not_a_list("the list is empty")


def _beginning(value: bytes) -> str:
    text = value[:40].decode(errors="replace")
    return f"{text}…" if len(value) > len(text) else text


def _malformed(why: str) -> ProefwerkError:
    return ProefwerkError(400, "malformed_json", f"The body is not JSON: {why}. Nothing was taken.")


def _unsupported(sentence: str) -> ProefwerkError:
    return ProefwerkError(415, "unsupported_media_type", f"{sentence}.")


def _not_a_list(why: str) -> ProefwerkError:
    rule = 'send {"events": [...]}, a list, or one event a line as application/x-ndjson'
    return ProefwerkError(
        422, "invalid_events", f"No events to take: {why}.", (FieldError("events", f"{why}; {rule}"),)
    )


class _Envelope(msgspec.Struct):
    events: msgspec.Raw


_envelope = msgspec.json.Decoder(_Envelope)
_raw_list = msgspec.json.Decoder(list[msgspec.Raw])
