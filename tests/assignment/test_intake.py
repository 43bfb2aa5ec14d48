"""What becomes of a report: good events are kept as they came, each bad one is refused in words."""

from __future__ import annotations

import contextlib
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from assignment.errors import ProefwerkError
from assignment.events import Rules, decode_payload, payload_ids
from assignment.intake import MAX_BYTES, MAX_EVENTS, Batch, accept
from assignment.seen import SeenIds
from assignment.snapshot import Experiment, Status, Variant, build

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
JSON = "application/json"
NDJSON = "application/x-ndjson"
VARIANTS = (Variant("control", "", 0.5, {}), Variant("bar", "", 0.5, {}))
RULES = Rules(
    build(
        (
            Experiment("e", 1, Status.RUNNING, "s", "id", VARIANTS, 1.0, {}),
            Experiment("idea", 1, Status.DRAFT, "s", "id", VARIANTS, 1.0, {}),
        ),
        (),
    )
)


def order(key: str, **more: Any) -> dict[str, Any]:
    return {"type": "conversion", "id": key, "unit": "u", "name": "order", **more}


def exposure(key: str, **more: Any) -> dict[str, Any]:
    return {"type": "exposure", "id": key, "unit": "u", "experiment": "e", "variant": "bar", **more}


def take(body: bytes, content_type: str = JSON, seen: SeenIds | None = None) -> Batch:
    return accept(body, content_type, RULES, NOW, seen or SeenIds())


def stored(batch: Batch) -> list[Any]:
    documents: list[Any] = json.loads(batch.payload[8:]) if batch.payload else []
    return documents


def refusal(event: bytes) -> str:
    """Why the event is refused, after making sure that its neighbours are kept, in every form."""
    before, after = (json.dumps(order(key)).encode() for key in ("before", "after"))
    sentences = []
    array = b"[" + b",".join([before, event, after]) + b"]"
    forms = [(array, JSON), (b'{"events":' + array + b"}", JSON)]
    if b"\n" not in event:
        forms.append((b"\n".join([before, event, after]), NDJSON))
    for body, content_type in forms:
        batch = take(body, content_type)
        assert [item["id"] for item in stored(batch)] == ["before", "after"]
        assert (batch.accepted, batch.duplicates, batch.status) == (2, 0, 200)
        assert [item.index for item in batch.rejected] == [1]
        decode_payload(batch.payload)
        sentences.append(batch.rejected[0].error)
    assert len(set(sentences)) == 1
    return sentences[0]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps({"events": [order("1"), exposure("2")]}), JSON),
        (json.dumps([order("1"), exposure("2")]), JSON),
        (json.dumps([order("1"), exposure("2")], indent=2), "application/json; charset=UTF-8"),
        (json.dumps({"sent": 1, "events": [order("1"), exposure("2")], "sdk": {"v": "events"}}), ""),
        (json.dumps(order("1")) + "\n\n" + json.dumps(exposure("2")) + "\r\n", NDJSON),
        ("\ufeff" + json.dumps([order("1"), exposure("2")]), "text/plain;charset=UTF-8"),
    ],
)
def test_all_three_forms_are_taken(body: str, content_type: str) -> None:
    batch = take(body.encode(), content_type)
    assert (batch.accepted, batch.duplicates, batch.rejected, batch.ids) == (2, 0, (), ("1", "2"))
    assert [event.id for event, _ in decode_payload(batch.payload)] == ["1", "2"]
    assert batch.document() == {"accepted": 2, "duplicates": 0, "rejected": []}


