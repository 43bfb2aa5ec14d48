"""What every command needs first: the settings and a database at the current schema."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click

from experiments.auth import FirstLogin, ensure_bootstrap
from experiments.db import Database, migrate
from experiments.settings import ConfigurationError, Settings


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with the options given on the command line on top.

    Raises:
        click.ClickException: A setting is wrong; the sentence names it.
    """
    given = {
        f"PROEFWERK_{name.upper()}": str(value) for name, value in overrides.items() if value is not None
    }
    set_environment(given)
    try:
        return Settings.from_environment()
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error


def set_environment(given: Mapping[str, str]) -> None:
    """Set variables for this process and its children, in place of the files that held their values."""
    for name, value in given.items():
        os.environ.pop(f"{name}_FILE", None)
        os.environ[name] = value


def prepare(settings: Settings, *, first_login: bool = False) -> FirstLogin | None:
    """Bring the database to the current schema, with what the settings say must exist.

    Returns:
        With `first_login`, and where nobody could sign in yet: a new admin's login, to be shown once.
    """
    database = Database(settings.database_url)
    try:
        migrate(database)
        return ensure_bootstrap(database, settings, first_login=first_login)
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error
    finally:
        database.close()


def ready_database() -> tuple[Settings, Database]:
    """Settings with an open, migrated database, for commands that do one thing and end."""
    settings = load_settings()
    prepare(settings)
    return settings, Database(settings.database_url)
