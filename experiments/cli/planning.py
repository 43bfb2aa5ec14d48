"""The sample-size calculator on the command line."""

from __future__ import annotations

import json
from typing import Any

import click

from experiments import jobs
from experiments.cli.context import ready_database
from experiments.documents import read_json
from experiments.plan import Method
from experiments.requests import PlanRequest
from experiments.service.planning import plan_document
from experiments.validation import parse
from experiments.workplace import Workplace

Document = dict[str, Any]
METHODS = click.Choice([method.value for method in Method])


@click.command()
@click.argument("metric")
@click.option("--effect", type=float, help="Smallest relative effect to find: 0.05 is five per cent.")
@click.option(
    "--method",
    type=click.Choice([method.value for method in Method]),
    default="sequential",
    show_default=True,
)
@click.option("--looks", type=int, help="Planned looks of group_sequential.")
@click.option("--alpha", type=float, default=0.05, show_default=True, help="False-alarm rate.")
@click.option("--power", type=float, default=0.8, show_default=True, help="Chance to find the effect.")
@click.option("--share", "shares", type=float, multiple=True, help="Of each variant, the control first.")
@click.option("--comparisons", type=int, help="Primary metrics times treatments.")
@click.option("--daily", type=float, help="New shoppers a day.")
@click.option("--audience", help="Condition as JSON; its reach gives the new shoppers a day.")
@click.option("--traffic", type=float, default=1.0, show_default=True, help="Share of the audience.")
@click.option("--mean", type=float, help="In place of what the shop's history says.")
@click.option("--std", type=float, help="In place of what the shop's history says.")
@click.option("--cuped/--no-cuped", default=True, show_default=True, help="Adjust for earlier behaviour.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
def plan(metric: str, shares: tuple[float, ...], as_json: bool, **options: Any) -> None:
    """Tell how many shoppers and weeks a test of METRIC takes."""
    audience, traffic = options.pop("audience"), options.pop("traffic")
    given = {name: value for name, value in options.items() if value is not None}
    if shares:
        given["shares"] = list(shares)
    if audience is not None or traffic != 1:
        condition = {} if audience is None else read_json(audience.encode())
        given["reach"] = {"audience": condition, "traffic": traffic}
    request = parse(PlanRequest, {"metric": metric, **given})
    settings, database = ready_database()
    place = Workplace.of(settings, database)
    jobs.compact(place)
    jobs.refresh_baselines(place)
    jobs.watch_visitors(place)
    with database.reading() as session:
        document = plan_document(session, request)
    click.echo(json.dumps(document, indent=2) if as_json else summary(document))


def summary(document: Document) -> str:
    """The answer for a terminal."""
    lines = [_origin(document)]
    size, small = document["size"], document["too_small"]
    if size is not None:
        per_variant = ", ".join(f"{units:,}" for units in size["per_variant"])
        lines.append(
            f"An effect of {document['effect']:+.2%} needs {size['units']:,} shoppers"
            f"{_weeks(size['weeks'])}: {per_variant} per variant."
        )
        lines.append(
            f"Expected end: after {size['expected_units']:,} shoppers if the effect is as planned, "
            f"after {size['expected_units_without_effect']:,} if there is none."
        )
        if size["approximate"]:
            lines.append("A few large or rare values decide, so the power may differ by several points.")
    if small is not None:
        lines += _needed(document, small)
    for row in document["detectable"]:
        lines.append(f"{row['weeks']} weeks show {_effects(row)}.")
    return "\n".join(lines)


def _origin(document: Document) -> str:
    baseline = document["baseline"]
    spread = "" if document["std"] is None else f", standard deviation {document['std']:.4g}"
    head = f"{document['metric']}: {document['mean']:.4g}{spread}"
    if baseline is None:
        return f"{head}, as given."
    daily = "" if document["daily"] is None else f"; {document['daily']:,.0f} new ones a day"
    return f"{head}, from {baseline['units']:,} shoppers up to {baseline['until'][:10]}{daily}."


def _needed(document: Document, small: Document) -> list[str]:
    lines = [
        f"Too small to test: that is more than {small['most_weeks']} weeks. In that time this traffic shows "
        f"{_effects(small)}; this effect needs {small['daily_needed']:,} shoppers a day."
    ]
    for other in (*small["methods"], *small["metrics"]):
        name = other.get("metric") or other["method"]
        lines.append(f"With {name} it needs {other['units']:,} shoppers{_weeks(other['weeks'])}.")
    return lines


def _effects(row: Document) -> str:
    shown = [f"{value:+.2%}" for value in (row["increase"], row["decrease"]) if value is not None]
    return " or ".join(shown) or "no effect of any size"


def _weeks(weeks: int | None) -> str:
    if weeks is None:
        return ""
    return " in 1 week" if weeks == 1 else f" in {weeks:,} weeks"