def test_accepted_events_keep_their_bytes() -> None:
    text = '{ "type":"conversion","id":"\\u0031","unit":"ü", "name":"order","value":1.50,"channel":["shop"]}'
    assert take(f"[{text},{json.dumps(order('2'))}]".encode()).payload[9:].startswith(text.encode())


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (b"17", "the event is not an object but 17"),
        (b'"order"', 'the event is not an object but "order"'),
        (b"null", "the event is not an object but null"),
        (b"[1]", "the event is not an object but"),
        (b"{}", "type: is missing"),
        (json.dumps({**order("x"), "type": "pageview"}).encode(), "type: \"pageview\" must be 'exposure', "),
        (
            json.dumps({**order("x"), "type": 3}).encode(),
            "type: 3 must be 'exposure', 'conversion' or 'link'",
        ),
        (b'{"type":"conversion","id":"x","name":"order"}', "unit: is missing"),
        (
            b'{"type":"exposure","id":"x","unit":"u","experiment":"bar","variant":"bar","version":0}',
            "version: 0 must be the number of a phase, a whole one from 1",
        ),
        (b'{"type":"conversion","unit":"x","name":"order"}', "id: is missing"),
        (b'{"type":"exposure","id":"x","unit":"u","variant":"bar"}', "experiment: is missing"),
        (json.dumps(order("x", unit="")).encode(), 'unit: "" must not be empty'),
        (json.dumps(order("x", unit=12)).encode(), "unit: 12 must be text"),
        (json.dumps(order("x", unit="u" * 201)).encode(), "must have at most 200 characters"),
        (json.dumps(order("i" * 101)).encode(), "must have at most 100 characters"),
        (json.dumps(order("x", value="12")).encode(), 'value: "12" must be a number'),
        (json.dumps(order("x", value=True)).encode(), "value: true must be a number"),
        (json.dumps(order("x", value=None)).encode(), "value: null must be a number"),
        (json.dumps(order("x", value=float("nan"))).encode(), "NaN is not a number in JSON"),
        (json.dumps(order("x", value=float("-inf"))).encode(), "-Infinity is not a number in JSON"),
        (json.dumps(order("x", properties={"margin": float("nan")})).encode(), "NaN is not a number in JSON"),
        (b'{"type":"conversion","id":"x","unit":"u","name":"n","value":1e400}', "value: 1e400 is beyond"),
        (b'{"type":"conversion","id":"x","unit":"u","name":"n","value":1%s}' % (b"0" * 5000), "is beyond"),
        (json.dumps(order("x", properties={"n": 2**63})).encode(), "properties.*: must be a whole number of"),
        (
            json.dumps(order("x", properties={"items": [1]})).encode(),
            "properties.*: must be true or false or",
        ),
        (json.dumps(order("x", properties=[])).encode(), "properties: [] must be an object"),
        (json.dumps(order("x", currency="euro")).encode(), 'currency: "euro" must be an ISO 4217 code'),
        (json.dumps(order("x", time="yesterday")).encode(), 'time: "yesterday" must be an RFC 3339 time'),
        (
            json.dumps(order("x", time="2026-11-23T10:00:00")).encode(),
            "must be an RFC 3339 time with a time zone",
        ),
        (json.dumps(order("x", time=1700000000)).encode(), "time: 1700000000 must be an RFC 3339 time"),
        (json.dumps(order("x", time="2026-11-23T10:11:00Z")).encode(), "more than 10 minutes in the future"),
        (json.dumps(order("x", time="2016-11-23T10:00:00Z")).encode(), "more than 366 days ago"),
        (json.dumps(exposure("x", experiment="f")).encode(), "experiment: there is no experiment 'f'"),
        (json.dumps(exposure("x", experiment="idea")).encode(), "experiment: 'idea' has not been started"),
        (json.dumps(exposure("x", variant="baz")).encode(), "has no variant 'baz'; it has control, bar"),
        (b'{"type":"conversion","id":"x","id":"y","unit":"u","name":"n"}', "id: is given more than once"),
        (b'{"type":"conversion","id" :"x","id":"y","unit":"u","name":"n"}', "id: is given more than once"),
        (
            b'{"type":"conversion","id":"x","\\u0069d":"y","unit":"u","name":"n"}',
            "id: is given more than once",
        ),
        (b'{"type":"conversion","id":"x","unit":"u","name":"n","value":1,"value":2}', "value: is given more"),
        (
            b'{"type":"conversion","id":"x","unit":"u","name":"n","properties":{"a":1,"a":2}}',
            "a: is given more than once",
        ),
        (b'{"type":"conversion","id":"x","unit":"\\ud800","name":"n"}', "half of a surrogate pair"),
        (b'{"type":"conversion","id":"x","unit":"\\udc00","name":"n"}', "half of a surrogate pair"),
        (b'{"type":"conversion","id":"x","unit":"\xff","name":"n"}', "the event is not UTF-8"),
        (b'{"type":"conversion","id":"x","unit":"u","name":"n","more":"\xff"}', "the event is not UTF-8"),
        (
            b'{"type":"conversion","id":"x","unit":"u","name":"n","more":%s}' % (b"[" * 9000 + b"]" * 9000),
            "deep",
        ),
        (
            json.dumps(exposure("x", attributes={"a": {"b": {"c": {"d": 1}}}})).encode(),
            "attributes.*.*.*: must be",
        ),
        (b'{"type":"conversion","id":}', "malformed JSON"),
        (b"{'type':'conversion'}", "malformed JSON"),
        (b"", "malformed JSON"),
    ],
)
def test_one_bad_event_is_refused_in_words_and_its_neighbours_are_kept(event: bytes, sentence: str) -> None:
    if not event:
        batch = take(b"[%s,,%s]" % tuple(json.dumps(order(key)).encode() for key in "ab"))
        assert (batch.accepted, batch.rejected[0].index) == (2, 1)
        assert sentence in batch.rejected[0].error
    else:
        assert sentence in refusal(event)


