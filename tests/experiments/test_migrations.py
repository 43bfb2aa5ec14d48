"""The schema's history leads to the models, from the installed package, however many start at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, text
from sqlmodel import select

from experiments.db import Database, alembic_config, migrate
from experiments.models import Phase, Table
from experiments.phases import split_from
from experiments.settings import ConfigurationError


@pytest.fixture
def empty(empty_url: str) -> Database:
    return Database(empty_url)


def difference(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        found: list[object] = compare_metadata(
            MigrationContext.configure(connection, opts=options), Table.metadata
        )
        return found


def test_migrations_lead_to_the_models(empty: Database) -> None:
    assert difference(empty) != []
    migrate(empty)
    assert difference(empty) == []
    empty.close()


def test_migrating_again_changes_nothing(empty: Database) -> None:
    migrate(empty)
    migrate(empty)
    assert difference(empty) == []
    empty.close()


def test_several_processes_may_migrate_at_once(empty_url: str) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        database = Database(empty_url)
        try:
            migrate(database)
        except BaseException as error:  # noqa: BLE001 - reported below
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_way_back_leaves_no_table(empty: Database) -> None:
    migrate(empty)
    with empty.engine.execution_options(proefwerk_writes=True).begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert inspect(empty.engine).get_table_names() == ["alembic_version"]
    empty.close()


def test_what_runs_when_phases_come_in_is_in_its_first_one_since_its_start(empty: Database) -> None:
    started = datetime(2026, 11, 1, 12, tzinfo=UTC)
    writing = empty.engine.execution_options(proefwerk_writes=True)
    with writing.begin() as connection:
        command.upgrade(alembic_config(connection), "v0006")
        row = {
            **dict.fromkeys(("hypothesis", "surface", "placement", "owner", "decision_note"), ""),
            **{name: {} for name in ("audience", "roles", "plan", "segments")},
            **dict.fromkeys(("created_at", "updated_at", "started_at"), started),
            **{"id": 1, "key": "bar", "name": "Bar", "status": "running", "version": 1, "traffic": 1.0},
            **{"hash_attribute": "id", "role": "experiment", "frozen_plan": "{}", "plan_hash": "0" * 64},
        }
        connection.execute(insert(Table.metadata.tables["experiments"]), row)
        variant = "INSERT INTO variants (experiment_id, position, key, name, weight, payload)"
        connection.execute(text(f"{variant} VALUES (1, 0, 'control', 'Control', 1.0, '{{}}')"))
    migrate(empty)
    with empty.reading() as session:
        (phase,) = session.exec(select(Phase)).all()
        assert (phase.version, phase.started_at) == (1, started)
        (split,) = (split_from(document) for document in phase.splits)
    assert (split.at, split.variants) == (started, (("control", 1.0),))
    empty.close()


def test_a_database_of_a_newer_version_is_refused_in_words(empty: Database) -> None:
    migrate(empty)
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'v9999'")
    with pytest.raises(ConfigurationError, match="schema is not known to this version"):
        migrate(empty)
    empty.close()


def test_a_database_that_cannot_be_reached_is_named_without_its_password() -> None:
    database = Database("postgresql+psycopg://someone:hidden@/none?host=/nowhere")
    with pytest.raises(ConfigurationError, match="cannot be used") as caught:
        migrate(database)
    assert "hidden" not in str(caught.value)
    database.close()


def test_the_history_has_one_line() -> None:
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1
