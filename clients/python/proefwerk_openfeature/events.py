"""The events that the platform takes: somebody met a variant, somebody did something."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

Event = dict[str, Any]
_SCALARS = (str, int, float, bool, type(None))
_LONGEST_ID = 100


def exposure(
    unit: str, experiment: str, version: str, variant: str, attributes: Mapping[str, Any] | None = None
) -> Event:
    """That the unit met the variant.

    Its id follows from what it says, so that it counts once however many processes report it, and again in
    the next phase of the experiment.

    Args:
        unit: What was split, usually the shopper's id: `unit` in the flag's metadata.
        version: Phase of the experiment: `version` in the flag's metadata.
        attributes: What is known of the unit now, for segments.
    """
    ident = _digest("\n".join(("exposure", experiment, version, variant, unit)))
    event: Event = {
        "type": "exposure",
        "id": ident,
        "unit": unit,
        "experiment": experiment,
        "variant": variant,
    }
    if version.isdecimal():
        event["version"] = int(version)
    if attributes:
        event["attributes"] = dict(attributes)
    return event


def conversion(
    unit: str, name: str, value: float | None = None, properties: Mapping[str, Any] | None = None
) -> Event:
    """That the unit did something.

    Args:
        name: What metrics call it, such as `order`.
        value: Its amount; an order that is paid back has a negative one.
        properties: Further facts, numbers, texts and truth values. `currency` says what the value is in. `id`
            makes that the event counts once, however often it is reported: an order's number, say.
    """
    facts = {
        key: fact for key, fact in (properties or {}).items() if fact is None or isinstance(fact, _SCALARS)
    }
    ident = str(facts.pop("id", None) or uuid.uuid4())
    if len(ident) > _LONGEST_ID:
        ident = _digest(ident)
    event: Event = {"type": "conversion", "id": ident, "unit": unit, "name": name}
    if value is not None:
        event["value"] = value
    if facts.get("currency"):
        event["currency"] = facts.pop("currency")
    if facts:
        event["properties"] = facts
    return event


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
