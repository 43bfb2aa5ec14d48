"""What nodes ship is in the lake once, whoever dies on the way; a store that is away costs nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assignment.errors import ProefwerkError
from assignment.events import Event
from assignment.log import EventLog, LogFull, is_sealed, read_frames, segments
from experiments import shipping
from experiments.analysis import inbox
from experiments.analysis.inbox import INBOX, take_over
from experiments.analysis.lake import Added, Lake
from experiments.analysis.object_store import ObjectStore, open_s3
from experiments.shipping import Shipper
from tests.experiments.analysis.build import write_log
from tests.experiments.analysis.test_lake import once, some
from tests.experiments.analysis.test_object_store import ids
from tests.object_store import Door, new_bucket, running_s3, stores_behind_a_door


class Node:
    """A machine with a log of its own and its own view of the lake."""

    def __init__(self, folder: Path, url: str, **limits: int) -> None:
        self.folder = folder
        self.store = ObjectStore(url, open_s3(url), folder / "cache", folder / "quarantine", 10**9)
        self.lake = Lake(self.store)
        self.log = EventLog(folder / "log", **limits)
        self.shipper = Shipper(self.log.folder, folder, self.store)

    def write(self, events: Sequence[Event]) -> None:
        write_log(self.log, events)

    def take_over(self) -> Added:
        return take_over(self.lake, self.store)

    def shipped(self) -> list[str]:
        return [path for path, _ in self.store.listed(INBOX)]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_s3() as endpoint:
        yield endpoint


@pytest.fixture
def door(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    with stores_behind_a_door(server, monkeypatch, retry_seconds=1) as door:
        yield door


@pytest.fixture
def nodes(server: str, door: Door, tmp_path: Path) -> tuple[Node, Node]:
    url = f"s3://{new_bucket(server)}/lake"
    return Node(tmp_path / "one", url), Node(tmp_path / "other", url)


def test_events_of_all_nodes_are_taken_over_once_and_the_inbox_is_emptied(nodes: tuple[Node, Node]) -> None:
    one, other = nodes
    one.write(some(6))
    other.write(some(6, 4))
    assert one.shipper.ship() > 0
    assert other.shipper.ship() > 0
    assert len(one.shipped()) == 2
    assert one.take_over() == Added(exposures=5, conversions=5, duplicates=2)
    assert ids(other.lake) == once(10)
    assert one.shipped() == []
    assert one.take_over() == Added()


def test_a_segment_is_shipped_while_it_grows_and_removed_when_it_is_sealed(
    nodes: tuple[Node, Node], tmp_path: Path
) -> None:
    one, leader = nodes
    one.write(some(2))
    [path] = segments(one.log.folder)
    first = one.shipper.ship()
    assert first == path.stat().st_size
    one.write(some(2, 2))
    assert one.shipper.ship() == path.stat().st_size - first
    assert one.shipper.ship() == 0
    assert not is_sealed(path)
    names = one.shipped()
    assert names == [
        f"{INBOX}/{path.stem}-{one.shipper.node()}-{start:012}-{end:012}.log"
        for start, end in ((0, first), (first, path.stat().st_size))
    ]
    one.log.close()
    assert one.shipper.ship() == 0
    assert segments(one.log.folder) == []
    assert leader.take_over() == Added(exposures=2, conversions=2)


def test_what_was_shipped_but_not_noted_before_a_crash_counts_once(
    nodes: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, leader = nodes
    one.shipper.node()
    one.write(some(4))

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shipping, "_replace", dies)
        with pytest.raises(KeyboardInterrupt):
            one.shipper.ship()
    assert len(one.shipped()) == 1
    one.write(some(2, 4))
    one.shipper.ship()
    assert len(one.shipped()) == 2, "the same beginning, with more behind it"
    assert leader.take_over() == Added(exposures=3, conversions=3, duplicates=4)
    assert ids(leader.lake) == once(6)


@pytest.mark.parametrize("step", ["replace", "delete"])
def test_a_leader_that_dies_amid_a_takeover_leaves_it_to_the_next(
    nodes: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    leader, following = nodes
    leader.write(some(6))
    leader.shipper.ship()

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(leader.store, step, dies)
        with pytest.raises(KeyboardInterrupt):
            leader.take_over()
    assert len(leader.shipped()) == 1
    following.write(some(2, 6))
    following.shipper.ship()
    following.take_over()
    assert ids(following.lake) == once(8)
    assert following.lake.view().manifest.duplicates == 0, "the manifest knew what was in it"
    assert following.shipped() == []
    leader.take_over()
    assert ids(leader.lake) == once(8)
    assert leader.lake.view().manifest.duplicates == 0
    assert segments(leader.store.root / INBOX) == []


def test_two_that_take_over_at_once_count_each_event_once(
    nodes: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = nodes
    one.write(some(6))
    one.shipper.ship()
    replace = one.store.replace
    interrupted: list[Added] = []

    def later(*arguments: Any) -> None:
        if not interrupted:
            interrupted.append(other.take_over())
        replace(*arguments)

    monkeypatch.setattr(one.store, "replace", later)
    one.take_over()
    assert interrupted == [Added(exposures=3, conversions=3)]
    assert ids(one.lake) == once(6)
    assert one.shipped() == []


def test_a_lake_that_is_copied_from_a_folder_goes_on_with_what_its_log_still_holds(
    nodes: tuple[Node, Node], tmp_path: Path
) -> None:
    node, other = nodes
    before = Lake(tmp_path / "lake")
    node.write(some(4))
    before.compact(node.log.folder)
    node.write(some(4, 4))
    assert len(segments(node.log.folder)) == 1, "half of it is in the lake"
    for path in before.root.rglob("*"):
        if path.is_file():
            node.store.put(str(path.relative_to(before.root)), path.read_bytes())
    node.shipper.ship()
    assert node.take_over() == Added(exposures=2, conversions=2, duplicates=4)
    assert ids(other.lake) == once(8)


def test_a_damaged_record_is_set_aside_by_the_leader_and_its_neighbours_count(
    nodes: tuple[Node, Node],
) -> None:
    one, leader = nodes
    ends = []
    for number in range(3):
        one.write(some(2, number * 2))
        [path] = segments(one.log.folder)
        ends.append(path.stat().st_size)
    with path.open("r+b") as file:
        file.seek((ends[0] + ends[1]) // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
    one.shipper.ship()
    assert leader.take_over() == Added(exposures=2, conversions=2, damaged=1)
    [aside] = leader.store.quarantine.iterdir()
    assert aside.stat().st_size == ends[1] - ends[0]


def test_a_long_backlog_is_taken_over_bit_by_bit(
    nodes: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "PIECE_BYTES", 500)
    monkeypatch.setattr(inbox, "BRING_BYTES", 1_000)
    one, leader = nodes
    for number in range(12):
        one.write(some(2, number * 2))
    one.shipper.ship()
    assert len(one.shipped()) > 4
    assert leader.take_over() == Added(exposures=12, conversions=12)
    assert one.shipped() == []


def test_while_the_store_is_away_the_log_grows_to_its_bound_and_refuses_then(
    server: str, door: Door, tmp_path: Path
) -> None:
    node = Node(tmp_path, f"s3://{new_bucket(server)}/lake", max_bytes=4_000, segment_bytes=1_000)
    door.fault = lambda _method, _path: "refuse"
    number = 0
    with pytest.raises(LogFull):  # noqa: PT012 - which one is refused depends on their sizes
        while True:
            node.write(some(2, number * 2))
            number += 1
    with pytest.raises(ProefwerkError) as away:
        node.shipper.ship()
    assert (away.value.status, away.value.code) == (503, "store_unavailable")
    records = [record for path in segments(node.log.folder) for record in read_frames(path)]
    assert len(records) == number > 4
    door.fault = lambda _method, _path: None
    node.shipper.ship()
    node.log.check()
    node.write(some(2, number * 2))
    node.log.close()
    assert node.shipper.drain(0.0)
    node.take_over()
    assert ids(node.lake) == once(2 * number + 2)


def test_an_answer_that_is_lost_doubles_nothing(nodes: tuple[Node, Node], door: Door) -> None:
    one, leader = nodes
    one.write(some(4))
    lost: Counter[str] = Counter()

    def fault(method: str, path: str) -> str | None:
        lost[method] += 1
        return "lose" if lost[method] == 1 and INBOX in path else None

    door.fault = fault
    one.shipper.ship()
    leader.take_over()
    assert ids(leader.lake) == once(4)
    assert leader.lake.view().manifest.duplicates == 0
