"""Commands that keep the control database in order."""

from __future__ import annotations

import click

from experiments.cli.context import load_settings, prepare


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database to the current schema."""
    prepare(load_settings())
    click.echo("The database has the current schema.")
