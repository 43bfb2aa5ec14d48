"""Commands that keep the control database and the lake in order."""

from __future__ import annotations

import click

from experiments.analysis.tidying import tidy
from experiments.cli.context import load_settings, prepare, ready_database
from experiments.workplace import Workplace, compact


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database to the current schema."""
    prepare(load_settings())
    click.echo("The database has the current schema.")


@click.command("compact")
@click.option("--merge", is_flag=True, help="Merge the files of each day into one of each kind.")
def compact_command(merge: bool) -> None:
    """Bring all events of the log into the lake; the scheduler does so by itself."""
    place = Workplace.of(*ready_database())
    added = compact(place)
    fewer = tidy(place.lake, whole=True) if merge else 0
    files = len(place.lake.view().manifest.parts)
    click.echo(
        f"{added.exposures:,} exposures, {added.conversions:,} conversions and {added.links:,} links are "
        f"new; the lake has {files:,} files, {fewer:,} fewer by merging."
    )
