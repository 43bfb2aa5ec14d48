"""The table of error rates: ours with its margin, and what other rules do in the same kind of experiment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dash_ui.components.table import Column, table
from dash_ui.format import NONE, percent
from dash_ui.i18n import _
from dash_ui.trust_records import Share, Tried, TrustCell, TrustTable
from dash_ui.trust_words import history_name, method_name, outcome_name, split_name, timing_name


def trust_table(
    trust: TrustTable, cells: tuple[TrustCell, ...], method: str, details: Sequence[str]
) -> html.Div:
    """One line a kind of experiment, named by what is measured and the `details` that differ."""
    columns = [
        Column(_("What is measured")),
        Column(_("False alarms"), number=True),
        Column(_("Range left out the truth"), number=True),
        Column(_("Real difference found"), number=True),
        Column(_("Looks needed"), number=True),
        *(Column(method_name(name), number=True) for name in trust.others),
    ]
    caption = _("Error rates of '{method}', and of other rules", method=method_name(method))
    rows = [_row(trust, cell, cell.readings[method], details) for cell in cells]
    return table(caption, columns, rows, "pw-scorecard pw-rates")


def range_of(share: Share) -> str:
    """Both ends of a margin."""
    return f"{percent(share.lower, 1)}\u00a0…\u00a0{percent(share.upper, 1)}"


def _row(trust: TrustTable, cell: TrustCell, ours: Tried, details: Sequence[str]) -> list[Any]:
    words = {
        "split": split_name(cell.split),
        "timing": timing_name(cell.timing),
        "history": history_name(cell.covariate),
    }
    return [
        [
            outcome_name(cell.outcome),
            *(html.Div(words[name], className="pw-quiet pw-small") for name in words if name in details),
        ],
        _share(ours.false_alarms, trust.alpha),
        _share(ours.missed, trust.alpha),
        _found(ours),
        percent(ours.stopping, 0),
        *(
            _share(cell.readings[name].false_alarms, trust.alpha) if name in cell.readings else NONE
            for name in trust.others
        ),
    ]


def _found(ours: Tried) -> Any:
    """How often a difference was found, in either direction where it can be."""
    found = [html.Div(_("better {share}", share=percent(ours.power_up, 0)))]
    if ours.power_down is not None:
        found.append(html.Div(_("worse {share}", share=percent(ours.power_down, 0))))
    return found


def _share(share: Share, promised: float) -> Any:
    """A rate with its margin; one that is beyond the promise for sure says so in words too."""
    broken = share.lower > promised
    return [
        html.Span(percent(share.value, 1), className="pw-bad-text pw-strong" if broken else ""),
        html.Div(range_of(share), className="pw-quiet pw-small pw-margin"),
        html.Div(_("breaks the promise"), className="pw-bad-text pw-small") if broken else None,
    ]
