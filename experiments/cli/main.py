"""The command line: one group, with each command in the module of its subject."""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import click

from assignment.errors import ProefwerkError

COMMANDS = {
    "serve": "serve.serve",
    "worker": "serve.worker",
    "web": "serve.web",
    "demo": "demo.demo",
    "import": "reports.import_files",
    "reconcile": "reconciling.reconcile",
    "export": "exporting.export",
    "plan": "planning.plan",
    "analyze": "analyzing.analyze",
    "aa": "reports.aa",
    "assign": "assigning.assign",
    "report": "reports.report",
    "verify": "verifying.verify",
    "keys": "access.keys",
    "users": "access.users",
    "rates": "rates.rates",
    "erase": "erasing.erase",
    "sources": "sources.sources",
    "compact": "upkeep.compact_command",
    "migrate": "upkeep.migrate_command",
}
"""Where in this package each command lies."""


class Commands(click.Group):
    """Imports a command when it is asked for: whoever starts a server need not wait for the statistics."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(".")
        command: click.Command = getattr(import_module(f"experiments.cli.{module}"), name)
        return command


@click.group(cls=Commands)
@click.version_option(package_name="proefwerk", prog_name="proefwerk")
def cli() -> None:
    """Proefwerk: experiments that a retailer runs itself."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def main() -> None:
    """Run a command; a refusal is one sentence on standard error with exit code 1."""
    try:
        cli()
    except ProefwerkError as error:
        items = [f"{item.field}: {item.message}" for item in error.fields]
        further = [f"  {item}" for item in items if item not in error.detail]
        click.echo("\n".join([error.detail, *further]), err=True)
        sys.exit(1)
