"""The shapes of what storefronts report, the rules they must meet, and how a batch lies in the log."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, NamedTuple, cast, final

import msgspec
from msgspec import Meta

from assignment.snapshot import Snapshot, Status

MAX_AHEAD = timedelta(minutes=10)
MAX_AGE = timedelta(days=366)

Identifier = Annotated[str, Meta(min_length=1, max_length=100)]
UnitId = Annotated[str, Meta(min_length=1, max_length=200)]
Moment = Annotated[datetime, Meta(tz=True)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Phase = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Scalar = str | Whole | float | bool | None
# Bounded depth: what one stack could parse, a reader with a deeper stack must be able to parse too.
Inner = Scalar | list[Scalar] | dict[str, Scalar]
Attribute = Scalar | list[Inner] | dict[str, Inner]


# A float object of its own: "no value sent" is told from an explicit 1 by identity.
DEFAULT_VALUE = float("1")


@final
class Exposure(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="exposure"):
    """A unit met a variant of an experiment; `version` is the phase under which that was decided."""

    id: Identifier
    unit: UnitId
    experiment: Identifier
    variant: Identifier
    time: Moment | None = None
    attributes: dict[str, Attribute] = msgspec.field(default_factory=dict)
    version: Phase | None = None


class Conversion(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="conversion"):
    """A unit did something that metrics may count; `value` is in `currency` where that is given."""

    id: Identifier
    unit: UnitId
    name: Identifier
    time: Moment | None = None
    value: float = DEFAULT_VALUE
    currency: Currency | None = None
    properties: dict[str, Scalar] = msgspec.field(default_factory=dict)


@final
class Link(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="link"):
    """Two ids are one person's: `unit`, such as an anonymous visitor's, belongs to `person`.

    Whoever gives no id to a link may say the same again and again; it counts once.
    """

    unit: UnitId
    person: UnitId
    id: Identifier = ""
    time: Moment | None = None

    def __post_init__(self) -> None:
        """Give a link without an id the one that follows from what it says."""
        if not self.id:
            msgspec.structs.force_setattr(self, "id", link_id(self.unit, self.person))


def link_id(unit: str, person: str) -> str:
    """The id of a link that was given none."""
    text = f"{len(unit)}:{unit}{person}".encode()
    return f"link-{hashlib.blake2b(text, digest_size=16).hexdigest()}"


Event = Exposure | Conversion | Link


class _Skimmed(Conversion, frozen=True, gc=False, tag_field="type", tag="conversion"):
    """A conversion whose currency is not known to be a code yet: a pattern takes longer than all the rest."""

    currency: Annotated[str, Meta(min_length=3, max_length=3)] | None = None


@lru_cache(maxsize=1_000)
def is_currency(code: str) -> bool:
    """Whether a text of three characters is a currency's code."""
    return code.isascii() and code.isalpha() and code.isupper()


class Sender(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="sender"):
    """First in a record of the log whose events a crawler sent; the door puts it there, no client can."""

    agent: str


_RECEIPT = struct.Struct("<q")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_skimmed = msgspec.json.Decoder(list[Exposure | _Skimmed | Link])
_logged = msgspec.json.Decoder(list[Event | Sender])
_MARK = b'[{"type":"sender","agent":'
_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_records = msgspec.json.Decoder(list[list[Exposure | _Skimmed | Link | Sender]])


class Complaint(NamedTuple):
    """Why an event is refused.

    Attributes:
        reason: `late`, `ahead`, `unknown` (experiment or variant) or `invalid`.
        sentence: In words, with field, value and rule.
    """

    reason: str
    sentence: str


class Rules:
    """What a snapshot allows an exposure to name, and how late an event may come.

    Attributes:
        revision: The snapshot's.
        pairs: Every (experiment, variant) that may be reported: of experiments that have been started.
        max_age: The longest time from an event to its receipt.
    """

    __slots__ = ("_variants", "max_age", "pairs", "revision")

    def __init__(self, snapshot: Snapshot, max_age: timedelta = MAX_AGE) -> None:
        self.revision = snapshot.revision
        self.max_age = max_age
        self._variants: dict[str, list[str]] = {}
        pairs: set[tuple[str, str]] = set()
        for experiment in snapshot.experiments:
            started = experiment.status != Status.DRAFT
            keys = [variant.key for variant in experiment.variants]
            self._variants[experiment.key] = keys if started else []
            pairs.update((experiment.key, key) for key in keys if started)
        self.pairs = frozenset(pairs)

    def complaint(self, exposure: Exposure) -> str | None:
        """Why the exposure cannot be taken, in a sentence; `None` if it can."""
        if (exposure.experiment, exposure.variant) in self.pairs:
            return None
        variants = self._variants.get(exposure.experiment)
        if variants is None:
            return f"experiment: there is no experiment '{exposure.experiment}'"
        if not variants:
            return f"experiment: '{exposure.experiment}' has not been started"
        return (
            f"variant: experiment '{exposure.experiment}' has no variant '{exposure.variant}';"
            f" it has {', '.join(variants)}"
        )


