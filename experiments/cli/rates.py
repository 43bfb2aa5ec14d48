"""Commands on exchange rates: enter one, list them, load a table of them."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.cli.access import OPERATOR
from experiments.cli.context import ready_database
from experiments.rate_files import ECB_BASE, read_rates
from experiments.requests import RatesForm
from experiments.service.rates import enter_rates, keep_rates, latest_rates, list_rates
from experiments.validation import parse

SHOWN = 20
CORRECTION = click.option(
    "--correction", metavar="REASON", help="Change rates of days that have begun, and say why."
)


@click.group()
def rates() -> None:
    """Exchange rates, by which amounts in other currencies count."""


@rates.command("set")
@click.argument("base")
@click.argument("currency")
@click.argument("day", metavar="YYYY-MM-DD")
@click.argument("rate")
@CORRECTION
def enter(base: str, currency: str, day: str, rate: str, correction: str | None) -> None:
    """Enter how many of CURRENCY make one of BASE on a UTC day."""
    document = {"rates": [{"base": base, "currency": currency, "day": day, "rate": rate}]}
    form = parse(RatesForm, {**document, "correction": correction})
    _, database = ready_database()
    with database.session() as session:
        enter_rates(session, form.rates, OPERATOR, form.correction)
    click.echo(f"On {day}, {rate} {currency} make one {base}.")


@rates.command("list")
@click.option("--base", help="Only rates of one of these.")
@click.option("--currency", help="Every day of this currency; without it, the newest of each.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(1, 100_000))
def show(base: str | None, currency: str | None, most: int) -> None:
    """List the rates that stand."""
    _, database = ready_database()
    with database.reading() as session:
        if currency is None:
            rows = [row for row in latest_rates(session) if base in (None, row.base)][:most]
        else:
            rows = list(list_rates(session, base=base, currency=currency, per_page=most)[0])
    click.echo(f"{'DAY':12}{'BASE':6}{'CURRENCY':10}{'RATE':>20}  ENTERED BY")
    for row in rows:
        click.echo(f"{row.day.isoformat():12}{row.base:6}{row.currency:10}{row.value:>20}  {row.actor}")


@rates.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--base", default=ECB_BASE, show_default=True, help="Of which one is priced.")
@CORRECTION
def load(file: Path, base: str, correction: str | None) -> None:
    """Load a CSV table: the ECB's reference rates, or the columns day, currency and rate."""
    found = read_rates(file, base)
    _, database = ready_database()
    with database.session() as session:
        kept = keep_rates(session, found.forms, OPERATOR, correction)
    click.echo(
        f"{kept.added:,} rates are new, {kept.unchanged:,} were known, "
        f"{kept.changed + kept.corrected:,} were changed."
    )
    refused = sorted(found.refused + [(found.lines[place], said) for place, said in kept.refused])
    for line, sentence in refused[:SHOWN]:
        click.echo(f"  {file}:{line}: {sentence}", err=True)
    if refused:
        raise click.ClickException(f"{len(refused):,} rates were refused; the rest is loaded.")
