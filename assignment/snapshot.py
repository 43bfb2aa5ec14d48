"""The published, immutable rules by which every door decides."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

SCHEMA = 1
HOLDOUT = "holdout"


class Status(StrEnum):
    """Whether the rule splits traffic now."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DRAFT = "draft"


class Variant(msgspec.Struct, frozen=True):
    """One thing a shopper may see; `weight` is its share of the experiment's traffic, 0 to 1."""

    key: str
    name: str
    weight: float
    payload: dict[str, Any]


class LayerSlice(msgspec.Struct, frozen=True):
    """The half-open part `[start, end)` of a layer's buckets that the experiment may use."""

    name: str
    start: float
    end: float


class Gate(msgspec.Struct, frozen=True):
    """Lets in a unit whose attribute, hashed under the seed, lies in one of the half-open ranges.

    Gates carry what other rules say of who may take part: a layer's slice, the global holdout, and the
    experiments that this one builds on.
    """

    seed: str
    attribute: str
    ranges: tuple[tuple[float, float], ...]


class Slot(msgspec.Struct, frozen=True):
    """The half-open part `[start, end)` of the hash that goes to the variant at this index."""

    variant: int
    start: float
    end: float


class Experiment(msgspec.Struct, frozen=True):
    """One experiment's rule. The first variant is the control.

    Attributes:
        version: Phase; a new one has a new seed, so a new randomisation.
        seed: Text hashed before the unit's id.
        coverage: Share of the eligible units that take part, 0 to 1.
        condition: Audience in the condition language; `{}` is everyone.
        shipped: Variant that everyone gets after a stop that shipped it.
        slots: Which part of the hash goes to which variant, where that does not follow from coverage and
            weights because a variant grew after units had been assigned.
        gates: All of them let in who takes part, and who gets the shipped variant; others get the control.
        role: `experiment`, or `holdout` for the one that measures what all others together bring.
        holdout: Key of the running holdout that it belongs to; who meets it is exposed to that too.
        fallback_attribute: Whose value stands in for the hash attribute's, such as an anonymous id before
            login; a person then keeps the variant that either of the two has got. `None` for neither.
    """

    key: str
    version: int
    status: Status
    seed: str
    hash_attribute: str
    variants: tuple[Variant, ...]
    coverage: float
    condition: dict[str, Any]
    layer: LayerSlice | None = None
    shipped: str | None = None
    name: str = ""
    surface: str = ""
    placement: str = ""
    slots: tuple[Slot, ...] | None = None
    gates: tuple[Gate, ...] = ()
    role: str = "experiment"
    holdout: str | None = None
    fallback_attribute: str | None = None


class Key(msgspec.Struct, frozen=True):
    """A key that may use the doors: SHA-256 of its text, so that the snapshot holds no secret."""

    digest: str
    kind: str


class Snapshot(msgspec.Struct, frozen=True):
    """Everything the doors need; `revision` is the hash of the rest.

    Attributes:
        revision: First 16 hex digits of the SHA-256 of the content.
        experiments: Every experiment that is not archived, ordered by key.
        keys: Every key that is not revoked.
        schema: Version of this shape; a reader refuses a newer one.
        published_at: When it was built, RFC 3339 in UTC; the revision does not depend on it.
    """

    revision: str
    experiments: tuple[Experiment, ...]
    keys: tuple[Key, ...]
    schema: int = SCHEMA
    published_at: str = ""


class UnknownSchemaError(ValueError):
    """A snapshot of a newer shape than this version can read."""


def build(
    experiments: tuple[Experiment, ...], keys: tuple[Key, ...], published_at: datetime | None = None
) -> Snapshot:
    """A snapshot whose revision is the hash of its content, whatever order the input came in.

    Args:
        published_at: Moment, with a time zone, that clients see as the date of the rules; now if not given.
    """
    draft = Snapshot("", tuple(sorted(experiments, key=_by_key)), tuple(sorted(keys, key=_by_digest)))
    revision = hashlib.sha256(msgspec.json.encode(draft, order="deterministic")).hexdigest()[:16]
    moment = (published_at or datetime.now(UTC)).astimezone(UTC)
    stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Snapshot(revision, draft.experiments, draft.keys, published_at=stamp)


def encode(snapshot: Snapshot) -> bytes:
    """The snapshot as JSON, the form in which it is published and kept on disk."""
    return msgspec.json.encode(snapshot, order="deterministic")


def decode(document: bytes | str) -> Snapshot:
    """The snapshot in a JSON document.

    Raises:
        UnknownSchemaError: The document was written by a newer version.
        msgspec.ValidationError: The document is not a snapshot.
    """
    schema = msgspec.json.decode(document, type=_SchemaOnly).schema
    if schema > SCHEMA:
        raise UnknownSchemaError(f"snapshot schema {schema} is newer than {SCHEMA}")
    return msgspec.json.decode(document, type=Snapshot)


class _SchemaOnly(msgspec.Struct):
    schema: int


def _by_key(experiment: Experiment) -> str:
    return experiment.key


def _by_digest(key: Key) -> str:
    return key.digest
