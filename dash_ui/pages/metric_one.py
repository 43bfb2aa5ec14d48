"""One metric: what it says, what it was lately, where it is used, and how its definition changed."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from dash import dcc, html

from dash_ui.components.attributes import aria
from dash_ui.components.audit_table import audit_table
from dash_ui.components.badges import badge, phase_badge
from dash_ui.components.icon import icon
from dash_ui.components.metric_trend import trend
from dash_ui.components.metric_words import sentence_of
from dash_ui.components.settings_parts import confirmed
from dash_ui.components.table import Column, table
from dash_ui.format import day, listed, number
from dash_ui.i18n import _, ngettext
from dash_ui.metric_lately_words import lately_sentence, role_word, value_text
from dash_ui.metric_records import MetricUse
from dash_ui.page import View
from dash_ui.pages.audiences import crumbs
from dash_ui.records import Metric, Person
from dash_ui.words import kind_name

_NAMED: Final = 3
"""Experiments that a sentence names."""


def draw(view: View, metric: Metric) -> Any:
    """The page."""
    return html.Div(
        [
            crumbs(_("Metrics"), "/ui/metrics", metric.name),
            html.Div(
                [
                    html.Div(
                        [
                            html.H1(metric.name),
                            html.Div([html.Code(metric.key), *marks(metric)], className="pw-bar"),
                        ]
                    ),
                    _actions(view.person, metric),
                ],
                className="pw-head",
            ),
            html.Div(id="metric-answer", role="status"),
            _definition(metric),
            _lately(view, metric),
            _uses(metric.uses),
            _history(view, metric),
            html.Div(id="metric-go", hidden=True),
        ]
    )


def marks(metric: Metric) -> list[Any]:
    """What is said of it, in small words."""
    found: list[Any] = []
    if metric.certified_by:
        found.append(badge(_("Certified"), "good", "check"))
    if metric.archived:
        found.append(badge(_("Archived")))
    if metric.document.get("non_inferiority_margin") is not None:
        found.append(badge(_("guardrail"), "accent", "shield"))
    return found


def lock_words(metric: Metric) -> str | None:
    """Why its meaning stays as it is; `None` where it may change."""
    if not metric.held_by:
        return None
    names = [use.name for use in metric.held_by]
    rest = len(names) - _NAMED
    if rest > 0:
        names = [*names[:_NAMED], ngettext("{count} other", "{count} others", rest)]
    return _(
        "Only its name can change now: {experiments} rest on it. Copy it to measure something else.",
        experiments=listed(names),
    )


def _actions(person: Person, metric: Metric) -> Any:
    if not person.may("marketer"):
        return html.P(_("Your role reads only; ask an admin."), className="pw-quiet pw-small")
    key = quote(metric.key)
    parts: list[Any] = [
        dcc.Link([icon("edit", 16), _("Change")], href=f"/ui/metrics?edit={key}", className="pw-button"),
        dcc.Link([icon("copy", 16), _("Copy")], href=f"/ui/metrics?copy={key}", className="pw-button"),
    ]
    if person.may("admin"):
        parts.append(
            _mark(metric, "certify", _("Withdraw certificate") if metric.certified_by else _("Certify"))
        )
    parts.append(_mark(metric, "archive", _("Restore") if metric.archived else _("Archive")))
    if not metric.used_by:
        gone = html.Button(
            [icon("trash", 16), _("Delete metric")],
            id={"type": "metric-delete", "key": metric.key},
            type="button",
            className="pw-button pw-compact pw-danger",
            n_clicks=0,
        )
        parts.append(confirmed(_("Delete"), _("No experiment names it; the audit log keeps it."), gone))
    return html.Div(parts, className="pw-bar")


def _mark(metric: Metric, act: str, text: str) -> Any:
    return html.Button(
        text,
        id={"type": "metric-mark", "act": act, "key": metric.key},
        type="button",
        className="pw-button",
        n_clicks=0,
    )


def _definition(metric: Metric) -> Any:
    less = metric.direction == "decrease"
    facts = [
        (_("What it says"), sentence_of(metric.document)),
        (_("Kind"), kind_name(metric.kind)),
        (_("Good is"), _("less") if less else _("more")),
        (_("Unit"), metric.unit or _("none")),
        (_("Certified by"), metric.certified_by or _("Nobody yet; an admin can stand for it.")),
    ]
    rows = [html.Div([html.Dt(name), html.Dd(words)], className="pw-review-row") for name, words in facts]
    lock = lock_words(metric)
    note = html.P([icon("lock", 16), lock], className="pw-note pw-small") if lock else None
    return html.Section(
        [html.Dl(rows, className="pw-review"), note],
        className="pw-card pw-section",
        **aria(label=_("Definition")),
    )


def _lately(view: View, metric: Metric) -> Any:
    baseline = view.gateway.baselines().get(metric.key)
    if baseline is None:
        words = _("No baseline yet: it needs 100 shoppers, 20 of whom did what it counts.")
    else:
        words = _(
            "Baseline for plans: {value}, from {units} shoppers up to {until}, with its window and cap.",
            value=value_text(baseline.mean, metric.document),
            units=number(baseline.units),
            until=day(baseline.until),
        )
    found = view.gateway.metric_lately(metric.document)
    return html.Section(
        [
            html.H2(_("What it was lately"), id="lately-title"),
            html.P(lately_sentence(found, metric.document), className="pw-strong"),
            trend(found, metric.document) if found is not None else None,
            html.P(words, className="pw-quiet"),
        ],
        className="pw-card pw-section",
        **aria(labelledby="lately-title"),
    )


def _uses(uses: tuple[MetricUse, ...]) -> Any:
    title = html.H2(_("Where it is used"), id="uses-title")
    if not uses:
        body: Any = html.P(_("No experiment names it yet."), className="pw-quiet")
    else:
        columns = [Column(_("Experiment")), Column(_("Status")), Column(_("There it"))]
        rows = [
            [
                dcc.Link(use.name, href=f"/ui/e/{use.key}", className="pw-link"),
                phase_badge(use.status),
                role_word(use.role),
            ]
            for use in uses
        ]
        body = table(_("Table of experiments"), columns, rows, "pw-list pw-cards pw-labelled pw-inset")
    return html.Section([title, body], className="pw-card pw-section", **aria(labelledby="uses-title"))


def _history(view: View, metric: Metric) -> Any:
    lines = view.gateway.metric_history(metric.key)
    body = audit_table(lines) if lines else html.P(_("No change is on record."), className="pw-quiet")
    return html.Section(
        [html.H2(_("How it changed"), id="history-title"), body],
        className="pw-card pw-section",
        **aria(labelledby="history-title"),
    )
