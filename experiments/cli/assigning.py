"""The command that assigns a file of units again, for audits and for shops' own analyses."""

from __future__ import annotations

import csv
from pathlib import Path

import click

from assignment.allocation import gates_of
from assignment.bulk import Units
from assignment.bulk import assign as assign_units
from experiments.cli.context import ready_database
from experiments.publish import compile_snapshot
from experiments.service.definitions import get_experiment


@click.command()
@click.argument("key")
@click.option(
    "--ids",
    "file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A text file in UTF-8 with the value of the hash attribute of one unit a line.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A CSV file to write.")
def assign(key: str, file: Path, output: Path | None) -> None:
    """Assign a file of units as the doors do, each taken to be in the audience.

    Prints CSV: id, variant, and whether the unit takes part, as in the experiment's present phase.
    """
    _, database = ready_database()
    with database.reading() as session:
        get_experiment(session, key)
        rule = next((each for each in compile_snapshot(session).experiments if each.key == key), None)
    if rule is None:
        raise click.ClickException(f"'{key}' is archived, so nobody is assigned any more.")
    unknown = sorted({gate.attribute for gate in gates_of(rule)} - {rule.hash_attribute})
    if unknown:
        raise click.ClickException(
            f"Who takes part in '{key}' depends on '{unknown[0]}' too, which a file of ids does not tell."
        )
    if rule.fallback_attribute:
        click.echo(
            f"Whoever had another id before may have kept its variant of '{key}'; here each id is new.",
            err=True,
        )
    try:
        units = file.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not text in UTF-8: {error}.") from error
    names = [*(variant.key for variant in rule.variants), rule.variants[0].key]
    found = assign_units(rule, Units.of(units)).tolist()
    try:
        with click.open_file(str(output or "-"), "w", encoding="utf-8") as target:
            table = csv.writer(target, lineterminator="\n")
            table.writerow(("id", "variant", "in_experiment"))
            for unit, variant in zip(units, found, strict=True):
                table.writerow((unit, names[variant], "true" if variant >= 0 else "false"))
    except OSError as error:
        raise click.ClickException(f"Cannot write {output or 'the answer'}: {error.strerror}.") from error
