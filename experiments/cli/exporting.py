"""Commands that write what analysts take elsewhere: events, moments, reports."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from experiments.analysis.export_events import BATCH, FORMATS, Wanted, export_events
from experiments.analysis.export_moments import write_csv, write_json
from experiments.analysis.view import View
from experiments.cli.context import ready_database
from experiments.exporting import moments_of, reports_of
from experiments.service.lookup import find_experiment
from experiments.workplace import Workplace, compact

STEP = 500_000
OUTPUT = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to; else standard output."
)
FORCE = click.option("--force", is_flag=True, help="Replace a file that is there.")


class Moment(click.ParamType[datetime]):
    """A moment, in UTC where it says nothing else."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is no moment such as 2026-11-25 or 2026-11-25T12:00:00+01:00.", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


@click.group()
def export() -> None:
    """Write events, moments or reports to files, for use elsewhere."""


@export.command()
@click.option("--experiment", help="Only its exposures, and what else those shoppers did; else all events.")
@click.option("--since", type=Moment(), help="From this moment on.")
@click.option("--until", type=Moment(), help="Before this moment.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Else by the name of the file, or ndjson.")
@OUTPUT
@FORCE
def events(
    experiment: str | None, since: datetime | None, until: datetime | None, form: str | None,
    output: Path | None, force: bool,
) -> None:  # fmt: skip
    """Write events, with the columns that 'proefwerk import' reads."""
    form = _form(form, output, FORMATS, "ndjson")
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is no text for a terminal; name a file with -o.")
    place = Workplace.of(*ready_database())
    if experiment is not None:
        with place.database.reading() as session:
            find_experiment(session, experiment)
    compact(place)
    wanted, tell = Wanted(experiment, since, until), _tell if sys.stderr.isatty() else None
    with _target(output, force=force) as file:

        def write(view: View) -> int:
            if output is not None:
                # Begun again where files of the lake were replaced meanwhile.
                file.seek(0)
                file.truncate()
            return export_events(view, wanted, form, file, tell)

        count = write(place.lake.view()) if output is None else place.lake.read(write)
    _say(f"{count:,} events written.")


@export.command()
@click.argument("key")
@click.option("--report", "ident", help="Id of a report; else the newest one.")
@click.option(
    "--format", "form", type=click.Choice(["csv", "json"]), help="Else by the name of the file, or json."
)
@OUTPUT
@FORCE
def moments(key: str, ident: str | None, form: str | None, output: Path | None, force: bool) -> None:
    """Write the sufficient statistics of a report: moments by metric, variant and segment."""
    form = _form(form, output, ("csv", "json"), "json")
    document = moments_of(Workplace.of(*ready_database()), key, ident)
    with _target(output, force=force) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        (write_csv if form == "csv" else write_json)(document, text)
        text.flush()
        text.detach()


@export.command()
@click.argument("key")
@click.option(
    "--format", "form", type=click.Choice(["ndjson", "json"]), help="Else by the name of the file, or ndjson."
)
@OUTPUT
@FORCE
def reports(key: str, form: str | None, output: Path | None, force: bool) -> None:
    """Write every report of an experiment, the oldest first."""
    form = _form(form, output, ("ndjson", "json"), "ndjson")
    _, database = ready_database()
    bodies = reports_of(database, key)
    begin, between, end = ("[\n", ",\n", "\n]\n") if form == "json" else ("", "\n", "\n")
    with _target(output, force=force) as file:
        count = 0
        file.write(begin.encode())
        for count, body in enumerate(bodies, 1):
            file.write(f"{between if count > 1 else ''}{body}".encode())
        file.write((end if count or form == "json" else "").encode())
    _say(f"{count:,} reports written.")


def _form(form: str | None, output: Path | None, known: tuple[str, ...], usual: str) -> str:
    """As it was said, else as the file is named.

    Raises:
        click.ClickException: The name says nothing that is known.
    """
    if form is not None or output is None:
        return form or usual
    for each in sorted(known, key=len, reverse=True):
        if output.name.lower().endswith(f".{each}"):
            return each
    endings = ", ".join(f".{each}" for each in known)
    raise click.ClickException(
        f"'{output.name}' does not tell its format; end it with {endings}, or give --format."
    )


@contextmanager
def _target(output: Path | None, *, force: bool) -> Iterator[IO[bytes]]:
    """Standard output, or a file that is at its place only once it is whole.

    Raises:
        click.ClickException: There is such a file already, or it cannot be written.
    """
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if output.exists() and not force:
        raise click.ClickException(f"{output} is there already; --force replaces it.")
    beside = output.with_name(f".{output.name}.new")
    try:
        with beside.open("wb") as file:
            yield file
        beside.replace(output)
    except OSError as error:
        raise click.ClickException(f"Cannot write {output}: {error.strerror}.") from error
    finally:
        beside.unlink(missing_ok=True)


def _tell(count: int) -> None:
    """Show progress on a terminal."""
    if count % STEP < BATCH:
        click.echo(f"\r{count:,} events", nl=False, err=True)


def _say(sentence: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{sentence}", err=True)
