"""The control database: connections, transactions and the current schema."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError as SqliteOperationalError
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, DateTime, Dialect, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session

from assignment.errors import ProefwerkError
from experiments.settings import ConfigurationError

MIGRATIONS = "experiments:migrations"
_BUSY_SECONDS = 15
_LOG = logging.getLogger(__name__)
_MIGRATION_LOCK = 0x70726F6566
_CHANGE_LOCK = _MIGRATION_LOCK + 1


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC on every database; a time without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The value as stored: UTC, without its zone where the database knows none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The stored value as an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """The control database at a URL; one per process, closed by its owner.

    Args:
        patience: Seconds to wait for a connection, and for others who write.
    """

    def __init__(self, url: str, patience: int = _BUSY_SECONDS) -> None:
        self.url = url
        self.engine = _create_engine(url, patience)
        self._writing = self.engine.execution_options(proefwerk_writes=True)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction that may write: committed at the end, rolled back on an error.

        On SQLite it holds the write lock from its first statement, so that it never fails half-way because
        another process wrote in between; keep it short.

        Raises:
            ProefwerkError: 503 when the database cannot be reached.
        """
        with self._transaction(self._writing) as session:
            yield session
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads and never waits for writers.

        Raises:
            ProefwerkError: 503 when the database cannot be reached.
        """
        with self._transaction(self.engine) as session:
            yield session

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Session]:
        try:
            with Session(engine, expire_on_commit=False) as session:
                yield session
        except (OperationalError, InterfaceError) as error:
            _LOG.exception("the control database failed")
            raise ProefwerkError(
                503, "database_unavailable", "The control database cannot be reached now; try again."
            ) from error

    def purge(self) -> None:
        """Take the bytes of deleted rows out of the database's own file; PostgreSQL does so by itself.

        Raises:
            ProefwerkError: 503 when others use the database for too long.
        """
        if self.engine.dialect.name != "sqlite":
            return
        connection = self.engine.raw_connection()
        try:
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                connection.cursor().execute(statement).close()
        except SqliteOperationalError as error:
            raise ProefwerkError(
                503, "database_unavailable", "The control database is too busy to be cleaned now; try again."
            ) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """The control database at a URL; nothing is read before the first session."""
    return Database(url)


def lock_changes(session: Session) -> None:
    """Lets one change of definitions happen at a time, so that checks across rows hold when it commits."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHANGE_LOCK})


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, found in the installed package and not in a file."""
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def migrate(database: Database) -> None:
    """Brings the database to the current schema; several processes may call it at once.

    Raises:
        ConfigurationError: The database cannot be reached, or is newer than this version.
    """
    try:
        with database._writing.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise ConfigurationError(f"The database's schema is not known to this version: {error}.") from error
    except (OperationalError, InterfaceError) as error:
        shown = make_url(database.url).render_as_string(hide_password=True)
        raise ConfigurationError(f"The database {shown} cannot be used: {error.orig}.") from error


def _create_engine(url: str, patience: int) -> Engine:
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": patience})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": min(patience, 5),
            "application_name": "proefwerk",
            "options": f"-c timezone=UTC -c lock_timeout={patience}s",
        },
    )


def _prepare_sqlite(connection: SqliteConnection, _record: Any) -> None:
    # The driver must not open transactions by itself: _begin_sqlite chooses the kind.
    connection.isolation_level = None
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=FULL").close()
    connection.execute("PRAGMA foreign_keys=ON").close()


def _write_ahead(connection: SqliteConnection) -> None:
    """Switches a new file to write-ahead logging; this one statement does not wait for others by itself."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except SqliteOperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("proefwerk_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
