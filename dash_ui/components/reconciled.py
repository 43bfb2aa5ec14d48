"""What became of every order of an export: the way to the report's sum, and the classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from dash import dcc, html

from dash_ui.components.badges import badge
from dash_ui.components.graph import graph
from dash_ui.components.icon import icon
from dash_ui.components.table import Column, table
from dash_ui.figures.waterfall import amount_text, waterfall_figure
from dash_ui.format import moment, number
from dash_ui.i18n import _, language, ngettext
from dash_ui.reconcile_records import Reconciled, Reconciliation, steps
from dash_ui.reconcile_words import class_meaning, class_name, class_remedy, only_here_meaning

BAR = 34


def findings(key: str, found: Reconciliation | None) -> Any:
    """How far the newest one is, or all that it came to."""
    if found is None:
        return html.P(_("Nothing has been reconciled with this experiment yet."), className="pw-quiet")
    if found.running:
        words = _("Under way. You can leave this page; the result will be here.")
        return html.P([icon("hourglass", 16), words], className="pw-small")
    if found.result is None:
        lines = (found.error or _("It failed; the scheduler's log says why.")).splitlines()
        return html.Ul([html.Li(line) for line in lines], className="pw-problems")
    return html.Div(
        [
            _verdict(found.result),
            _head(key, found, found.result),
            _picture(found.result),
            html.H3(_("Orders by class")),
            _classes(found.result),
            html.H3(_("Sums by variant")),
            _variants(found.result),
            _only_here(found.result),
        ],
        className="pw-reconciled",
    )


def earlier(key: str, runs: Sequence[Reconciliation]) -> Any:
    """The latest reconciliations of an experiment, each with a link to what it came to."""
    if len(runs) < 2:
        return None
    lines = [
        html.Li(
            dcc.Link(
                _(
                    "{moment}: {file}, {outcome}",
                    moment=moment(run.requested_at),
                    file=run.file,
                    outcome=_outcome(run),
                ),
                href=f"/ui/reconcile?{urlencode({'experiment': key, 'run': run.id})}",
                className="pw-link",
            )
        )
        for run in runs
    ]
    return html.Details([html.Summary(_("Latest reconciliations")), html.Ul(lines)])


def _outcome(run: Reconciliation) -> str:
    if run.result is None:
        return _("under way") if run.running else _("failed")
    return _("explained") if run.result.explained else _("not explained")


def _verdict(found: Reconciled) -> html.P:
    if found.explained:
        words = _(
            "Explained to the cent: every order is in one class, and the report's sum follows from them."
        )
        return html.P([icon("check", 18), words], className="pw-health pw-good-text")
    words = _("Not explained: the report's sum does not follow from these orders and events.")
    return html.P([icon("warning", 18), words], className="pw-health pw-danger-text")


def _head(key: str, found: Reconciliation, result: Reconciled) -> html.Div:
    parts: list[Any] = [
        html.P(
            ngettext(
                "{count} order of {file}, with the report of {moment} on {metric}; asked by {actor}.",
                "{count} orders of {file}, with the report of {moment} on {metric}; asked by {actor}.",
                result.orders,
                file=found.file,
                moment=moment(result.as_of),
                metric=result.metric,
                actor=found.actor,
            ),
            className="pw-quiet pw-small",
        )
    ]
    if result.without_consent:
        words = ngettext(
            "{count} order is counted, though its shopper refused to be measured.",
            "{count} orders are counted, though their shoppers refused to be measured.",
            result.without_consent,
        )
        parts.append(html.P([icon("warning", 16), words], className="pw-health pw-danger-text"))
    if found.has_rows:
        parts.append(
            html.A(
                [icon("download", 16), _("Download each order with its class")],
                href=f"/ui/reconcile/{key}/{found.id}/orders.csv",
                className="pw-button",
            )
        )
    return html.Div(parts)


def _picture(found: Reconciled) -> Any:
    way = steps(found)
    conclusion = _(
        "From {export} in the export to {report} in the report, in {count} steps.",
        export=amount_text(way[0].amount, found.currency),
        report=amount_text(way[-1].amount, found.currency),
        count=number(len(way) - 2),
    )
    figure = waterfall_figure(way, found.currency)
    return graph("reconcile-way", figure, conclusion, 24 + BAR * len(way), language())


def _classes(found: Reconciled) -> Any:
    columns = [
        Column(_("Class")),
        Column(_("Orders"), number=True),
        Column(_("Amount"), number=True),
        Column(_("In the report"), number=True),
        Column(_("Why")),
        Column(_("What to do")),
    ]
    rows: list[list[Any]] = []
    for each in found.classes:
        rows += [
            [
                class_name(each.name)
                if place == 0
                else html.Span(class_name(each.name), className="pw-quiet"),
                number(part.orders),
                amount_text(part.amount, part.currency),
                amount_text(each.counted, found.currency) if place == 0 else "",
                class_meaning(each.name) if place == 0 else "",
                class_remedy(each.name) if place == 0 and each.name != "counted" else "",
            ]
            for place, part in enumerate(each.sums)
        ]
    for part in found.totals:
        rows.append(
            [html.Strong(_("The export")), number(part.orders), amount_text(part.amount, part.currency)]
            + [""] * 3
        )
    return table(_("Orders by class"), columns, rows, "pw-list pw-inset pw-cards pw-labelled")


def _variants(found: Reconciled) -> Any:
    columns = [Column(_("Variant"))] + [
        Column(name, number=True)
        for name in (
            _("Counted of the export"),
            _("Only in the report"),
            _("Cut off by the cap"),
            _("Report"),
            _("Unexplained"),
        )
    ]
    rows = []
    for each in found.variants:
        amounts = (each.counted, each.only_here, each.capped, each.report)
        whole = amount_text(each.unexplained, found.currency)
        left = badge(whole, "danger", "warning") if each.unexplained else badge(whole, "good", "check")
        rows.append([each.variant, *(amount_text(amount, found.currency) for amount in amounts), left])
    return table(_("Sums by variant"), columns, rows, "pw-list pw-inset pw-cards pw-labelled")


def _only_here(found: Reconciled) -> Any:
    if not found.only_here:
        return None
    columns = [
        Column(_("Only in the report")),
        Column(_("Events"), number=True),
        Column(_("Amount"), number=True),
    ]
    rows = [
        [only_here_meaning(each.reason), number(each.events), amount_text(each.amount, found.currency)]
        for each in found.only_here
    ]
    return table(_("Only in the report"), columns, rows, "pw-list pw-inset pw-cards pw-labelled")
