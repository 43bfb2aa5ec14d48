"""The command that reads an experiment, or a file on its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from experiments import jobs
from experiments.analysis.render import render_html
from experiments.cli.context import ready_database
from experiments.cli.reports import say, summary
from experiments.plan import Method
from experiments.table.analyse import analyse_file
from experiments.table.roles import Options
from experiments.table.source import is_table
from experiments.workplace import Workplace

Document = dict[str, Any]
_METHODS = [Method.FIXED.value, Method.SEQUENTIAL.value, Method.BAYESIAN.value]


def _shares(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(f"'{text}' is not numbers with commas between, such as 0.5,0.5.") from None


@click.command()
@click.argument("target", metavar="KEY|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
@click.option(
    "--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as a page."
)
@click.option("--variant", help="Of a file: the column that says which variant a row is of.")
@click.option("--control", help="Of a file: the variant that the others are compared with.")
@click.option("--unit", help="Of a file: the column that says who; rows of one unit are added up.")
@click.option("--metric", "metrics", multiple=True, metavar="COLUMN[:KIND]",
              help="Of a file: proportion, count, mean or median; ABOVE/BELOW is a ratio.")  # fmt: skip
@click.option("--covariate", "covariates", multiple=True, help="Of a file: a number known before the test.")
@click.option(
    "--cap",
    "caps",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="Of a file: most that a unit counts for; 99% for a quantile.",
)
@click.option(
    "--method", type=click.Choice(_METHODS), help="Of a file: fixed (read once) unless told otherwise."
)
@click.option(
    "--alpha",
    type=click.FloatRange(0, 0.5, min_open=True, max_open=True),
    help="Of a file: false-alarm rate, 0.05.",
)
@click.option(
    "--weights", callback=_shares, metavar="A,B", help="Of a file: planned shares, the control first."
)
@click.option("--planned", type=click.IntRange(2), help="Of a file: planned units over all variants.")
@click.option("--date", help="Of a file: the column with the moment of exposure.")
@click.option("--segment", "segments", multiple=True, help="Of a file: a column to read parts by.")
def analyze(target: str, as_json: bool, page: Path | None, **options: Any) -> None:
    """Analyse an experiment now, or a file with a row per unit, without any server."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if is_table(target):
        if "method" in given:
            given["method"] = Method(given["method"])
        report = analyse_file(Path(target), Options(**given))
        notes = report["source"]["notes"]
        click.echo("\n".join(notes), err=as_json)
    else:
        if given:
            option = next(iter(given)).removesuffix("s")
            raise click.UsageError(
                f"--{option} is for a file; '{target}' is an experiment, whose plan is sealed."
            )
        place = Workplace.of(*ready_database())
        say(f"Analysing '{target}' with every event up to now.")
        report = jobs.analyse_now(place, target)
    if page is not None:
        try:
            page.write_text(render_html(report), encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"Cannot write {page}: {error.strerror}.") from error
    click.echo(json.dumps(report, indent=2) if as_json else summary(report))
