"""The command that reconciles a shop's own orders with a report."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from assignment.errors import ProefwerkError
from experiments.analysis.orders import load_orders
from experiments.cli.context import ready_database
from experiments.cli.reports import EXISTING
from experiments.reconciling import reconcile_orders
from experiments.requests import ReconcileForm
from experiments.source_orders import orders_of_source
from experiments.validation import parse
from experiments.workplace import Workplace

Document = dict[str, Any]


@click.command()
@click.argument("file", type=EXISTING, required=False)
@click.option("--source", help="Key of a declared source whose orders to take in place of a file.")
@click.option("--experiment", "key", required=True, help="Key of the experiment.")
@click.option("--metric", help="Key of one of its metrics; else the first that sums money.")
@click.option("--id", "order", help="Column with the number of the order.")
@click.option("--unit", help="Column with the shopper's id.")
@click.option("--time", help="Column with the moment of the order.")
@click.option("--value", help="Column with the amount.")
@click.option("--currency", help="Column with the currency.")
@click.option("--consent", help="Column that says whether the shopper may be measured.")
@click.option(
    "--match",
    help="Property of events that holds the number of the order, or 'id' for their own id; "
    "else the property 'order_id', or the id where there is none.",
)
@click.option("--timezone", default="UTC", show_default=True, help="Of moments without an offset.")
@click.option("--now", "anew", is_flag=True, help="Analyse first, in place of taking the newest report.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as JSON.")
@click.option(
    "--rows", type=click.Path(dir_okay=False, path_type=Path), help="Write each order with its class."
)
def reconcile(
    file: Path | None, source: str | None, key: str, anew: bool, as_json: bool, rows: Path | None,
    **said: str | None,
) -> None:  # fmt: skip
    """Reconcile orders with what an experiment's report counts, to the cent.

    The file is .parquet, .csv or .ndjson (the last two also with .gz). Columns with common English or Dutch
    names are found by themselves. Exit code 1 when anything stays unexplained.
    """
    if (file is None) == (source is None):
        raise click.UsageError("Give either a file of orders or --source.")
    form = parse(ReconcileForm, {name: value for name, value in said.items() if value is not None})
    place = Workplace.of(*ready_database())
    if sys.stderr.isatty():
        click.echo(f"Reconciling '{file.name if file else source}' with the report of '{key}'.", err=True)
    orders = (
        load_orders(file, form.columns(), form.timezone) if file else orders_of_source(place, source or "")
    )
    try:
        found = reconcile_orders(place, key, orders, form, rows, anew=anew)
    except OSError as error:
        raise click.ClickException(f"Cannot write {rows}: {error.strerror}.") from error
    click.echo(json.dumps(found, indent=2) if as_json else summary(found))
    if not found["explained"]:
        raise ProefwerkError(422, "unexplained", _unexplained(found))


def summary(found: Document) -> str:
    """The result for a terminal: the classes, then the way from the orders to the report's sum."""
    lines = [
        f"{found['experiment']}, {found['metric']}: {found['orders']:,} orders, report of {found['as_of']}."
    ]
    rows = [("", "orders", "amount", "")]
    for each in found["classes"]:
        name = each["class"].replace("_", " ")
        for part in each["amounts"]:
            rows.append((name, f"{part['orders']:,}", _money(part["amount"]), part["currency"]))
    for each in found["totals"]:
        rows.append(("sum of the export", f"{each['orders']:,}", _money(each["amount"]), each["currency"]))
    lines += ["", *_aligned(rows), ""]
    money = found["currency"] or ""
    steps = [("", *(each["variant"] for each in found["variants"]), "")]
    for name, field in (
        ("counted of the export", "counted"),
        ("only in the report", "only_here"),
        ("cut off by the cap", "capped"),
        ("sum in the report", "report"),
        ("unexplained", "unexplained"),
    ):
        steps.append((name, *(_money(each[field]) for each in found["variants"]), money))
    lines += _aligned(steps)
    lines += [
        f"Only in the report, {each['events']:,} events of {_money(each['amount'])} {money}: {each['detail']}"
        for each in found["only_here"]
    ]
    if found["counted_without_consent"]:
        lines.append(
            f"{found['counted_without_consent']:,} orders are counted, though their shoppers refused consent."
        )
    return "\n".join([*lines, "", "Explained to the cent." if found["explained"] else _unexplained(found)])


def _unexplained(found: Document) -> str:
    rest = sum(abs(Decimal(each["unexplained"])) for each in (*found["variants"], *found["totals"]))
    lost = next(each["orders"] for each in found["classes"] if each["class"] == "unexplained")
    money = f" {found['currency']}" if found["currency"] else ""
    return f"Not explained: {rest}{money} and {lost:,} orders."


def _money(amount: str) -> str:
    return f"{Decimal(amount):,.2f}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if place in (0, len(row) - 1) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
