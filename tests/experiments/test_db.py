"""Transactions that commit whole or not at all, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy.exc import StatementError
from sqlmodel import select

from assignment.errors import ProefwerkError
from experiments.db import Database
from experiments.models import Lease

AMSTERDAM = timezone(timedelta(hours=1))


def test_times_come_back_in_utc_whatever_zone_they_went_in_with(database: Database) -> None:
    moment = datetime(2030, 1, 1, 0, 30, 0, 123456, tzinfo=AMSTERDAM)
    with database.session() as session:
        session.add(Lease(name="a", holder="h", expires_at=moment))
    with database.reading() as session:
        stored = session.exec(select(Lease)).one().expires_at
    assert stored == moment
    assert stored.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="no time zone"), database.session() as session:
        session.add(Lease(name="a", holder="h", expires_at=datetime(2030, 1, 1)))  # noqa: DTZ001


def test_an_error_takes_the_whole_transaction_back(database: Database) -> None:
    def fail_half_way() -> None:
        with database.session() as session:
            session.add(Lease(name="a", holder="h", expires_at=datetime.now(UTC)))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with database.reading() as session:
        assert session.exec(select(Lease)).all() == []


def test_writers_wait_for_one_another_and_lose_no_update(database: Database) -> None:
    with database.session() as session:
        session.add(Lease(name="counter", holder="0", expires_at=datetime.now(UTC)))
    failures: list[BaseException] = []

    def count() -> None:
        try:
            for _ in range(10):
                with database.session() as session:
                    row = session.exec(select(Lease).with_for_update()).one()
                    row.holder = str(int(row.holder) + 1)
        except BaseException as error:  # noqa: BLE001 - reported below
            failures.append(error)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.reading() as session:
        assert session.exec(select(Lease)).one().holder == "40"


def test_reading_goes_on_while_somebody_writes(database: Database) -> None:
    with database.session() as writer:
        writer.add(Lease(name="a", holder="h", expires_at=datetime.now(UTC)))
        writer.flush()
        with database.reading() as reader:
            assert reader.exec(select(Lease)).all() == []


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://nobody@/none?host=/nowhere", "sqlite:////nowhere/at/all.db"]
)
def test_a_database_that_cannot_be_reached_is_said_in_words(url: str) -> None:
    database = Database(url)
    with pytest.raises(ProefwerkError) as caught, database.reading() as session:
        session.exec(select(Lease)).all()
    assert (caught.value.status, caught.value.code) == (503, "database_unavailable")
    database.close()


def test_sqlite_writes_ahead_and_keeps_foreign_keys(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    database.close()
