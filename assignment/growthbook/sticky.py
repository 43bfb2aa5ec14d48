"""Sticky buckets: a unit keeps the variation that a stored document says it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from assignment.hashing import hash_value

Documents = dict[str, dict[str, Any]]


class StickyBucket(NamedTuple):
    """What the documents say: an index (-1 for none), or that the unit's version is blocked."""

    variation: int
    blocked: bool = False


def document_key(attribute: str, value: str) -> str:
    """Under what a document is stored."""
    return f"{attribute}||{value}"


def assignment_name(experiment: str, version: int) -> str:
    """Under what a document has the variation of an experiment's phase."""
    return f"{experiment}__{version}"


def own_documents(
    documents: list[dict[str, Any]], features: Mapping[str, Any], attributes: Mapping[str, object]
) -> Documents:
    """The documents of the attributes by which any experiment rule hashes this unit."""
    wanted = {document_key(name, hash_value(attributes.get(name))) for name in _hash_attributes(features)}
    found: Documents = {}
    for document in documents:
        key = document_key(str(document.get("attributeName")), str(document.get("attributeValue")))
        if key in wanted:
            found[key] = document
    return found


def _hash_attributes(features: Mapping[str, Any]) -> Iterator[str]:
    for feature in features.values():
        for rule in feature.get("rules") or ():
            if rule.get("variations") is not None or rule.get("contextualVariations") is not None:
                yield rule.get("hashAttribute") or "id"
                if rule.get("fallbackAttribute"):
                    yield rule["fallbackAttribute"]


def find(
    documents: Documents, experiment: Mapping[str, Any], attributes: Mapping[str, object]
) -> StickyBucket:
    """The unit's stored bucket for the experiment; the fallback attribute's document yields to the other."""
    assignments: dict[str, str] = {}
    # Without a fallback attribute the official SDKs look under `id`.
    for name in (experiment.get("fallbackAttribute") or "id", experiment.get("hashAttribute") or "id"):
        value = hash_value(attributes.get(name))
        if value:
            assignments.update(documents.get(document_key(str(name), value), {}).get("assignments") or {})
    key = str(experiment["key"])
    for version in range(experiment.get("minBucketVersion") or 0):
        if assignment_name(key, version) in assignments:
            return StickyBucket(-1, blocked=True)
    stored = assignments.get(assignment_name(key, experiment.get("bucketVersion") or 0))
    for index, meta in enumerate(experiment.get("meta") or ()):
        if stored is not None and meta.get("key") == stored:
            return StickyBucket(index)
    return StickyBucket(-1)


def remember(
    documents: Documents, experiment: Mapping[str, Any], attribute: str, value: str, variation_key: str
) -> None:
    """Store the variation that the unit entered with, under the attribute that was used."""
    key = document_key(attribute, value)
    known = documents.get(key, {"attributeName": attribute, "attributeValue": value, "assignments": {}})
    name = assignment_name(str(experiment["key"]), experiment.get("bucketVersion") or 0)
    if known["assignments"].get(name) != variation_key:
        documents[key] = {**known, "assignments": {**known["assignments"], name: variation_key}}
