"""Commands on sources: declare one, list them, look at its first rows, pull what is new."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from experiments.cli.access import OPERATOR
from experiments.cli.context import ready_database
from experiments.pulling import pull_source
from experiments.service import sources as service
from experiments.sources.check import check_source
from experiments.sources.forms import SourceForm
from experiments.validation import parse
from experiments.workplace import Workplace


@click.group()
def sources() -> None:
    """Tables that you already have, from which events are pulled."""


@sources.command("add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def add(file: Path) -> None:
    """Declare the source in a JSON file; one with the same key is declared anew."""
    try:
        document = json.loads(file.read_bytes())
    except ValueError as error:
        raise click.ClickException(f"{file} is not JSON: {error}.") from error
    form = parse(SourceForm, document)
    _, database = ready_database()
    with database.session() as session:
        known = any(source.key == form.key for source in service.list_sources(session))
        if known:
            service.update_source(session, form.key, form, OPERATOR)
        else:
            service.create_source(session, form, OPERATOR)
    click.echo(f"Source '{form.key}' is declared{' anew' if known else ''}.")


@sources.command("list")
def show() -> None:
    """List the sources, and how their last pulls went."""
    _, database = ready_database()
    with database.reading() as session:
        found = [service.source_document(session, each) for each in service.list_sources(session)]
    click.echo(f"{'KEY':22}{'KIND':12}{'EVENT':16}{'STATE':8}{'PULLED':18}{'EVENTS':>10}{'REFUSED':>9}")
    for each in found:
        state = each["state"]
        pulled = (state["pulled_at"] or "never")[:16].replace("T", " ")
        events = (state["total"] or {}).get("events", 0)
        click.echo(
            f"{each['key']:22}{each['kind']:12}{each['event']:16}{state['status']:8}{pulled:18}"
            f"{events:>10,}{state['refused']:>9,}"
        )
        if state["error"]:
            click.echo(f"  {state['error']}")


@sources.command("check")
@click.argument("key")
def check(key: str) -> None:
    """Read the first five rows of a source, and say what they mean."""
    _, database = ready_database()
    with database.reading() as session:
        form = service.form_of_source(service.find_source(session, key))
    for part, found in check_source(form).items():
        click.echo(f"{part}: {', '.join(found['columns'])}")
        for row in found["rows"]:
            click.echo(f"  {_meaning(row)}")


@sources.command("pull")
@click.argument("key")
def pull(key: str) -> None:
    """Take over what is new in a source now."""
    settings, database = ready_database()
    place = Workplace.of(settings, database)
    done = pull_source(place, key, progress=_show_progress if sys.stderr.isatty() else None)
    click.echo(
        f"{done.rows:,} rows: {done.orders:,} orders and {done.refunds:,} refunds are new, "
        f"{done.changes:,} changes, {done.unchanged:,} were known, {done.refused:,} were refused."
    )
    if done.refused:
        with database.reading() as session:
            state = service.source_document(session, service.find_source(session, key))["state"]
        for each in state["refusals"]:
            click.echo(f"  {each['part']} {each['id']}: {each['reason']}", err=True)
        raise click.ClickException(f"{done.refused:,} rows were refused; they are asked for again.")


def _meaning(row: dict[str, Any]) -> str:
    reads = row["reads"]
    if reads is None:
        return f"refused: {row['refused']}" if row["refused"] else "of another part, or before the first day"
    return ", ".join(f"{name} {value}" for name, value in reads.items() if value not in (None, {}))


def _show_progress(part: str, rows: int) -> None:
    click.echo(f"\r{part}: {rows:,} rows", nl=False, err=True)
