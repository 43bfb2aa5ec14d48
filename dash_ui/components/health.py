"""Whether the data can be trusted: one item per check, each with its cause and remedy."""

from __future__ import annotations

from typing import Any, Final

from dash import dcc, html

from dash_ui.components.icon import icon
from dash_ui.components.numbers import p_text
from dash_ui.health_advice import cause, remedy
from dash_ui.health_words import finding, status_line
from dash_ui.i18n import _, ngettext
from dash_ui.report_records import Check, Report
from dash_ui.report_words import method_word

PRINCIPAL: Final = (
    "srm",
    "multiple_exposure",
    "freshness",
    "bots",
    "pre_period",
    "linked",
    "currency",
    "delay",
    "maturity",
)
"""What a reader asks about first, in this order."""


def strip(report: Report) -> html.Section:
    """What is not in order, then the principal checks, each opening to cause and remedy; the rest in one."""
    shown = [check for check in report.health if check.status != "ok" or check.name in PRINCIPAL]
    shown.sort(key=lambda check: (("failed", "warning", "ok").index(check.status), _place(check)))
    rest = [check for check in report.health if check not in shown]
    items = [_item(check, report) for check in shown]
    if rest:
        items.append(_rest(rest, report, others=bool(shown)))
    return html.Section(
        [
            html.H2(_("Can I trust it?")),
            html.P(summary(report), className="pw-small"),
            html.Div(items, className="pw-trust"),
        ],
        className="pw-card",
    )


def summary(report: Report) -> str:
    """All checks together, in one sentence."""
    failed = len(report.failed)
    if failed:
        return ngettext(
            "{count} check failed: the numbers are not to be used.",
            "{count} checks failed: the numbers are not to be used.",
            failed,
        )
    warned = sum(check.status == "warning" for check in report.health)
    if warned:
        return ngettext(
            "The numbers can be used; {count} check asks for a look.",
            "The numbers can be used; {count} checks ask for a look.",
            warned,
        )
    return _("All {count} checks are in order; open one to see what it found.", count=len(report.health))


def _place(check: Check) -> int:
    return PRINCIPAL.index(check.name) if check.name in PRINCIPAL else len(PRINCIPAL)


def _rest(checks: list[Check], report: Report, *, others: bool) -> html.Details:
    count = len(checks)
    words = (
        ngettext("{count} other check in order", "{count} other checks in order", count)
        if others
        else ngettext("{count} check in order", "{count} checks in order", count)
    )
    badge = html.Span([icon("check", 15), words], className="pw-badge pw-good")
    items = [_item(check, report) for check in checks]
    return html.Details(
        [html.Summary(badge), html.Div(items, className="pw-trust pw-check-more")], id="checks-in-order"
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
    if check.name == "bots":
        rows.append(dcc.Link(_("To the list of bots"), href="/ui/bots", className="pw-link"))
    badge = html.Span([icon(mark, 15), status_line(check)], className=f"pw-badge {tone}")
    return html.Details(
        [html.Summary(badge), html.Div(rows, className="pw-check-more pw-small")],
        id=f"check-{check.name.replace('_', '-')}",
    )