def test_a_sentence_never_repeats_a_long_value() -> None:
    assert len(refusal(json.dumps(order("x", value="9" * 100_000)).encode())) < 200
    assert len(refusal(json.dumps({**order("x"), "type": "t" * 100_000}).encode())) < 200


@pytest.mark.parametrize(
    ("body", "content_type", "status", "sentence"),
    [
        (b"", JSON, 400, "it is empty"),
        (b"  \n", NDJSON, 400, "it is empty"),
        (b'{"events":[', JSON, 400, "ends before its brackets are closed"),
        (b'[{"id":1}', JSON, 400, "ends before its brackets are closed"),
        (b'[{"id":1}] x', JSON, 400, "comes after its end"),
        (b"[" * 100_000, JSON, 400, "ends before its brackets are closed"),
        (b'{"events":[]}', JSON, 422, "the list is empty"),
        (b"[]", JSON, 422, "the list is empty"),
        (b'{"events":{}}', JSON, 422, "'events' is {}"),
        (b'{"events":null}', JSON, 422, "'events' is null"),
        (b'{"type":"conversion"}', JSON, 422, "there is no 'events'"),
        (b'{"events":[1],"events":[2]}', JSON, 422, "'events' is given more than once"),
        (b"17", JSON, 422, "the body is 17"),
        (b'"text"', JSON, 422, 'the body is "text"'),
        (b"[1]", "application/x-www-form-urlencoded", 415, "send application/json"),
        (b"[1]", "application/json; charset=utf-16", 415, "send UTF-8"),
        (b"\x1f\x8b\x08\x00", JSON, 415, "compressed"),
        (b" " * (MAX_BYTES + 1), JSON, 413, f"at most {MAX_BYTES}"),
        (b"[" + b" " * 10_000_000 + b"]", JSON, 413, f"at most {MAX_BYTES}"),
    ],
)
def test_a_body_without_events_is_refused_as_a_whole(
    body: bytes, content_type: str, status: int, sentence: str
) -> None:
    with pytest.raises(ProefwerkError) as refused:
        take(body, content_type)
    assert refused.value.status == status
    assert sentence in refused.value.detail