def check(event: Event, rules: Rules, now: datetime) -> Complaint | None:
    """Why a well-formed event is refused all the same; `None` if it is taken.

    Args:
        now: Receipt, with a time zone; a time may lie `MAX_AHEAD` after and the rules' `max_age` before it.
    """
    time = event.time
    if time is not None:
        if time > now + MAX_AHEAD:
            return Complaint("ahead", f"time: {time.isoformat()} is more than 10 minutes in the future")
        if time < now - rules.max_age:
            days = rules.max_age.days
            return Complaint("late", f"time: {time.isoformat()} is more than {days} days ago")
    if isinstance(event, Link) and event.person == event.unit:
        return Complaint("invalid", f"person: is the unit itself, '{event.unit}'")
    sentence = rules.complaint(event) if isinstance(event, Exposure) else None
    return Complaint("unknown", sentence) if sentence is not None else None


def decode_event(document: bytes) -> Event:
    """One event from JSON.

    Raises:
        msgspec.DecodeError: Not JSON, or not an event (then `msgspec.ValidationError`).
        UnicodeDecodeError: Text that is not UTF-8.
        RecursionError: Nested beyond reason.
    """
    return _event.decode(document)


def skim_events(array: bytes | msgspec.Raw) -> Sequence[Event]:
    """All events of a JSON array, or the errors of `decode_event`.

    A currency is any text of three characters: `is_currency` says whether it is a code.
    """
    return _skimmed.decode(array)


def encode_payload(received: datetime, array: bytes) -> bytes:
    """A batch as it lies in the log: receipt in microseconds (64 bits, little-endian), then a JSON array."""
    return _RECEIPT.pack((received - _EPOCH) // _MICROSECOND) + array


def marked(payload: bytes, agent: str) -> bytes:
    """A log record that says which crawler sent its events; their bytes stay as they were."""
    start = _RECEIPT.size
    return b"%b%b%b},%b" % (payload[:start], _MARK, msgspec.json.encode(agent), payload[start + 1 :])


class Record(NamedTuple):
    """A record of the log.

    Attributes:
        events: As they came.
        received: Microseconds since 1970 UTC.
        agent: User agent of the crawler that sent them; `None` for everybody else's.
    """

    events: Sequence[Event]
    received: int
    agent: str | None


def decode_records(payloads: Sequence[bytes]) -> list[Record]:
    """Records of the log, faster together than one by one.

    Raises:
        ValueError: One of them holds something else.
    """
    start = _RECEIPT.size
    try:
        lists = _records.decode(b"[%b]" % b",".join([payload[start:] for payload in payloads]))
        receipts = [_RECEIPT.unpack_from(payload)[0] for payload in payloads]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, struct.error) as error:
        raise ValueError(f"not a batch of events: {error}") from error
    if len(lists) != len(payloads):
        raise ValueError("not batches of events: brackets do not match")
    currencies = {event.currency for logged in lists for event in logged if type(event) is _Skimmed}
    if not all(code is None or is_currency(code) for code in currencies):
        raise ValueError("not a batch of events: a currency is no code of three capital letters")
    return [_record(*each) for each in zip(payloads, lists, receipts, strict=True)]


def _record(payload: bytes, logged: Sequence[Event | Sender], received: int) -> Record:
    if not payload.startswith(_MARK, _RECEIPT.size):
        return Record(cast(Sequence[Event], logged), received, None)
    agent = next(each.agent for each in logged if isinstance(each, Sender))
    return Record([event for event in logged if not isinstance(event, Sender)], received, agent)


def decode_payload(payload: bytes) -> list[tuple[Event, datetime]]:
    """The events of a log record, each with its time in UTC; the receipt stands in where none was sent.

    Raises:
        ValueError: The record holds something else.
    """
    try:
        received = _EPOCH + _RECEIPT.unpack_from(payload)[0] * _MICROSECOND
        return [
            (event, event.time.astimezone(UTC) if event.time else received)
            for event in _decode(payload)
            if not isinstance(event, Sender)
        ]
    except (struct.error, OverflowError) as error:
        raise ValueError(f"not a batch of events: {error}") from error


def _decode(payload: bytes) -> Sequence[Event | Sender]:
    try:
        return _logged.decode(payload[_RECEIPT.size :])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"not a batch of events: {error}") from error


class _Identified(msgspec.Struct):
    id: str = ""
    unit: str = ""
    person: str = ""


_identified = msgspec.json.Decoder(list[_Identified])


def payload_ids(payload: bytes) -> Sequence[str]:
    """Only the ids of a log record's events.

    Raises:
        ValueError: The record holds something else.
    """
    events = _identified.decode(payload[_RECEIPT.size :])
    ids = (event.id or (event.person and link_id(event.unit, event.person)) for event in events)
    return [each for each in ids if each]
