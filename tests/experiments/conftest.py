"""A control database for every test, on SQLite and on a real PostgreSQL, with the people of the stories."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session

from experiments.auth import Actor, Role
from experiments.db import Database, migrate
from experiments.models import Table
from tests.postgres import PostgresServer, running_postgres

ALICE = Actor("user", "alice@shop.example", Role.ADMIN)
"""Runs the place."""
BOB = Actor("user", "bob@shop.example", Role.MARKETER)
"""Makes experiments."""
CHARLIE = Actor("user", "charlie@shop.example", Role.ANALYST)
"""Looks at results, and must change nothing."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for all tests of this process."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_database(postgres_server: PostgresServer) -> Iterator[Database]:
    """A database with the current schema, to empty before every test: copying one takes far longer."""
    database = Database(postgres_server.url(postgres_server.create_database()))
    migrate(database)
    yield database
    database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the current schema, to copy."""
    path = tmp_path_factory.mktemp("schema") / "template.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database with the current schema and no rows."""
    if request.param == "sqlite":
        path = tmp_path / "proefwerk.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    shared: Database = request.getfixturevalue("postgres_database")
    tables = ", ".join(Table.metadata.tables)
    with shared.engine.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    yield shared.url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the current schema and no rows."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction on that database, committed at the end."""
    with database.session() as opened:
        yield opened
