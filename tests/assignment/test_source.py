"""Decisions go on from the last good snapshot, whatever happens to its publisher."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from assignment.engine import CompiledSnapshot, decide
from assignment.errors import ProefwerkError
from assignment.snapshot import Status, build, decode, encode
from assignment.source import PollingSource
from tests.assignment.examples import KEYS, experiment, shopper


class Publisher:
    """Publishes documents as the control database does, until it breaks."""

    def __init__(self, *documents: bytes) -> None:
        self.documents = list(documents)
        self.broken = False
        self.asked: list[str | None] = []

    def fetch(self, known: str | None) -> bytes | None:
        self.asked.append(known)
        if self.broken:
            raise ConnectionError("the database is down")
        newest = self.documents[-1]
        return None if decode(newest).revision == known else newest


def document(key: str = "bar", status: Status = Status.RUNNING) -> bytes:
    return encode(build((experiment(key, status=status),), KEYS))


def test_decisions_go_on_when_the_database_is_down(tmp_path: Path) -> None:
    publisher = Publisher(document())
    source = PollingSource(publisher.fetch, tmp_path / "snapshot.json")
    source.refresh()
    before = decide(source.current(), "bar", shopper("s-1"))
    publisher.broken = True
    source.refresh()
    assert decide(source.current(), "bar", shopper("s-1")) == before


def test_decisions_go_on_after_a_restart_without_the_database(tmp_path: Path) -> None:
    publisher = Publisher(document())
    PollingSource(publisher.fetch, tmp_path / "deep" / "snapshot.json").refresh()
    publisher.broken = True
    restarted = PollingSource(publisher.fetch, tmp_path / "deep" / "snapshot.json")
    restarted.refresh()
    assert "bar" in restarted.current().rules
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["snapshot.json"]


def test_without_any_snapshot_the_answer_is_not_available_now(tmp_path: Path) -> None:
    publisher = Publisher(document())
    publisher.broken = True
    source = PollingSource(publisher.fetch, tmp_path / "snapshot.json")
    source.refresh()
    with pytest.raises(ProefwerkError) as caught:
        source.current()
    assert caught.value.status == 503


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"not json",
        b"{}",
        b'{"schema":99,"revision":"x","experiments":[],"keys":[]}',
        encode(build((experiment("none", variants=()),), ())),
    ],
)
def test_a_document_that_cannot_be_used_leaves_the_last_good_one(
    tmp_path: Path, bad: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    source = PollingSource(lambda known: document(), tmp_path / "snapshot.json")
    source.refresh()
    revision = source.current().revision
    source._fetch = lambda known: bad
    with caplog.at_level(logging.WARNING):
        source.refresh()
        source.refresh()
    assert source.current().revision == revision
    assert len(caplog.records) == 1
    assert decode((tmp_path / "snapshot.json").read_bytes()).revision == revision


def test_what_requests_asked_of_the_last_rules_is_ready_before_the_next_take_over(tmp_path: Path) -> None:
    publisher = Publisher(document())
    source = PollingSource(publisher.fetch, tmp_path / "snapshot.json")
    source.refresh()
    made: list[str] = []

    def derive(compiled: CompiledSnapshot) -> str:
        assert compiled is not source.current() or not made, "the request had to wait for it"
        made.append(compiled.revision)
        return compiled.revision

    def spoilt(compiled: CompiledSnapshot) -> str:
        if made:
            raise ValueError("no answer can be made of these rules")
        return ""

    first = source.current()
    assert (first.derived(spoilt), first.derived(derive)) == ("", first.revision)
    publisher.documents.append(document(status=Status.PAUSED))
    source.refresh()
    second = source.current()
    assert made == [first.revision, second.revision]
    assert second.derived(derive) == second.revision
    with pytest.raises(ValueError, match="no answer"):
        second.derived(spoilt)


@pytest.mark.parametrize("kept", [b"", b"\xff\xfe", b'{"schema":1}'])
def test_a_damaged_cache_is_passed_over(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "snapshot.json").write_bytes(kept)
    source = PollingSource(lambda known: document(), tmp_path / "snapshot.json")
    source.refresh()
    assert "bar" in source.current().rules


def test_a_cache_that_cannot_be_written_does_not_stop_decisions(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way of a folder")
    source = PollingSource(lambda known: document(), tmp_path / "file" / "snapshot.json")
    source.refresh()
    assert "bar" in source.current().rules


def test_only_a_new_revision_is_fetched(tmp_path: Path) -> None:
    publisher = Publisher(document())
    source = PollingSource(publisher.fetch, tmp_path / "snapshot.json")
    source.refresh()
    first = source.current()
    source.refresh()
    assert source.current() is first
    assert publisher.asked == [None, first.revision]


def test_a_change_arrives_by_itself(tmp_path: Path) -> None:
    publisher = Publisher(document())
    source = PollingSource(publisher.fetch, tmp_path / "snapshot.json", interval=0.02)
    source.start()
    try:
        publisher.documents.append(document(status=Status.PAUSED))
        deadline = time.monotonic() + 5
        while source.current().snapshot.experiments[0].status is not Status.PAUSED:
            assert time.monotonic() < deadline, "the change did not arrive"
            time.sleep(0.01)
        age = source.age()
        assert age is not None
        assert age < 5
    finally:
        source.close()
