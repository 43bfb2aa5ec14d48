"""Whatever is sent, every event is counted once, what is stored can be read, and nothing crashes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assignment.errors import ProefwerkError
from assignment.events import decode_payload

from .test_intake import JSON, NDJSON, NOW, exposure, link, order, take

_texts = st.text(alphabet='ab\ud800\udc00\0é😀:"\\', max_size=5)
_scalars = st.none() | st.booleans() | st.integers() | st.floats() | _texts
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
)
_fields = st.sampled_from(
    [
        "type",
        "id",
        "unit",
        "time",
        "experiment",
        "variant",
        "name",
        "value",
        "currency",
        "attributes",
        "properties",
        "person",
    ]
)


def _link(key: str) -> dict[str, Any]:
    return link(person=f"c{key}")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([exposure, order, _link]),
            st.dictionaries(_fields, _values, max_size=4),
            st.booleans(),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_is_sent_every_event_is_counted_once_and_what_is_stored_can_be_read(
    changes: list[tuple[Callable[[str], dict[str, Any]], dict[str, Any], bool]],
) -> None:
    events = []
    for number, (make, changed, compact) in enumerate(changes):
        event = {**make(str(number)), **changed}
        events.append(json.dumps(event, separators=(",", ":") if compact else None))
    batch = take(f"[{','.join(events)}]".encode())
    assert batch.accepted + batch.duplicates + len(batch.rejected) == len(events)
    if batch.accepted:
        read = decode_payload(batch.payload)
        assert tuple(event.id for event, _ in read) == batch.ids
        assert all(abs(at - NOW) <= timedelta(days=366) for _, at in read)


def _status(body: bytes, content_type: str) -> int:
    try:
        return take(body, content_type).status
    except ProefwerkError as refused:
        return refused.status


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from([JSON, NDJSON]))
def test_any_bytes_at_all_get_a_refusal_and_no_crash(body: bytes, content_type: str) -> None:
    assert _status(body, content_type) in (400, 415, 422)


@settings(deadline=None)
@given(st.text(alphabet='[]{}",:\\ 1aN\n', max_size=60), st.sampled_from([JSON, NDJSON]))
def test_any_jumble_of_json_signs_gets_a_refusal_and_no_crash(body: str, content_type: str) -> None:
    assert _status(body.encode(), content_type) in (400, 422)