@pytest.mark.parametrize("content_type", [JSON, NDJSON])
def test_five_thousand_events_are_taken_and_one_more_is_not(content_type: str) -> None:
    lines = [json.dumps(order(str(number))).encode() for number in range(MAX_EVENTS + 1)]

    def body(of: list[bytes]) -> bytes:
        return b"\n".join(of) if content_type == NDJSON else b"[" + b",".join(of) + b"]"

    assert take(body(lines[:-1]), content_type).accepted == MAX_EVENTS
    with pytest.raises(ProefwerkError, match="5001 events") as refused:
        take(body(lines), content_type)
    assert refused.value.status == 413


def test_an_id_seen_before_is_a_duplicate_within_a_request_and_across() -> None:
    seen = SeenIds()
    first = take(json.dumps([order("1"), order("2"), order("1")]).encode(), seen=seen)
    assert (first.accepted, first.duplicates, first.ids) == (2, 1, ("1", "2"))
    assert len(stored(first)) == 2
    seen.remember(first.ids)
    second = take(json.dumps([order("2"), order("3")]).encode(), seen=seen)
    assert (second.accepted, second.duplicates, second.ids) == (1, 1, ("3",))
    third = take(json.dumps([order("2")]).encode(), seen=seen)
    assert (third.accepted, third.duplicates, third.payload, third.status) == (0, 1, b"", 200)


def test_when_all_are_rejected_the_status_says_so() -> None:
    batch = take(json.dumps([order("1", value="x"), 5]).encode())
    assert (batch.status, batch.accepted, len(batch.rejected), batch.payload) == (422, 0, 2, b"")
    assert batch.document()["rejected"][1] == {"index": 1, "error": "the event is not an object but 5"}  # type: ignore[index]
    assert batch.reasons == {"invalid": 2}


def test_lines_that_only_make_sense_together_are_refused() -> None:
    whole = json.dumps(order("1"))
    batch = take(f"{whole},{whole}\n{whole[:20]}\n{whole[20:]}".encode(), NDJSON)
    assert (batch.accepted, len(batch.rejected)) == (0, 3)


def test_the_largest_body_of_the_worst_kind_is_judged_in_seconds() -> None:
    keys = b",".join(b'"%x":1' % number for number in range(400_000))
    worst = [
        b'[{"type":"conversion","id":"x","unit":"u","name":"n","properties":{%s,"fffff":2,"fffff":2}}]'
        % keys,
        b"[" + b"[]," * 1_600_000 + b"NaN]",
        b"[" + b'"\\u0041",' * 500_000 + b"NaN]",
        b'[{"a":' * 800_000,
        b"{" * 4_000_000,
    ]
    began = time.process_time()
    for body in worst:
        with contextlib.suppress(ProefwerkError):
            assert take(body[:MAX_BYTES]).accepted == 0
    assert time.process_time() - began < 30


def link(**more: Any) -> dict[str, Any]:
    return {"type": "link", "unit": "a1", "person": "c9", **more}


def test_a_link_without_an_id_counts_once_however_often_it_is_said() -> None:
    seen = SeenIds()
    first = take(json.dumps([link(), link(), link(unit="a2")]).encode(), seen=seen)
    assert (first.accepted, first.duplicates) == (2, 1)
    seen.remember(first.ids)
    assert take(json.dumps([link()]).encode(), seen=seen).duplicates == 1
    assert [event.id for event, _ in decode_payload(first.payload)] == list(first.ids)


def test_a_link_with_an_id_of_its_own_keeps_it() -> None:
    assert take(json.dumps([link(id="mine"), link()]).encode()).ids[0] == "mine"


def test_ids_of_links_that_were_given_none_are_found_again_in_the_log() -> None:
    batch = take(json.dumps([order("1"), link()]).encode())
    assert tuple(payload_ids(batch.payload)) == batch.ids


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (link(person="a1"), "person: is the unit itself, 'a1'"),
        (link(person=""), 'person: "" must not be empty'),
        ({"type": "link", "unit": "a1"}, "person: is missing"),
    ],
)
def test_a_link_that_says_nothing_is_refused_in_words(event: dict[str, Any], sentence: str) -> None:
    assert refusal(json.dumps(event).encode()) == sentence
