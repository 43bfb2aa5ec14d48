"""The command that erases a person."""

from __future__ import annotations

import click

from assignment.errors import ProefwerkError
from experiments.cli.access import OPERATOR
from experiments.cli.context import ready_database
from experiments.erasing import erase_now, person
from experiments.requests import ErasureForm
from experiments.validation import parse
from experiments.workplace import Workplace


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--alone", is_flag=True, help="Leave ids that links tie to these alone.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(ids: tuple[str, ...], alone: bool, yes: bool) -> None:
    """Erase one person, known by these ids and by all that links tie to them."""
    form = parse(ErasureForm, {"ids": list(ids), "alone": alone})
    place = Workplace.of(*ready_database())
    found = person(place, form.ids, alone=form.alone)
    linked = [each for each in found.ids if each not in form.ids]
    shown = f"{len(form.ids):,} given, {len(linked):,} linked{': ' if linked else ''}{', '.join(linked)}"
    question = f"Everything of {len(found.ids):,} ids ({shown}) will be erased for good. Go on?"
    if not yes and not click.confirm(question, err=True):
        raise ProefwerkError(409, "not_confirmed", "Nothing was erased.")
    done = erase_now(place, form.ids, OPERATOR, alone=form.alone)
    events = sum(done["rows"].get(kind, 0) for kind in ("exposures", "conversions", "links"))
    noun = "id" if len(found.ids) == 1 else "ids"
    click.echo(
        f"Erased {len(found.ids):,} {noun}: {events:,} events from {done['files']:,} files, "
        f"{done['rows'].get('sticky_assignments', 0):,} kept variants."
    )
