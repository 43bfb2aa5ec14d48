"""A snapshot's revision is the hash of what it says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assignment.snapshot import Slot, UnknownSchemaError, build, decode, encode
from tests.assignment.examples import KEYS, experiment, several


def test_the_revision_depends_on_content_alone() -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    one = build(several(), KEYS, early)
    two = build(tuple(reversed(several())), tuple(reversed(KEYS)), late)
    assert one.revision == two.revision
    assert one.published_at == "2026-01-01T00:00:00.000Z"
    assert two.published_at == "2026-01-02T00:00:00.000Z"


def test_any_change_changes_the_revision() -> None:
    revisions = {
        build((experiment("bar", coverage=coverage),), keys).revision
        for coverage in (0.1, 0.2)
        for keys in ((), KEYS)
    }
    assert len(revisions) == 4


def test_a_document_gives_back_the_snapshot() -> None:
    snapshot = build((experiment("bar", slots=(Slot(0, 0.0, 0.2), Slot(1, 0.5, 0.7))), *several()[1:]), KEYS)
    assert decode(encode(snapshot)) == snapshot


def test_a_newer_shape_is_refused() -> None:
    with pytest.raises(UnknownSchemaError, match="newer"):
        decode(b'{"schema":2}')
