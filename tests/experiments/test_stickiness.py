"""What a unit has got is remembered once for all processes, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlmodel import select

from assignment.errors import ProefwerkError
from assignment.stays import Kept, Stay
from experiments.db import Database
from experiments.models import Experiment, StickyAssignment
from experiments.stickiness import PAUSE_SECONDS, StickyAssignments, forget_ended


def test_what_is_kept_is_known_to_another_process(database: Database) -> None:
    kept = StickyAssignments(database).keep([Stay("bar", 2, "blue", ("c9", "a1"))])
    assert kept == {"c9": {"bar__2": "blue"}, "a1": {"bar__2": "blue"}}
    assert StickyAssignments(database).recall(["a1", "x"], ["bar__2"]) == ({"a1": {"bar__2": "blue"}}, True)


def test_the_first_variant_of_a_unit_stays(database: Database) -> None:
    memory = StickyAssignments(database)
    memory.keep([Stay("bar", 1, "blue", ("c9",))])
    assert memory.keep([Stay("bar", 1, "red", ("c9", "a1"))])["a1"] == {"bar__1": "blue"}


def test_a_new_person_takes_over_what_the_id_before_login_has(database: Database) -> None:
    memory = StickyAssignments(database)
    memory.keep([Stay("bar", 1, "blue", ("a1",))])
    assert memory.keep([Stay("bar", 1, "red", ("c9", "a1"))])["c9"] == {"bar__1": "blue"}


def test_two_ids_with_different_variants_keep_them(database: Database) -> None:
    memory = StickyAssignments(database)
    memory.keep([Stay("bar", 1, "blue", ("a1",)), Stay("bar", 1, "red", ("c9",))])
    kept = memory.keep([Stay("bar", 1, "red", ("c9", "a1"))])
    assert kept == {"a1": {"bar__1": "blue"}, "c9": {"bar__1": "red"}}


def test_phases_and_experiments_are_kept_apart(database: Database) -> None:
    memory = StickyAssignments(database)
    memory.keep([Stay("bar", 1, "blue", ("c9",)), Stay("foo", 1, "red", ("c9",))])
    memory.keep([Stay("bar", 2, "green", ("c9",))])
    found = StickyAssignments(database).recall(["c9"], ["bar__2"])[0]
    assert found == {"c9": {"bar__1": "blue", "foo__1": "red", "bar__2": "green"}}


def test_of_processes_that_race_one_wins_for_all(database: Database) -> None:
    memories = [StickyAssignments(database) for _ in range(6)]
    together = threading.Barrier(len(memories))
    found: list[str] = []

    def assign(number: int) -> None:
        memory = memories[number]
        for person in range(5):
            together.wait()
            units = (f"c{person}", f"a{person}", f"b{person}")[: 1 + number % 3]
            kept = memory.keep([Stay("bar", 1, f"v{number}", units if number % 2 else units[::-1])])
            found.extend(f"{person} {kept[unit]['bar__1']}" for unit in units)

    threads = [threading.Thread(target=assign, args=(number,)) for number in range(len(memories))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 5


def test_what_is_all_known_here_is_not_read_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = StickyAssignments(database)
    memory.keep([Stay("bar", 1, "blue", ("c9", "a1"))])
    monkeypatch.setattr(database, "reading", _refuse)
    kept = {"c9": {"bar__1": "blue"}, "a1": {"bar__1": "blue"}}
    assert memory.recall(["c9", "a1"], ["bar__1"]) == (kept, True)
    assert memory.recall(["c9"], ["bar__2"]) == ({"c9": {"bar__1": "blue"}}, False)


def test_only_the_newest_units_are_known_here(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = StickyAssignments(database, capacity=4)
    for number in range(9):
        memory.keep([Stay("bar", 1, "blue", (f"u{number}",))])
    monkeypatch.setattr(database, "reading", _refuse)
    assert memory.recall(["u8"], ["bar__1"])[1]
    assert memory.recall(["u0"], ["bar__1"]) == ({}, False)


def test_a_database_that_is_away_is_asked_again_only_after_a_pause(tmp_path: Path) -> None:
    now = 100.0
    asked: list[int] = []
    database = Database(f"sqlite:///{tmp_path / 'none' / 'at-all.db'}")
    memory = StickyAssignments(database, clock=lambda: now)

    def read(*_: object) -> dict[str, dict[str, str]]:
        asked.append(1)
        return _refuse()

    memory._read = read  # type: ignore[method-assign, assignment]
    for _ in range(3):
        assert memory.recall(["c9"], ["bar__1"]) == ({}, False)
    assert len(asked) == 1
    now += PAUSE_SECONDS
    memory.recall(["c9"], ["bar__1"])
    assert len(asked) == 2


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    memory = StickyAssignments(Database(f"sqlite:///{tmp_path / 'none' / 'at-all.db'}"))
    with pytest.raises(ProefwerkError) as refused:
        memory.keep([Stay("bar", 1, "blue", ("c9",))])
    assert refused.value.status == 503


@pytest.mark.parametrize(("status", "left"), [("running", 7), ("paused", 7), ("stopped", 1), ("archived", 1)])
def test_only_what_people_had_in_experiments_that_ended_is_forgotten(
    database: Database, status: str, left: int
) -> None:
    memory = StickyAssignments(database)
    six = tuple(f"u{number}" for number in range(6))
    memory.keep([Stay("bar", 1, "blue", six), Stay("foo", 1, "red", ("u",))])
    with database.session() as session:
        for key, state in (("bar", status), ("foo", "running")):
            session.add(
                Experiment(
                    key=key, name=key, hypothesis="", surface="offer", placement="", hash_attribute="id",
                    traffic=1.0, audience={}, roles={}, plan={}, segments=[], owner="x", status=state,
                )
            )  # fmt: skip
    assert forget_ended(database, at_once=4) == 7 - left
    with database.reading() as session:
        assert len(session.exec(select(StickyAssignment.unit)).all()) == left


def _refuse(*_: object) -> dict[str, dict[str, str]]:
    raise ProefwerkError(503, "database_unavailable", "away")


def test_threads_that_wait_are_written_for_together(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = StickyAssignments(database)
    written: list[int] = []
    write, begun, go_on = memory._write, threading.Event(), threading.Event()

    def slowly(stays: Sequence[Stay]) -> dict[str, dict[str, str]]:
        written.append(len(stays))
        begun.set()
        go_on.wait(10)
        return write(stays)

    monkeypatch.setattr(memory, "_write", slowly)
    found: list[Kept] = []

    def keep(number: int) -> None:
        found.append(memory.keep([Stay("bar", 1, f"v{number}", (f"u{number}", "shared"))]))

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(9)]
    threads[0].start()
    begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(memory._waiting) < 8:
        pass
    go_on.set()
    for thread in threads:
        thread.join()
    assert written == [1, 8]
    assert {kept["shared"]["bar__1"] for kept in found} == {"v0"}
