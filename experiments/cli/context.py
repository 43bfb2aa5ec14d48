"""What every command needs first: the settings and a database at the current schema."""

from __future__ import annotations

import os

import click

from experiments.auth import FirstLogin, ensure_bootstrap
from experiments.db import Database, migrate, open_database
from experiments.settings import ConfigurationError, Settings


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with the options given on the command line on top.

    Raises:
        click.ClickException: A setting is wrong; the sentence names it.
    """
    given = {f"PROEFWERK_{name.upper()}": str(value) for name, value in overrides.items() if value is not None}
    try:
        return Settings.from_environment({**os.environ, **given})
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error


def prepare(settings: Settings) -> FirstLogin | None:
    """Bring the database to the current schema; the first login where nobody could log in yet."""
    database = open_database(settings.database_url)
    try:
        migrate(database)
        return ensure_bootstrap(database, settings)
    finally:
        database.close()


def ready_database() -> tuple[Settings, Database]:
    """Settings with an open, migrated database, for commands that do one thing and end."""
    settings = load_settings()
    prepare(settings)
    return settings, open_database(settings.database_url)
