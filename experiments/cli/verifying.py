"""The command that computes a report again and names what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from experiments import jobs
from experiments.analysis.inventory import Changed
from experiments.analysis.verify import Field, Verified
from experiments.cli.context import ready_database
from experiments.cli.reports import EXISTING, say
from experiments.workplace import Workplace

Document = dict[str, Any]
EXITS = {None: 0, "unknown": 1, "events": 3, "plan": 4, "software": 5}
"""Exit codes by cause; 1 too for a file that cannot be checked, 2 for a wrong command."""
ALTERED = (
    "Plan and events are those that the report was made from, and so are the versions: the file was altered."
)
UNTOLD = (
    "The report was made before reports told their events and versions, so nothing more can be named: the "
    "events were changed, or the file was."
)


@click.command()
@click.argument("file", type=EXISTING)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.pass_context
def verify(context: click.Context, file: Path, as_json: bool) -> None:
    """Compute a JSON report again from the events and the plan, and name what changed.

    Ends with 0 where nothing differs, 3 where events were changed, 4 where the plan or a metric was, 5 where
    only the software is another, and 1 where the file was altered or is no report.
    """
    try:
        document = json.loads(file.read_bytes())
    except ValueError as error:
        raise click.ClickException(f"{file} is not JSON: {error}.") from error
    place = Workplace.of(*ready_database())
    say("Computing the report again.")
    found = jobs.report_verified(place, document)
    if as_json:
        click.echo(json.dumps(_document(document, found), indent=2, ensure_ascii=False))
    elif found.differences:
        click.echo(f"Error: {file} differs in {len(found.differences)} places:", err=True)
        click.echo("\n".join([*_told(found), *_places(found)]), err=True)
    else:
        click.echo(f"{file} is what the events and the plan give.")
    context.exit(EXITS[found.cause])


def _document(report: Document, found: Verified) -> Document:
    return {
        "report": report.get("id"),
        "experiment": report["experiment"],
        "same": not found.differences,
        "cause": found.cause,
        **asdict(found),
    }


def _told(found: Verified) -> Iterator[str]:
    """What changed, for people."""
    for title, fields in (("The plan was changed", found.plan), ("Other versions", found.software)):
        if fields:
            yield f"{title}:"
            yield from (f"  {_field(each)}" for each in fields)
    if found.events:
        yield "Events were changed:"
        yield from (f"  {_event(each)}" for each in found.events)
    if found.counts and found.cause != "unknown":
        yield "What that does to the counts:"
        yield from (f"  {_field(each)}" for each in found.counts)
    if found.cause == "unknown":
        yield ALTERED if found.events is not None else UNTOLD


def _places(found: Verified) -> Iterator[str]:
    yield "Where the report differs:"
    yield from (f"  {line}" for line in found.differences)


def _field(each: Field) -> str:
    said = f"{each.name}: {_value(each.then)} then, {_value(each.now)} now"
    numbers = [value for value in (each.then, each.now) if isinstance(value, int | float)]
    if len(numbers) == 2 and not any(isinstance(value, bool) for value in numbers):
        said += f" ({numbers[1] - numbers[0]:+,.10g})"
    return said


def _event(each: Changed) -> str:
    if each.then == each.now:
        said = f"{each.kind} of {each.day}: {each.now:,} as then, but with other content"
    else:
        word = "added" if each.now > each.then else "gone"
        said = f"{each.kind} of {each.day}: {each.then:,} then, {each.now:,} now"
        said += f" ({abs(each.now - each.then):,} {word})"
    if each.added:
        said += f"; never taken in by the lake: {', '.join(each.added)}"
    return said


def _value(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
