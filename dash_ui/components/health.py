"""Whether the data can be trusted: one item per check, each with its cause and remedy."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.icon import icon
from dash_ui.components.numbers import p_text
from dash_ui.health_words import cause, finding, remedy, status_line
from dash_ui.i18n import _
from dash_ui.report_records import Check, Report
from dash_ui.report_words import method_word


def strip(report: Report) -> html.Section:
    """All checks as badges in a row; each opens to its finding, cause and remedy."""
    return html.Section(
        [
            html.H2(_("Can I trust it?")),
            html.Div([_item(check, report) for check in report.health], className="pw-trust"),
        ],
        className="pw-card",
    )


def _item(check: Check, report: Report) -> html.Details:
    tone = {"ok": "pw-good", "warning": "pw-warn", "failed": "pw-danger"}.get(check.status, "")
    mark = "check" if check.status == "ok" else "warning"
    rows: list[Any] = [html.P(finding(check, report))]
    if check.status == "ok":
        rows.append(html.P(_("Should this fail: {remedy}", remedy=remedy(check)), className="pw-quiet"))
    else:
        rows.append(html.P([html.Strong(_("Likely cause:")), " ", cause(check)]))
        rows.append(html.P([html.Strong(_("Remedy:")), " ", remedy(check)]))
    if check.p_value is not None:
        method = method_word(check.method or "")
        words = _("p = {p}, {method}. {detail}", p=p_text(check.p_value), method=method, detail=check.detail)
        rows.append(html.P(words, className="pw-quiet pw-analyst-only"))
    badge = html.Span([icon(mark, 15), status_line(check)], className=f"pw-badge {tone}")
    return html.Details(
        [html.Summary(badge), html.Div(rows, className="pw-check-more pw-small")],
        id=f"check-{check.name.replace('_', '-')}",
    )
