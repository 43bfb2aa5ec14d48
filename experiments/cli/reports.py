"""Commands on events and reports: load, analyse, write to a file, compute again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from sqlmodel import Session

from experiments import jobs
from experiments.analysis.render_parts import arm_name
from experiments.analysis.render_reasons import reasons
from experiments.analysis.render_text import Text
from experiments.cli.context import ready_database
from experiments.cli.loading import loading_shown
from experiments.service.reports import get_report, newest
from experiments.significance import FORMATS, significance_file
from experiments.workplace import Workplace

Document = dict[str, Any]
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=EXISTING)
@click.option("--refused", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where to write refused rows.  [default: FILE.refused.ndjson]")  # fmt: skip
def import_files(files: tuple[Path, ...], refused: Path | None) -> None:
    """Load events from .parquet, .csv, .ndjson, .csv.gz or .ndjson.gz files.

    A load that was broken off goes on where it was; one that is repeated adds nothing twice.
    """
    place = Workplace.of(*ready_database())
    with loading_shown() as progress:
        done = jobs.import_files(place, files, progress, refused)
    if done.resumed:
        click.echo(f"{done.resumed:,} rows had been read before; the load went on behind them.")
    click.echo(
        f"{done.rows:,} rows: {done.added.exposures:,} exposures, {done.added.conversions:,} conversions "
        f"and {done.added.links:,} links are new, {done.added.duplicates:,} were known, "
        f"{done.refused:,} were refused."
    )
    for path, line, sentence in done.refusals:
        click.echo(f"  {path}:{line}: {sentence}", err=True)
    if done.refused:
        where = ", ".join(map(str, done.files))
        raise click.ClickException(
            f"{done.refused:,} rows were refused; the rest is loaded. Each of them is in {where}."
        )


@click.command()
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as JSON.")
def aa(key: str, as_json: bool) -> None:
    """Rehearse an experiment's reading: fake assignments of its own units, and the alarms they raise."""
    place = Workplace.of(*ready_database())
    say(f"Drawing fake assignments of the units of '{key}'; this may take some minutes.")
    found = jobs.rehearse_now(place, key)
    click.echo(json.dumps(found, indent=2) if as_json else rehearsal_summary(found))


@click.command()
@click.argument("key")
@click.option("--format", "kind", type=click.Choice(tuple(FORMATS)), required=True)
@click.option("--language", type=click.Choice(["en", "nl"]), default="en", show_default=True)
@click.option("--report", "ident", help="Id of a report; else the newest one.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
def report(key: str, kind: str, language: str, ident: str | None, output: Path) -> None:
    """Write the significance report to a file: the newest one, or a new one where there is none yet."""
    settings, database = ready_database()
    say(f"Writing the report of '{key}'.")
    with database.reading() as session:
        document = _kept(session, key, ident)
    document = document or jobs.analyse_now(Workplace.of(settings, database), key)
    with database.reading() as session:
        content = significance_file(session, document, kind, language)
    try:
        output.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"Cannot write {output}: {error.strerror}.") from error
    click.echo(f"Wrote {output}.")


def say(sentence: str) -> None:
    """Tell a person at a terminal what is going on; scripts read nothing of it."""
    if sys.stderr.isatty():
        click.echo(sentence, err=True)


def _kept(session: Session, key: str, ident: str | None) -> Document | None:
    """The report with this id, else the newest one."""
    if ident is not None:
        return get_report(session, key, ident)
    kept = newest(session, key)
    return None if kept is None else json.loads(kept.body)


def summary(report: Document) -> str:
    """The report for a terminal: verdict, reasons, then one line per comparison."""
    units = ", ".join(f"{arm_name(report, each['key'])} {each['units']:,}" for each in report["variants"])
    lines = [f"{report['experiment']} as of {report['as_of']}: {report['decision']['verdict']}"]
    lines += [f"  {reason}" for reason in reasons(report, Text("en"))]
    lines += [f"Units: {units}"]
    for name, check in report["health"].items():
        if check["status"] != "ok":
            lines.append(f"Health, {name}: {check['status']}. {check.get('detail', '')}")
    if entered := report.get("trigger"):
        lines.append(f"{entered['units']:,} units reached '{entered['event']}'; these decide:")
        lines += _lines(report, entered["metrics"])
        lines.append("Everybody who was exposed:")
    return "\n".join([*lines, *_lines(report, report["metrics"])])


def rehearsal_summary(found: Document) -> str:
    """A rehearsal for a terminal: what was done, then one line per metric."""
    units, in_all = found["units"], found["units_in_all"]
    of_all = "" if units == in_all else f" of {in_all:,}"
    lines = [
        f"{found['experiment']}: {found['replicates']:,} fake assignments of {units:,}{of_all} units, "
        f"each read {found['looks']} times as the plan says."
    ]
    for each in found["metrics"]:
        head = f"{each['role']:10} {each['metric']}: "
        if each["undetermined"] is not None:
            lines.append(f"{head}cannot say. {each['undetermined']}")
            continue
        word = "keeps" if each["kept"] else "BREAKS"
        rate = f"{each['false_alarms']:.1%} false alarms ({each['lower']:.1%} to {each['upper']:.1%})"
        lines.append(
            f"{head}{rate} {word} the promise of {each['promised']:.1%}; "
            f"a t-test at every look: {each['every_look']:.1%}"
        )
    return "\n".join(lines)


def _lines(report: Document, metrics: list[Document]) -> list[str]:
    return [
        _line(metric, each, arm_name(report, each["variant"]))
        for metric in metrics
        for each in metric["comparisons"]
    ]


def _line(metric: Document, comparison: Document, variant: str) -> str:
    head = f"{metric['role']:10} {metric['metric']} of {variant}: "
    if comparison["undetermined"]:
        return f"{head}cannot say. {comparison['undetermined']}"
    relative, p_value = comparison["relative"], comparison["p_value"]
    bounds = [relative["estimate"], relative["lower"], relative["upper"]]
    estimate, lower, upper = ("unknown" if value is None else f"{value:+.1%}" for value in bounds)
    shown = "" if p_value is None else ", p < 0.0001" if p_value < 0.0001 else f", p {p_value:.4f}"
    return f"{head}{estimate} ({lower} to {upper}){shown}"
