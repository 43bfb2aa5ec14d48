"""The command line: one group, with each command in the module of its subject."""

from __future__ import annotations

import logging
import sys

import click

from assignment.errors import ProefwerkError
from experiments.cli.access import keys, users
from experiments.cli.demo import demo
from experiments.cli.reports import analyze, import_files, report, verify
from experiments.cli.serve import serve, web, worker
from experiments.cli.upkeep import migrate_command


@click.group()
@click.version_option(package_name="proefwerk", prog_name="proefwerk")
def cli() -> None:
    """Proefwerk: experiments that a retailer runs itself."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


for command in (
    serve,
    worker,
    web,
    demo,
    import_files,
    analyze,
    report,
    verify,
    keys,
    users,
    migrate_command,
):
    cli.add_command(command)


def main() -> None:
    """Run a command; a refusal is one sentence on standard error with exit code 1."""
    try:
        cli()
    except ProefwerkError as error:
        lines = [error.detail, *(f"  {item.field}: {item.message}" for item in error.fields)]
        click.echo("\n".join(lines), err=True)
        sys.exit(1)
